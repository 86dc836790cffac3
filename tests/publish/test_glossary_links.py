"""The first occurrence of a term in prose leads to the glossary, and nothing else does."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import markdown
import pytest
from markdown.treeprocessors import Treeprocessor

from criukb.kb.langs import Lang
from criukb.kb.model import Term, Text
from criukb.publish.glossary_links import link_terms

EXTENSIONS = ["tables", "admonition", "pymdownx.details", "pymdownx.superfences"]


def term(en: str, zh: str, **fields: Any) -> Term:
    return Term(id="x", en=en, zh=zh, definition=Text(en=f"What {en} is.", zh=f"{zh}的含义。"), **fields)


GLOSSARY = [
    term("dump", "转储", apart_en=["core dump"], apart_zh=["核心转储"]),
    term("pre-dump", "预转储"),
    term("image", "镜像"),
    term("run", "运行", linked=False),
    term("vDSO", "vDSO"),
    term("soft-dirty bit", "soft-dirty 位"),
]


def links(text: str, lang: Lang = "en", page: str = "articles/a.md") -> list[tuple[str, str]]:
    """Return (text, address) of the links to the glossary on a page, in order."""
    name = "criukb.publish.glossary_links"
    md = markdown.Markdown(
        extensions=[*EXTENSIONS, name], extension_configs={name: {"terms": link_terms(GLOSSARY, lang)}}
    )
    # As MkDocs does: its step that resolves links knows the page.
    step = Treeprocessor(md)
    step.file = SimpleNamespace(src_uri=page)
    md.treeprocessors.register(step, "relpath", 0)
    found = re.findall(r'<a class="term" href="([^"]*)" title="[^"]+">(.*?)</a>', md.convert(text))
    return [(shown, address) for address, shown in found]


def test_the_first_occurrence_only() -> None:
    """Whole words, in any case and in the plural; the longer term wins; other text stays."""
    assert links("A Dump, dumps. A pre-dump of images and a soft-dirty bit.") == [
        ("Dump", "../glossary.md#dump"),
        ("pre-dump", "../glossary.md#pre-dump"),
        ("images", "../glossary.md#image"),
        ("soft-dirty bit", "../glossary.md#soft-dirty-bit"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "`dump` in code",
        "## A dump\n\ntext",
        "[the dump](https://x.org/)",
        "```\ndump\n```",
        "| a | b |\n|---|---|\n| dump | c |",
        '!!! note "A dump"\n    text',
        '??? answer "A dump"\n\n    text',
        "dumped, dump-it, undump",
        "a core dump of it",
        "one run",
        "![dump](x.svg)",
    ],
)
def test_where_nothing_is_linked(text: str) -> None:
    """Code, headings, links, tables, titles, parts of words, other words, and terms that are ordinary words."""
    assert links(text) == []


def test_order_of_reading_and_what_stands_around() -> None:
    """Terms before, in and after an element are linked in their places."""
    text = "One **image** and a vDSO, then\n\n- a dump, *again a dump*."
    assert [shown for shown, _ in links(text)] == ["image", "vDSO", "dump"]


def test_chinese() -> None:
    """Chinese terms are found within a sentence, the longest first, and not inside other words."""
    assert links("先预转储，再转储，核心转储除外，vDSO 与镜像。", "zh") == [
        ("预转储", "../glossary.md#预转储"),
        ("转储", "../glossary.md#转储"),
        ("vDSO", "../glossary.md#vdso"),
        ("镜像", "../glossary.md#镜像"),
    ]


@pytest.mark.parametrize(
    ("page", "count"),
    [("articles/a.md", 1), ("concepts/01-a.md", 1), ("reports/onboarding.md", 1)]
    + [(name, 0) for name in ("index.md", "articles/index.md", "glossary.md", "reports/weekly/2026-W48.md")],
)
def test_which_pages(page: str, count: int) -> None:
    """Articles and chapters, nothing else."""
    assert len(links("A dump.", page=page)) == count


def test_nothing_without_a_glossary() -> None:
    """An empty glossary links nothing."""
    assert link_terms([], "en") == []
