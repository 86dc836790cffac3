"""The rules of prose hold for chapters, areas and the glossary too, and both languages stay a pair."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.kb.base import load_kb
from criukb.lint.pairs import FILE, sign
from criukb.lint.runner import Report
from kbfactory import entry, write_entry
from lintrun import LOGS, rules, run

EN = "# Files\n\nSee [a](../x.md) and run:\n\n```sh\nls # all\n```\n\n??? answer\n\n    Yes.\n"
ZH = "# 文件\n\n参见 [甲](../x.md)，运行：\n\n```sh\nls # 全部\n```\n\n??? answer\n\n    是。\n"
AREA = "- {{id: files, title: {{en: Files, zh: 文件}}, summary: {{en: Open files., zh: {zh}}}}}\n"


def chapter(root: Path, en: str = EN, zh: str = ZH) -> Path:
    folder = root / "concepts" / "01-files"
    folder.mkdir(parents=True)
    (folder / "en.md").write_text(en, encoding="utf-8")
    (folder / "zh.md").write_text(zh, encoding="utf-8")
    (root / "entries").mkdir(exist_ok=True)
    return folder


def test_a_good_chapter_has_no_findings(tmp_path: Path) -> None:
    chapter(tmp_path)
    assert run(tmp_path).findings == ()


@pytest.mark.parametrize(
    ("zh", "rule"),
    [
        (ZH.replace("是。", "是yes。"), "KB004"),
        (ZH.replace("是。", "是,对。"), "KB005"),
        (ZH.replace("是。", "这是**重点**。"), "KB006"),
        (ZH.replace("是。", "先还原。"), "KB007"),
        (ZH.replace("是。", "<b>是</b>。"), "KB008"),
        (ZH.replace("是。", "CRIU 4.1 以上。"), "KB009"),
        (ZH.replace("../x.md", "../y.md"), "KB019"),
        (ZH.replace("ls # 全部", "ls -l # 全部"), "KB019"),
        (ZH + "\n## 更多\n", "KB019"),
        (ZH.replace("??? answer", "!!! answer"), "KB019"),
    ],
)
def test_chapters(tmp_path: Path, zh: str, rule: str) -> None:
    """Spacing, punctuation, bold, glossary, HTML, releases and structure are checked in chapters."""
    term = "- {id: restore, en: restore, zh: 恢复, definition: {en: x, zh: 文}, forbidden_zh: [还原]}\n"
    chapter(tmp_path, zh=zh)
    (tmp_path / "glossary.yaml").write_text(term, encoding="utf-8")
    (found,) = {f.rule: f for f in run(tmp_path).findings}.values()
    assert (found.rule, found.entry) == (rule, "01-files")
    assert found.place.path == tmp_path / "concepts" / "01-files" / "zh.md"


def test_areas_and_glossary(tmp_path: Path) -> None:
    """A value of areas.yaml and one of glossary.yaml have places of their own."""
    (tmp_path / "entries").mkdir()
    (tmp_path / "areas.yaml").write_text(AREA.format(zh="打开的file。"), encoding="utf-8")
    (tmp_path / "glossary.yaml").write_text(
        "- {id: a, en: a, zh: 甲, definition: {en: x, zh: '好,坏。'}}\n", encoding="utf-8"
    )
    found = {(f.rule, f.entry, f.place.path.name, f.place.line) for f in run(tmp_path).findings}
    assert found == {("KB004", "areas", "areas.yaml", 1), ("KB005", "glossary", "glossary.yaml", 1)}


def test_a_variant_within_the_term_is_none(tmp_path: Path) -> None:
    """主机 is refused, but not inside 宿主机 or a word that is set apart."""
    term = "- {id: h, en: host, zh: 宿主机, definition: {en: x, zh: 文}, forbidden_zh: [主机], apart_zh: [主机名]}\n"
    (tmp_path / "glossary.yaml").write_text(term, encoding="utf-8")
    chapter(tmp_path, zh=ZH.replace("是。", "宿主机的主机名。"))
    assert run(tmp_path).findings == ()
    (tmp_path / "concepts" / "01-files" / "zh.md").write_text(ZH.replace("是。", "宿主机与主机。"), encoding="utf-8")
    assert rules(run(tmp_path)) == {"KB007"}


def pair(root: Path) -> Path:
    folder = write_entry(root, entry("root", "broke %d"), LOGS)
    assert sign(load_kb(base=root), ()) == ["root"]
    return folder


def fresh(root: Path) -> Report:
    return run(root, "KB030")


def append(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")


def test_a_signed_pair_is_fresh_until_one_side_changes(tmp_path: Path) -> None:
    """The side that did not change is named as stale; signing again settles it."""
    folder = pair(tmp_path)
    assert fresh(tmp_path).findings == ()
    append(folder / "en.md")
    (found,) = fresh(tmp_path).findings
    assert found.severity == "error"
    assert found.message == "en.md changed since the pair was signed: the Chinese may be stale"
    assert sign(load_kb(base=tmp_path), ["root"]) == ["root"]
    assert fresh(tmp_path).findings == ()


def test_texts_of_the_yaml_belong_to_their_side(tmp_path: Path) -> None:
    """A changed Chinese title makes the English suspect; what both sides change is only a warning."""
    folder = pair(tmp_path)
    data = (folder / "entry.yaml").read_text(encoding="utf-8")
    (folder / "entry.yaml").write_text(data.replace("root 的标题", "root 的新标题"), encoding="utf-8")
    (found,) = fresh(tmp_path).findings
    assert found.message.startswith("zh.md changed")
    append(folder / "en.md")
    (found,) = fresh(tmp_path).findings
    assert (found.severity, found.message) == ("warning", "both languages changed since the pair was signed")


def test_a_new_pair_and_a_base_that_does_not_take_part(tmp_path: Path) -> None:
    """Without pairs.yaml nothing is said; with it an entry that was never signed is a warning."""
    pair(tmp_path)
    write_entry(tmp_path, entry("second", "bent %d"), {})
    (found,) = fresh(tmp_path).findings
    assert (found.entry, found.severity, found.message) == ("second", "warning", "the pair was never signed")
    (tmp_path / FILE).unlink()
    assert fresh(tmp_path).findings == ()


def test_signing_one_leaves_the_others(tmp_path: Path) -> None:
    """Only the named pair gets new digests, and a row of an entry that is gone goes too."""
    pair(tmp_path)
    append(write_entry(tmp_path, entry("second", "bent %d"), {}) / "en.md")
    assert sign(load_kb(base=tmp_path), ["second"]) == ["second"]
    rows = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()[3:]
    assert [row.split(",")[0] for row in rows] == ["- {id: root", "- {id: second"]
