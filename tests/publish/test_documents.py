"""Whole documents, executed on real kernels."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest

import kbfactory
from criukb.errors import CriukbError
from criukb.kb.base import load_kb
from criukb.kb.langs import LANGS
from criukb.paths import REPORTS_DIR
from criukb.publish import notebooks, reports
from criukb.publish.notebooks import Job
from storefakes import HOSTILE, many, write_store

BOTH = {"en": f"Hostile {HOSTILE}", "zh": f"恶意文本 {HOSTILE}"}
DIAGRAM = {
    "id": "race",
    "title": {"en": "A <race>", "zh": "竞态 <b>"},
    "alt": {"en": 'Alt "quoted" <b>', "zh": "替代文字"},
    "lanes": [{"id": "a", "label": {"en": "A", "zh": "甲"}}, {"id": "b", "label": {"en": "B", "zh": "乙"}}],
    "steps": [
        {"from": "a", "to": "b", "text": {"en": "go", "zh": "走"}},
        {"at": "b", "text": {"en": "late", "zh": "迟到"}, "style": "late"},
        {"from": "b", "to": "b", "text": {"en": "again", "zh": "再来"}, "style": "fault"},
    ],
}


def _hostile_entry() -> dict[str, Any]:
    remedy = {"id": "way", "title": BOTH, "how": BOTH, "commands": f"echo '{HOSTILE}'", "cost": BOTH, "limits": BOTH}
    return kbfactory.entry(
        "hostile-entry",
        f"%d {HOSTILE}",
        title=BOTH,
        summary=BOTH,
        remedies=[remedy],
        confirm=[{"command": HOSTILE, "shows": BOTH}],
        diagrams=[DIAGRAM],
        fixes=[{"side": "criu", "subject": HOSTILE, "release": "4.2", "note": BOTH}],
    )


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private base with one entry whose every text is hostile."""
    root = tmp_path_factory.mktemp("private")
    folder = kbfactory.write_entry(root, _hostile_entry(), {"match-a.log": f"Error (criu/x.c:1): {HOSTILE}\n"})
    for lang in LANGS:
        file = folder / f"{lang}.md"
        prose = f"{HOSTILE}\n\n{{{{ diagrams.race }}}}\n\n```\n{HOSTILE}\n```"
        file.write_text(file.read_text(encoding="utf-8").replace({"en": "Some text.", "zh": "一些文字。"}[lang], prose))
    return root


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, private: Path) -> tuple[Path, Path]:
    """Everything twice, into two folders."""
    root = tmp_path_factory.mktemp("documents")
    old = many("old", 90, 10, "hostile-entry", criu_version="4.1.1", log_excerpt=HOSTILE)
    new = many("new", 99, 1, unknown_key=HOSTILE, log_excerpt=HOSTILE)
    outs = (root / "first", root / "second")
    folder = load_kb([private]).get("hostile-entry")
    for out in outs:
        write_store(out / "store", old, new)
        shutil.copytree(private, out / "private")
        extra = [out / "private"]
        jobs = reports.article_jobs([folder], out / "store", out / "articles", LANGS, extra)
        jobs += reports.weekly_jobs(["2026-W48"], out / "store", out / "weekly", LANGS, extra)
        jobs += reports.onboarding_jobs(out / "store", out, LANGS, extra)
        assert len(reports.publish(jobs)) == 18
    return outs


