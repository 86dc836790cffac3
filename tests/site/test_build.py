"""What the build writes, without a browser."""

from __future__ import annotations

import filecmp
import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from criukb.commands.site import command
from criukb.errors import CriukbError
from criukb.kb.base import KnowledgeBase
from criukb.kb.langs import LANGS, Lang
from criukb.publish.site import build_site
from criukb.publish.site_figures import TopCause, count
from criukb.publish.statistics import explanations

EXTERNAL = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)", re.IGNORECASE)


def pages(root: Path) -> dict[str, BeautifulSoup]:
    """Every HTML page by its path below ``root``."""
    found = sorted(root.rglob("*.html"))
    return {str(p.relative_to(root)): BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser") for p in found}


@pytest.fixture(scope="session")
def html(build: Path) -> dict[str, BeautifulSoup]:
    """The pages of the fixture site."""
    return pages(build / "site")


def test_both_languages_have_the_same_paths(html: dict[str, BeautifulSoup]) -> None:
    """Each English page has its Chinese one and the other way round."""
    chinese = {path.removeprefix("zh/") for path in html if path.startswith("zh/")}
    assert chinese == {path for path in html if not path.startswith("zh/")}


def test_expected_pages_are_there(html: dict[str, BeautifulSoup]) -> None:
    """Home, diagnosis, articles, areas, chapters, reports, glossary, data."""
    assert {
        "404.html",
        "about.html",
        "areas/files/index.html",
        "articles/big-ghost-file.html",
        "articles/ghost-file-over-limit.html",
        "articles/index.html",
        "concepts/01-first-steps.html",
        "concepts/index.html",
        "diagnose.html",
        "glossary.html",
        "index.html",
        "reports/index.html",
        "reports/onboarding.html",
        "reports/weekly/2024-W01.html",
        "statistics.html",
    } <= set(html)
    assert "areas/tty/index.html" not in html


def test_internal_links_resolve_with_their_anchors(html: dict[str, BeautifulSoup], build: Path) -> None:
    """Every relative address is a file of the site, every fragment an id on that page."""
    broken = []
    for path, soup in html.items():
        for element in soup.find_all(["a", "link", "script", "img"]):
            url = str(element.get("href") or element.get("src") or "")
            if not url or re.match(r"[a-z]+:", url) or url == "#__skip":
                continue
            target, anchor = urldefrag(urljoin(f"/{path}", url))
            target = unquote(target).removeprefix("/")
            missing = not (build / "site" / target).is_file()
            lost = anchor and target in html and not html[target].find(id=unquote(anchor))
            if missing or lost:
                broken.append((path, url))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(html: dict[str, BeautifulSoup], build: Path) -> None:
    """No script, style, font, picture or frame has an address on another host."""
    loaded = [
        (path, value)
        for path, soup in html.items()
        for element in soup.find_all(["script", "img", "iframe", "source", "link", "video", "audio", "object"])
        for name in ("src", "href", "srcset", "data")
        if EXTERNAL.match(value := str(element.get(name, "")))
    ]
    assert loaded == []
    for css in (build / "site" / "assets").rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", css.read_text(encoding="utf-8")), css.name


def test_languages_are_declared(html: dict[str, BeautifulSoup]) -> None:
    """Each page says its language and names the same page in the other one."""
    for path, soup in html.items():
        if path.endswith("404.html"):
            continue
        chinese = path.startswith("zh/")
        assert soup.html is not None
        assert soup.html["lang"] == ("zh" if chinese else "en")
        links = {str(a["hreflang"]): str(a["href"]) for a in soup.head.select("link[hreflang]")}
        other = path.removeprefix("zh/") if chinese else f"zh/{path}"
        assert urljoin(f"/{path}", links["en" if chinese else "zh"]) == f"/{other}"


def test_chinese_lines_join_without_spaces(html: dict[str, BeautifulSoup]) -> None:
    """One sentence per source line leaves no blank between sentences."""
    for path, soup in html.items():
        if path.startswith("zh/"):
            for block in soup.select("article p"):
                assert not re.search(r"[。；][ \n]+[\u4e00-\u9fff]", block.get_text()), path


def test_figures_of_the_home_page(html: dict[str, BeautifulSoup]) -> None:
    """The strip shows entries, causes, runs and results; the table names the top cause."""
    assert [dd.get_text(strip=True) for dd in html["index.html"].select(".criukb-strip dd")] == ["3", "1", "4", "40"]
    row = html["zh/index.html"].select_one("article table tbody tr")
    assert row is not None
    assert [cell.get_text(strip=True) for cell in row.find_all("td")][2:] == ["4", "4"]


def test_counts_follow_aliases(kb: KnowledgeBase, build: Path) -> None:
    """A cause stored under a former name counts for its entry; unnamed failures are not causes."""
    figures = count(kb, build / "store")
    assert (figures.failures, figures.known, figures.first, figures.last) == (8, 4, "2024-01-01", "2024-01-04")
    assert figures.top == (TopCause("ghost-file-over-limit", 4, 4),)


def test_counts_without_a_store(kb: KnowledgeBase, tmp_path: Path) -> None:
    """No data is no data."""
    figures = count(kb, tmp_path / "store")
    assert (figures.entries, figures.causes, figures.runs, figures.results) == (3, 1, 0, 0)


def test_missing_articles_are_named_with_the_next_step(kb: KnowledgeBase, build: Path, tmp_path: Path) -> None:
    """An empty folder gives one fault, a missing file one of its own; what was there stays."""
    with pytest.raises(CriukbError) as caught:
        build_site(kb, tmp_path)
    assert [f.message for f in caught.value.faults] == ["6 of 6 articles are missing, such as dumping-failed.en.md"]
    assert "criukb build" in caught.value.faults[0].hint
    assert list(tmp_path.iterdir()) == []
    shutil.copytree(build / "articles", tmp_path / "articles")
    (tmp_path / "articles" / "hostile-entry.zh.md").unlink()
    with pytest.raises(CriukbError) as caught:
        build_site(kb, tmp_path)
    assert [f.place.path.name for f in caught.value.faults] == ["hostile-entry.zh.md"]


def test_a_broken_link_stops_the_build_and_keeps_the_old_site(kb: KnowledgeBase, build: Path, tmp_path: Path) -> None:
    """MkDocs' warnings are errors that name page and link."""
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "articles").symlink_to(build / "articles")
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("old")
    weekly = folder / "reports" / "weekly"
    weekly.mkdir(parents=True)
    (weekly / "2024-W02.en.md").write_text(
        "# Week\n\n[x](missing.en.md) [y](../../articles/dumping-failed.en.md#none)\n"
    )
    with pytest.raises(CriukbError) as caught:
        build_site(kb, folder)
    messages = " ".join(fault.message for fault in caught.value.faults)
    assert "missing.md" in messages
    assert "#none" in messages
    assert (folder / "site" / "index.html").read_text() == "old"


