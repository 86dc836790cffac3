"""Escaping for Markdown lines, titles and fences."""

from __future__ import annotations

import markdown
import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from criukb.kb.langs import LANGS
from criukb.publish.markdown import fence, inline, plain
from criukb.publish.site_text import MAX_FENCE_LINES, SITE_DIR, attribute, heading, language_part, page, words

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=("Cs", "Cc", "Cf")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("`--ghost-limit` is low", "`--ghost-limit` is low"),
        ("a | b", "a &#124; b"),
        ("[x](javascript:y)", r"\[x\](javascript:y)"),
        ("<b>&", "&#60;b&#62;&#38;"),
        ("lone ` tick", r"lone \` tick"),
        ("two\nlines", "two lines"),
    ],
)
def test_inline_escapes_all_but_code(text: str, expected: str) -> None:
    """Code spans stay, everything else is literal."""
    assert inline(text) == expected


@given(PRINTABLE.map(lambda text: text.replace("`", "")))
def test_inline_text_survives_rendering(text: str) -> None:
    """What goes in as text comes out as the same text, in a paragraph of its own."""
    html = markdown.markdown(f"x {inline(text)} x", extensions=["tables", "criukb.publish.markdown_safe"])
    shown = BeautifulSoup(html, "html.parser").get_text()
    assert " ".join(f"x {text} x".split()) == " ".join(shown.split())


@pytest.mark.parametrize(
    "text", ["# a", "- a", "+ a", "1. a", "1) a", "!!! note", '??? note "x"', "???+ note", "> a", "| a |"]
)
def test_text_starts_no_block(text: str) -> None:
    """At the start of a line, too, text is text."""
    extensions = ["tables", "admonition", "pymdownx.details", "criukb.publish.markdown_safe"]
    html = markdown.markdown(inline(text), extensions=extensions)
    assert BeautifulSoup(html, "html.parser").find("p", recursive=False).get_text() == text


def test_titles_are_html_without_backticks() -> None:
    """MkDocs writes titles unescaped, so they arrive escaped."""
    assert plain("`a` <b> & c") == "a &lt;b&gt; &amp; c"
    assert attribute('say "x"') == "say &quot;x&quot;"


def test_a_fence_cannot_be_closed_from_inside() -> None:
    """The fence is longer than any run of backticks in the text, and control characters go."""
    text = fence("a ```` b\x1b[31m\n```\n# no heading")
    assert text.startswith("`````text\n")
    assert "\x1b" not in text
    html = markdown.markdown(text, extensions=["pymdownx.superfences", "criukb.publish.markdown_safe"])
    assert "<h1" not in html


def test_a_long_log_is_cut_and_says_so() -> None:
    """At most forty lines of four hundred characters are shown."""
    lines = fence("\n".join(["x" * 1000] * 100), most=MAX_FENCE_LINES).splitlines()
    assert len(lines) == 43
    assert lines[-2] == "[...]"
    assert max(map(len, lines)) == 400


BILINGUAL = (
    "# Card\n\n中文见[下文](#x)。\n\n## A\n```sh\n# c\n```\n# 来源\n\n## 甲\n乙 [x](#a) 丙 [y](#b)\n\n| 丁 |\n|---|"
)


def test_a_bilingual_document_gives_one_part_per_language() -> None:
    """Titles and pointers go, headings sink by one level, comments in code stay."""
    assert language_part(BILINGUAL, "en") == "### A\n```sh\n# c\n```"
    assert language_part(BILINGUAL, "zh") == "### 甲\n乙 [x](#a) 丙 [y](#b)\n\n| 丁 |\n|---|"
    assert language_part("# One\ntext", "zh") == "text"


def test_tables_stand_once_in_a_bilingual_document() -> None:
    """A part without tables gets those of the first one, above its text."""
    text = "# Card\n\nx\n\n| a |\n|---|\n| 1 |\n\ny\n\n# 来源\n\n见上表。"
    assert language_part(text, "zh") == "| a |\n|---|\n| 1 |\n\n\n\n见上表。"
    assert language_part(text, "en").startswith("x")


def test_heading_finds_the_title() -> None:
    """The first level-1 heading, else the default."""
    assert heading("x\n# The title #\n", "d") == "The title"
    assert heading("## no\n", "d") == "d"


def test_front_matter_is_data() -> None:
    """A title that looks like YAML stays a title."""
    text = page("a: !!python/object {x}\n---", "body", description="d: e")
    front = yaml.safe_load(text.split("---\n")[1])
    assert front == {"title": "a: !!python/object {x} ---", "description": "d: e"}


def test_words_have_equal_keys_in_both_languages() -> None:
    """No label is missing in one language."""
    shapes = [{group: sorted(labels) for group, labels in words()[lang].items()} for lang in LANGS]
    assert shapes[0] == shapes[1]


def test_every_page_exists_in_both_languages() -> None:
    """Templates come in pairs."""
    names = {lang: {p.name.split(".")[0] for p in (SITE_DIR / "pages").glob(f"*.{lang}.md.j2")} for lang in LANGS}
    assert names["en"] == names["zh"]