def _files(root: Path) -> dict[str, bytes]:
    wanted = {".html", ".md", ".ipynb", ".svg"}
    found = sorted(path for path in root.rglob("*") if path.suffix in wanted and "private" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def test_the_same_inputs_give_the_same_bytes(built: tuple[Path, Path]) -> None:
    first, second = map(_files, built)
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_no_document_names_a_folder_of_this_machine(built: tuple[Path, Path]) -> None:
    for name, data in _files(built[0]).items():
        assert str(built[0].parent).encode() not in data, name


class _Tags(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_html_stands_alone_and_runs_nothing(built: tuple[Path, Path]) -> None:
    pages = sorted(built[0].rglob("*.html"))
    assert len(pages) == 6
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert re.match(r'<!DOCTYPE html>\n<html lang="(en|zh-Hans)">', html)
        assert "url(" not in html
        parser = _Tags()
        parser.feed(html)
        assert not {tag for tag, _ in parser.found} & {"script", "iframe", "object", "embed", "link", "base", "form"}
        for tag, attributes in parser.found:
            assert not any(name.startswith("on") for name in attributes)
            assert (attributes.get("src") or "data:image/svg+xml;base64,").startswith("data:image/svg+xml;base64,")
            assert re.match(r"https://|#|[\w./%-]+(#|$)", attributes.get("href") or "#")
            assert tag != "img" or attributes["alt"]


def test_hostile_text_is_shown_as_text(built: tuple[Path, Path]) -> None:
    html = (built[0] / "articles" / "hostile-entry.en.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_markdown_has_its_pictures_and_no_tags(built: tuple[Path, Path]) -> None:
    for page in sorted(built[0].glob("[aw]*/*.md")):
        text = page.read_text(encoding="utf-8")
        pictures = re.findall(r"^!\[.*\]\(([^)\s]+)\)$", text, re.MULTILINE)
        assert pictures
        assert all((page.parent / picture).is_file() for picture in pictures)
        prose = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)
        assert "<script" not in prose


def test_notebooks_are_executed_valid_and_without_times(built: tuple[Path, Path]) -> None:
    for path in built[0].rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
        codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
        assert "execution" not in json.dumps([cell.metadata for cell in codes])
        assert any(cell.outputs for cell in codes)


@pytest.mark.parametrize("name", ["article", "weekly", "onboarding"])
def test_cells_are_thin(name: str) -> None:
    """A cell calls one function of the package; there is no logic in notebooks."""
    cells = notebooks.prepare(Job(REPORTS_DIR / f"{name}.py", {}, Path(), "x", "x", "en")).cells
    for cell in cells:
        assert not re.search(r"^\s*(def|for|if|while|class|with|try)\b", cell.source, re.MULTILINE)
        assert len(cell.source.splitlines()) <= 4


def _notebook(folder: Path, name: str, *cells: str) -> Job:
    body = "\n\n".join(f"# %%\n{cell}" for cell in cells)
    path = folder / f"{name}.py"
    path.write_text(f'# %% tags=["parameters"]\nx = 0\n\n{body}\n', encoding="utf-8")
    return Job(path, {"x": "1"}, folder, name, name, "en")


def test_a_failing_cell_names_notebook_cell_and_reason_and_others_go_on(tmp_path: Path) -> None:
    bad = _notebook(tmp_path, "bad", "y = 2", "print(x)\n1 / 0")
    good = _notebook(tmp_path, "good", "print(x)")
    done: list[str] = []
    with pytest.raises(CriukbError, match=r"bad\.py: bad, cell 3 \(print\(x\)\): ZeroDivisionError: division by zero"):
        notebooks.run_jobs([bad, good], lambda job, _: done.append(job.name), workers=1)
    assert done == ["good"]


def test_a_notebook_sees_nothing_of_the_one_before(tmp_path: Path) -> None:
    """Names, matplotlib's settings, the environment and the working directory are fresh."""
    first = _notebook(
        tmp_path,
        "first",
        "import os, matplotlib\nleft_over = 1\nos.environ['LEFT_OVER'] = '1'",
        "os.chdir('/')\nmatplotlib.rcParams['font.size'] = 99",
    )
    second = _notebook(
        tmp_path,
        "second",
        "import os, matplotlib\nassert 'left_over' not in globals()\nassert 'LEFT_OVER' not in os.environ",
        f"assert os.getcwd() == {str(tmp_path)!r}\nassert matplotlib.rcParams['font.size'] != 99\nassert x == '1'",
    )
    done: list[str] = []
    notebooks.run_jobs([first, second], lambda job, _: done.append(job.name), workers=1)
    assert done == ["first", "second"]


def test_a_dying_kernel_is_an_error_and_not_a_hang(tmp_path: Path) -> None:
    bad = _notebook(tmp_path, "dying", "import os\nos._exit(1)")
    good = _notebook(tmp_path, "good", "print(x)")
    done: list[str] = []
    with pytest.raises(CriukbError, match="the kernel died"):
        notebooks.run_jobs([bad, good], lambda job, _: done.append(job.name), workers=1)
    assert done == ["good"]


def test_a_notebook_without_parameters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.py"
    path.write_text("# %%\n1\n", encoding="utf-8")
    with pytest.raises(CriukbError, match="0 cells are tagged parameters"):
        notebooks.prepare(Job(path, {}, tmp_path, "n", "n", "en"))
