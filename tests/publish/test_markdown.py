from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from criukb.publish import markdown
from storefakes import HOSTILE

HOSTILE_TEXTS = [
    HOSTILE,
    "<svg/onload=alert(1)>",
    "[x](data:text/html;base64,PHN2Zz4=)",
    "[x]: javascript:alert(1)\n\n[x]",
    '<https://a.example/"onclick=alert(1)>',
    "![x](https://evil.example/pixel.png)",
    "[x](//evil.example/)",
    "\\`<script>alert(1)</script>`",
    "``` \n<script>\n```\n<script>",
    "&lt;script&gt;",
]
_TAGS = re.compile(r"<(?:script|svg|img|iframe|object|embed|link|style|base|form)\b", re.IGNORECASE)


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize(
    "wrap", [str, markdown.neutral, markdown.inline, markdown.code, markdown.fence, markdown.cited]
)
def test_nothing_hostile_survives_rendering(text: str, wrap: Callable[[str], str]) -> None:
    html = markdown.render(wrap(text))
    assert not _TAGS.search(html.replace('<img src="', "") if "evil" not in html else html)
    assert not re.search(r'(?:href|src)="(?!https://|#|[\w./-]+")', html)
    assert not re.search(r"<[^>]*\son\w+=", html)


@pytest.mark.parametrize(
    "text", ["a_b *c* [d](e) <f> &amp; #1 | ~g~ ^h^ ==i== {j} \\k", "1. x", "- y", "# z", "!!! tip"]
)
def test_plain_text_comes_out_as_it_was(text: str) -> None:
    html = markdown.render(markdown.inline(text)).strip()
    shown = html.removeprefix("<p>").removesuffix("</p>")
    assert shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


def test_code_spans_of_plain_text_stay() -> None:
    assert markdown.inline("use `a_b` now") == "use `a_b` now"


def test_a_pipe_does_not_end_a_table_cell() -> None:
    html = markdown.render(markdown.raw_table(["a", "b"], [[markdown.code("x | y"), markdown.inline("`p|q`")]]))
    assert html.count("<td") == 2


@pytest.mark.parametrize("text", ["`", "``", "a`b", "```\nx\n```", "~~~", "x\u2028y\x00z"])
def test_code_cannot_be_closed_from_inside(text: str) -> None:
    for made in (markdown.code(text), markdown.fence(text)):
        html = markdown.render(f"{made}\n\nafter")
        assert html.endswith("<p>after</p>\n")


def test_neutral_leaves_code_alone() -> None:
    text = "a <b> `<c>`\n\n```\n<d>\n```\n<e> <https://f.example>"
    assert markdown.neutral(text) == "a &lt;b> `<c>`\n\n```\n<d>\n```\n&lt;e> <https://f.example>"


def test_links_between_documents_lead_to_html() -> None:
    assert 'href="../x-y.en.html#a"' in markdown.render("[x](../x-y.en.md#a)")


def test_folded_answers_become_details() -> None:
    html = markdown.render('??? answer "Q"\n    A **b**')
    assert html.startswith("<details")
    assert "<summary>Q</summary>" in html
    assert "<strong>b</strong>" in html


def test_headings_get_unique_anchors_in_any_script() -> None:
    headings: list[tuple[int, str, str]] = []
    markdown.render("## 总结\n\n## 总结\n\n## A `b`", headings)
    assert headings == [(2, "总结", "总结"), (2, "总结", "总结-2"), (2, "A b", "a-b")]
