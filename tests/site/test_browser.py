"""The site in a real browser: Debian's chromium, served on the loopback interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1366, "height": 900}
KEY_PAGES = ["index.html", "articles/ghost-file-over-limit.html", "reports/weekly/2024-W01.html"]
BOTH = [prefix + page for prefix in ("", "zh/") for page in KEY_PAGES]


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    troubles: list[str] = field(default_factory=list)


@pytest.fixture
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A page whose console errors, foreign requests, bad answers and dialogs are collected."""
    context = browser.new_context(viewport=getattr(request, "param", DESKTOP), reduced_motion="reduce")
    page = context.new_page()
    seen = Watched(page)
    page.on("console", lambda m: seen.troubles.append(f"console: {m.text}") if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen.troubles.append(f"exception: {error}"))
    page.on("dialog", lambda dialog: (seen.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda r: seen.troubles.append(f"foreign: {r.url}") if _foreign(r.url) else None)
    page.on("response", lambda r: seen.troubles.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    yield seen
    context.close()


def _foreign(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1"


def nav_pages(page: Page, site: str) -> list[str]:
    """Every page that the navigation links, from the page that is open."""
    links = page.eval_on_selector_all(".md-nav--primary a[href], .md-tabs a[href]", "all => all.map(a => a.href)")
    return sorted({link.split("#")[0] for link in links if link.startswith(site)})


def walk(watched: Watched, site: str, start: str) -> list[str]:
    """Open every page of the navigation; return their addresses."""
    watched.page.goto(site + start)
    links = nav_pages(watched.page, site)
    for link in links:
        answer = watched.page.goto(link)
        assert answer is not None
        assert answer.status == 200, link
        watched.page.wait_for_timeout(100)  # for what scripts load afterwards
    return links


@pytest.mark.parametrize("start", ["index.html", "zh/index.html"])
def test_every_page_of_the_navigation_opens_without_errors(watched: Watched, site: str, start: str) -> None:
    """Status 200, no console error, no dialog, and no request leaves 127.0.0.1."""
    links = walk(watched, site, start)
    assert len(links) >= 14
    assert watched.troubles == []


@pytest.mark.parametrize("start", ["index.html", "zh/index.html"])
def test_the_real_build_opens_without_errors(watched: Watched, real_site: str, start: str) -> None:
    """The same for the build folder that CRIUKB_BUILD names."""
    links = walk(watched, real_site, start)
    assert len(links) > 20
    assert watched.troubles == []


@pytest.mark.parametrize("path", ["index.html", "articles/ghost-file-over-limit.html", "areas/files/index.html"])
def test_the_language_switch_stays_on_the_page(watched: Watched, site: str, path: str) -> None:
    """English to Chinese and back again, below a sub-path."""
    watched.page.goto(site + path)
    watched.page.click(".criukb-switch")
    watched.page.wait_for_url(f"{site}zh/{path}")
    assert watched.page.get_attribute("html", "lang") == "zh"
    watched.page.click(".criukb-switch")
    watched.page.wait_for_url(site + path)
    assert watched.page.get_attribute("html", "lang") == "en"
    assert watched.troubles == []


@pytest.mark.parametrize(
    ("start", "query"),
    [
        ("index.html", "ghost-limit"),
        ("index.html", "deleted file"),
        ("zh/index.html", "已删除的文件"),
        ("zh/index.html", "上限"),
        ("zh/index.html", "ghost-limit"),
    ],
)
def test_search_finds_the_entry(watched: Watched, site: str, start: str, query: str) -> None:
    """Words of the title and of the text, in the page's language, and an option in either."""
    search(watched.page, site + start, query)
    result = "a.md-search-result__link[href*='articles/ghost-file-over-limit.html']"
    watched.page.wait_for_selector(result, state="attached", timeout=10_000)
    assert watched.troubles == []


def search(page: Page, address: str, query: str) -> None:
    """Type ``query`` into the search field."""
    page.goto(address)
    page.fill("input.md-search__input", query)
    # The search listens for keys, which an input method presses and fill does not.
    page.press("input.md-search__input", "End")


@pytest.mark.parametrize("prefix", ["", "zh/"])
def test_a_hostile_entry_stays_inert(watched: Watched, site: str, prefix: str) -> None:
    """No script, frame or handler of the entry exists on any page that shows it, nor in the search results."""
    page = watched.page
    for path in ("articles/hostile-entry.html", "areas/files/index.html", "articles/dumping-failed.html", "index.html"):
        page.goto(f"{site}{prefix}{path}")
        page.wait_for_timeout(100)
        scripts = page.eval_on_selector_all("script", "all => all.map(s => s.textContent)")
        assert not any("alert(" in text for text in scripts)
        assert page.locator("iframe, object, embed").count() == 0
        assert page.locator("[onerror], [onclick], [onload], [onmouseover], [ontoggle]").count() == 0
        assert page.locator("a[href^='javascript:'], a[href^='data:']").count() == 0
    assert "<script>alert('prose')</script>" in _text(page, f"{site}{prefix}articles/hostile-entry.html")
    search(page, f"{site}{prefix}index.html", "alert")
    page.wait_for_selector("a.md-search-result__link[href*='hostile-entry']", state="attached", timeout=10_000)
    assert page.locator(".md-search-result img, .md-search-result script").count() == 0
    assert watched.troubles == []


def _text(page: Page, address: str) -> str:
    page.goto(address)
    return page.inner_text("article")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", BOTH)
def test_no_serious_accessibility_violation(browser: Browser, site: str, path: str, scheme: str) -> None:
    """axe-core finds nothing serious or critical, in either colour scheme."""
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme, reduced_motion="reduce")
    found = axe(context.new_page(), site + path)
    context.close()
    assert found == []


def axe(page: Page, address: str) -> list[str]:
    """Return the serious and critical violations of a page."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only with a browser

    page.goto(address)
    page.wait_for_timeout(100)
    violations = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['target']} {node['failureSummary']}"
        for v in violations
        if v["impact"] in {"serious", "critical"}
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("watched", [PHONE], indirect=True)
@pytest.mark.parametrize("start", ["index.html", "zh/index.html"])
def test_no_page_scrolls_sideways_on_a_phone(watched: Watched, site: str, start: str) -> None:
    """At 390 pixels logs, tables and figures scroll in their own boxes."""
    watched.page.goto(site + start)
    for link in nav_pages(watched.page, site):
        watched.page.goto(link)
        wide, window = watched.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= window, link


def test_the_table_of_contents_leads_to_its_sections(watched: Watched, site: str) -> None:
    """A Chinese heading has an anchor of its own, and the link in the margin jumps there."""
    watched.page.goto(f"{site}zh/articles/ghost-file-over-limit.html")
    watched.page.click(".md-sidebar--secondary a:has-text('总结')")
    watched.page.wait_for_function("decodeURIComponent(location.hash) === '#总结'")
    assert watched.page.locator("h2[id='总结']").count() == 1


def test_pages_work_from_the_file_system(browser: Browser, build: Path) -> None:
    """Opened as a file, the page switches language, shows its styles, and its search finds the entry."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    start = (build / "site" / "articles" / "ghost-file-over-limit.html").as_uri()
    page.goto(start)
    page.click(".criukb-switch")
    page.wait_for_url(re.compile(r"/zh/articles/ghost-file-over-limit\.html$"))
    search(page, start, "deleted")
    page.wait_for_selector("a.md-search-result__link[href*='ghost-file-over-limit']", state="attached", timeout=10_000)
    context.close()