def test_the_same_inputs_give_the_same_bytes(kb: KnowledgeBase, build: Path, tmp_path: Path) -> None:
    """A second build in another folder equals the first, byte for byte."""
    other = tmp_path / "elsewhere" / "build"
    other.mkdir(parents=True)
    for name in ("articles", "reports", "store"):
        (other / name).symlink_to(build / name)
    build_site(kb, other)
    names = sorted(str(p.relative_to(build / "site")) for p in (build / "site").rglob("*") if p.is_file())
    again = sorted(str(p.relative_to(other / "site")) for p in (other / "site").rglob("*") if p.is_file())
    assert names == again
    _, different, errors = filecmp.cmpfiles(build / "site", other / "site", names, shallow=False)
    assert (different, errors) == ([], [])


def test_search_index_holds_segmented_chinese(build: Path) -> None:
    """Words are parted by U+200B, and pages opened from the file system find the index as a script."""
    folder = build / "site" / "zh" / "search"
    index = json.loads((folder / "search_index.json").read_text(encoding="utf-8"))
    texts = [doc["text"] for doc in index["docs"]]
    assert any("文件\u200b" in text for text in texts)
    assert any("\u200b套接字\u200b" in text for text in texts), "a term of the glossary stays one word"
    assert "\\u200b" in json.dumps(index["config"]["separator"]) or "\u200b" in index["config"]["separator"]
    assert (folder / "search_index.js").read_text(encoding="utf-8").startswith("var __index = {")


def test_command_without_articles_says_the_next_step(tmp_path: Path) -> None:
    """The command raises what cli.main shows with status 2."""
    result = CliRunner().invoke(command, ["--out", str(tmp_path)])
    assert isinstance(result.exception, CriukbError)
    assert "criukb build" in str(result.exception)


@pytest.mark.parametrize("lang", LANGS)
def test_every_statistic_has_its_formula_and_source(html: dict[str, BeautifulSoup], lang: Lang) -> None:
    """The page of the statistics holds each text of the locale, and about the data leads to it."""
    prefix = "zh/" if lang == "zh" else ""
    page = " ".join(html[f"{prefix}statistics.html"].get_text().split())
    for one in explanations(lang).values():
        for text in (one.name, one.says, one.how, one.source):
            assert " ".join(text.split()) in page
    assert html[f"{prefix}about.html"].find("a", href="statistics.html")
