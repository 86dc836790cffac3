"""Each rule finds what it is for, and nothing on a good entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from criukb.errors import Place
from criukb.lint.runner import CHECKS, OTHER_RULES, explain
from kbfactory import entry, write_entry
from lintrun import LOGS, MATCH, NEAR, rules, run


def test_a_cause_on_a_healthy_log(tmp_path: Path) -> None:
    """A cause that matches the log of a passing run is found."""
    good(tmp_path)
    (tmp_path / "healthy").mkdir()
    (tmp_path / "healthy" / "x.log").write_text(MATCH, encoding="utf-8")
    assert "KB022" in rules(run(tmp_path))


def good(root: Path, **fields: Any) -> Path:
    return write_entry(root, entry("root", "broke %d", **fields), LOGS)


def test_a_good_entry_has_no_findings(tmp_path: Path) -> None:
    """Nothing is found on an entry that keeps every rule."""
    good(tmp_path)
    assert run(tmp_path).findings == ()


def zh(folder: Path, text: str) -> None:
    path = folder / "zh.md"
    path.write_text(path.read_text(encoding="utf-8").replace("一些文字。", text, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("### 小节\n\n一些文字。", "KB001"),
        ("```\nls\n```", "KB001"),
        ("{{ facts.none }}", "KB002"),
        ("中文abc 混排。", "KB004"),
        ("用`ls`查看。", "KB004"),
        ("句子， 空格。", "KB004"),
        ("句子,半角。", "KB005"),
        ("这是**重点**。", "KB006"),
        ("一<script>二", "KB008"),
    ],
)
def test_prose_rules(tmp_path: Path, text: str, rule: str) -> None:
    """Chinese typography, parity, placeholders and HTML are checked."""
    zh(good(tmp_path), text)
    assert rule in rules(run(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "用 `ls` 查看 **重点** 内容，共 3 个。",
        "见 [文档](https://example.com/a,b)，其余同上。",
        "`a,b` 与 `中文abc` 原样保留。",
        "「引号」与（括号）之间。",
    ],
)
def test_good_chinese(tmp_path: Path, text: str) -> None:
    """Well-set Chinese gives no findings."""
    zh(good(tmp_path), text)
    assert run(tmp_path, "KB004", "KB005", "KB006", "KB008").findings == ()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"facts": {"unused": {"value": "1", "source": "x"}}}, "KB003"),
        ({"related": ["nobody"]}, "KB010"),
        ({"match": [{"call": "pr_err", "file": "criu/x.c", "format": "broke %d", "where": {"none": "1"}}]}, "KB013"),
        ({"match": [{"tool": "ip", "regex": "broke (?P<x>\\d+"}]}, "KB013"),
        (
            {"match": [{"call": "pr_err", "file": "criu/x.c", "format": "broke %d", "since": "4.2", "until": "4.1"}]},
            "KB013",
        ),
    ],
)
def test_data_rules(tmp_path: Path, fields: dict[str, Any], rule: str) -> None:
    """Unused facts, dead links and broken patterns are found."""
    good(tmp_path, **fields)
    assert rule in rules(run(tmp_path))


def test_logs_prove_the_pattern(tmp_path: Path) -> None:
    """A match log that does not match, and a near miss that does, are found."""
    write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": NEAR, "nomatch-b.log": MATCH})
    found = {f.message.split(":")[0] for f in run(tmp_path, "KB020").findings}
    assert found == {"must match", "must not match"}


def test_provenance(tmp_path: Path) -> None:
    """A log without a source and a source without a log are found."""
    folder = good(tmp_path)
    (folder / "logs" / "match-a.log").rename(folder / "logs" / "match-c.log")
    assert sorted(f.message.split()[0] for f in run(tmp_path, "KB011").findings) == ["match-a.log", "match-c.log"]


def test_same_pattern_twice(tmp_path: Path) -> None:
    """Two entries with one pattern hide each other."""
    good(tmp_path)
    write_entry(tmp_path, entry("twin", "broke %d"), LOGS)
    assert "KB015" in rules(run(tmp_path))


def test_glossary(tmp_path: Path) -> None:
    """A forbidden variant is found in its own language only."""
    term = "- {id: restore, en: restore, zh: 恢复, definition: {en: x, zh: 文}, forbidden_zh: [还原]}\n"
    (tmp_path / "glossary.yaml").write_text(term, encoding="utf-8")
    zh(good(tmp_path), "先还原再看。")
    (found,) = run(tmp_path, "KB007").findings
    assert "恢复" in found.message


def waiver(root: Path, until: str) -> None:
    text = f"- {{rule: KB012, entry: root, reason: no neighbour exists, until: {until}}}\n"
    (root / "waivers.yaml").write_text(text, encoding="utf-8")


def test_waivers(tmp_path: Path) -> None:
    """A waiver covers its finding until it expires, and is itself a finding when it covers nothing."""
    folder = write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": MATCH})
    waiver(tmp_path, "2026-02-01")
    assert (run(tmp_path).findings, run(tmp_path).waived) == ((), 1)
    waiver(tmp_path, "2025-12-31")
    assert rules(run(tmp_path)) == {"KB012", "KB090"}
    waiver(tmp_path, "2026-02-01")
    (folder / "logs" / "nomatch-b.log").write_text(NEAR, encoding="utf-8")
    assert "KB090" in rules(run(tmp_path))


def test_findings_have_places(tmp_path: Path) -> None:
    """A finding in prose names the file and the line."""
    folder = good(tmp_path)
    zh(folder, "好的。\n这是**重点**。")
    (found,) = run(tmp_path, "KB006").findings
    assert found.place == Place(folder / "zh.md", 4, 1)


def test_every_rule_explains_itself() -> None:
    """Every rule, those of loading and of waivers too, has an id of its own, says what it wants and the next step."""
    names = [check.rule for check in CHECKS]
    assert len({*names, *OTHER_RULES}) == len(names) + len(OTHER_RULES)
    for rule in [*names, *OTHER_RULES]:
        text = explain(rule)
        assert text.startswith(f"{rule}: ")
        assert len(text.rsplit("Next step: ", 1)[1]) > 10
