"""Text from strangers becomes text, whatever it tries."""

from __future__ import annotations

import markdown
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from criukb.publish.markdown_safe import is_local, scheme

EXTENSIONS = [
    "admonition",
    "tables",
    "toc",
    "pymdownx.details",
    "pymdownx.superfences",
    "pymdownx.highlight",
    "criukb.publish.markdown_safe",
]
FORBIDDEN = {"script", "iframe", "object", "embed", "style", "svg", "form", "input", "base", "meta", "link"}
PIECES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "](javascript:alert(1))",
    "[a",
    "![b",
    "`",
    "```",
    "~~~",
    "\n",
    "\n\n    ",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?php",
    "| a |\n|---|\n",
    "!!! note",
    '??? "<b onclick=alert(1)>"\n    ',
    "&#60;script&#62;",
    "\x02wzxhzdk:0\x03",
    "{: onclick=alert(1) }",
    "[r]: javascript:alert(1)",
    "[r]",
    "# ",
    "> ",
    "- ",
    "\\",
    "//evil.invalid/x.png)",
    "](data:text/html,x)",
]


def render(text: str) -> str:
    """Render as the site does."""
    return str(markdown.markdown(text, extensions=EXTENSIONS))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<div>\n\n<iframe src='https://evil.invalid'></iframe>\n\n</div>",
        "<!-- --><script>alert(1)</script>",
        "<details open ontoggle=alert(1)>x</details>",
        "`a` <svg/onload=alert(1)>",
        "| a |\n|---|\n| <script>alert(1)</script> |",
        "```html\n</code></pre><script>alert(1)</script>\n```",
        "``` {.x onclick=alert(1)}\na\n```",
        '```python title="<script>alert(1)</script>"\na\n```',
        '??? note "<img src=x onerror=alert(1)>"\n    a',
        '!!! note "<img src=x onerror=alert(1)>"\n    a',
        "# <script>alert(1)</script> {: onclick=alert(1) }",
    ],
)
def test_html_is_shown_not_run(text: str) -> None:
    """Raw HTML comes out as characters: no element, no event handler."""
    assert_inert(render(text))


def assert_inert(html: str) -> None:
    """Fail when ``html`` holds an element or attribute that could run or load something."""
    for element in BeautifulSoup(html, "html.parser").select("*"):
        assert element.name not in FORBIDDEN, html
        for name, value in element.attrs.items():
            assert not name.lower().startswith("on"), html
            if name in {"href", "src"}:
                assert scheme(str(value)) in {"", "http", "https", "mailto"}, html
            if element.name == "img" and name == "src":
                assert is_local(str(value)), html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java&#9;script:alert(1)",
        "java&#x0A;script:alert(1)",
        "javascript&colon;alert(1)",
        "&#1;javascript:alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "blob:x",
    ],
)
def test_scripted_links_lose_their_address(url: str) -> None:
    """The words of the link stay, the address goes."""
    html = render(f"[words]({url})")
    assert "words" in html
    assert "href" not in html


@pytest.mark.parametrize(
    "url", ["https://example.org/a", "http://example.org", "other.md", "#part", "mailto:a@b.example"]
)
def test_ordinary_links_stay(url: str) -> None:
    """Web, mail and relative addresses are kept."""
    assert f'href="{url}"' in render(f"[words]({url})")


@pytest.mark.parametrize(
    "url",
    ["https://e.invalid/a.png", "//e.invalid/a.png", "/a.png", "\\\\e.invalid\\a.png", "data:image/png;base64,AA"],
)
def test_pictures_come_from_the_site_only(url: str) -> None:
    """A picture from elsewhere becomes its alternative text."""
    html = render(f"![words]({url})")
    assert "<img" not in html
    assert "words" in html


def test_pictures_of_the_site_stay() -> None:
    """A relative picture is kept with its alternative text."""
    assert '<img alt="words" src="x.en_files/a.svg"' in render("![words](x.en_files/a.svg)")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("other.en.md", "other.md"),
        ("../../articles/other.zh.md#part", "../../articles/other.md#part"),
        ("other.en.html", "other.md"),
        ("https://example.org/other.en.md", "https://example.org/other.en.md"),
        ("notes.md", "notes.md"),
    ],
)
def test_links_between_exported_articles_lead_to_pages(link: str, expected: str) -> None:
    """Only relative links to exported files change."""
    assert f'href="{expected}"' in render(f"[words]({link})")


def test_tables_scroll_in_a_group_that_the_keyboard_reaches() -> None:
    """The wrapper carries the scroll bar and a name in the page's language."""
    md = markdown.Markdown(extensions=EXTENSIONS, extension_configs={"criukb.publish.markdown_safe": {"lang": "zh"}})
    html = md.convert("| a |\n|---|\n| b |\n\nafter")
    wrapper = BeautifulSoup(html, "html.parser").find(class_="table-scroll")
    assert wrapper is not None
    assert (wrapper["tabindex"], wrapper["aria-label"]) == ("0", "表格")
    assert wrapper.find("table") is not None
    assert "<p>after</p>" in html


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_mixture_gets_through(text: str) -> None:
    """Whatever pieces are put together, the result is inert."""
    assert_inert(render(text))
