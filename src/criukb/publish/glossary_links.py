"""A Markdown extension: the first occurrence of each glossary term in an article or chapter leads to its row.

Never inside code, headings, tables, links or titles. It runs before MkDocs resolves and checks the links.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from markdown.extensions import Extension
from markdown.extensions.toc import unique
from markdown.treeprocessors import Treeprocessor
from pymdownx.slugs import slugify

from criukb.publish.markdown import plain

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from markdown import Markdown

    from criukb.kb.langs import Lang
    from criukb.kb.model import Term

PAGE = "glossary.md"
_PAGES = re.compile(r"(?:articles|concepts)/(?!index\.md\Z)[^/]+\.md\Z|reports/onboarding\.md\Z")
_SKIPPED = frozenset({"a", "code", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table", "summary", "img", "svg"})
_TITLE = "admonition-title"


def link_terms(glossary: Iterable[Term], lang: Lang) -> list[dict[str, Any]]:
    """Return the option ``terms`` of the extension: word, anchor, tooltip, and the longer words that are no terms.

    The anchors are those of the glossary page, whose headings stand in the order of the English terms.
    """
    taken: set[str] = set()
    rows = []
    for term in sorted(glossary, key=lambda one: one.en.lower()):
        word: str = getattr(term, lang)
        anchor = unique(slugify(case="lower")(plain(word), "-"), taken)
        if term.linked:
            tip = term.definition.get(lang)
            rows.append({"word": word, "anchor": anchor, "tip": tip, "apart": list(getattr(term, f"apart_{lang}"))})
    return rows


class Linker:
    """Links the terms of one page; ``target`` is the glossary's address as seen from there."""

    def __init__(self, terms: Sequence[dict[str, Any]], target: str) -> None:
        self._terms = {term["word"].lower(): term for term in terms}
        apart = {word.lower() for term in terms for word in term["apart"]}
        self._search = _pattern([*self._terms, *apart])
        self._target = target
        self._done: set[str] = set()

    def walk(self, element: Element) -> None:
        """Link terms in ``element`` and below, in the order of reading."""
        lead, links = self._split(element, element.text)
        children = list(element)
        if links:
            element.text = lead
            element[:0] = links
        for child in children:
            if child.tag not in _SKIPPED and child.get("class") != _TITLE:
                self.walk(child)
            lead, links = self._split(element, child.tail)
            if links:
                child.tail = lead
                after = list(element).index(child) + 1
                element[after:after] = links

    def _split(self, element: Element, text: str | None) -> tuple[str, list[Element]]:
        """Return the text before the first link, and the links, each with the text after it as its tail."""
        lead, links, last = "", list["Element"](), 0
        for found in self._search.finditer(text or ""):
            term = self._terms.get(found["word"].lower())
            if term is None or term["word"] in self._done or text is None:
                continue
            self._done.add(term["word"])
            before, last = text[last : found.start()], found.end()
            if links:
                links[-1].tail = before
            else:
                lead = before
            links.append(self._link(element, term, found[0]))
        if links and text is not None:
            links[-1].tail = text[last:]
        return lead, links

    def _link(self, element: Element, term: dict[str, Any], text: str) -> Element:
        attributes = {"href": f"{self._target}#{term['anchor']}", "class": "term", "title": term["tip"]}
        link = element.makeelement("a", attributes)
        link.text = text
        return link


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the words, longest first: Latin ones whole and also in the plural, Chinese ones anywhere."""
    parts = []
    for word in sorted(words, key=lambda one: (-len(one), one)):
        before = r"(?<![A-Za-z0-9_-])" if word[0].isascii() else ""
        after = r"s?(?![A-Za-z0-9_-])" if word[-1].isascii() else ""
        parts.append((before, re.escape(word), after))
    if not parts:
        return re.compile(r"(?P<word>(?!))")
    either = "|".join(f"{before}{word}(?={after})" for before, word, after in parts)
    return re.compile(rf"(?P<word>{either})(?:s(?![A-Za-z0-9_-]))?", re.IGNORECASE)


class _Links(Treeprocessor):  # type: ignore[misc]  # Markdown ships no types
    """Runs the linker on the pages that it is for; MkDocs tells through its own step which page it is."""

    def __init__(self, md: Markdown, terms: Sequence[dict[str, Any]]) -> None:
        super().__init__(md)
        self.terms = terms

    def run(self, root: Element) -> None:
        """Link the terms of one page."""
        steps = self.md.treeprocessors
        page = steps["relpath"].file.src_uri if "relpath" in steps else ""
        if self.terms and _PAGES.fullmatch(page):
            Linker(self.terms, posixpath.relpath(PAGE, posixpath.dirname(page))).walk(root)


class GlossaryExtension(Extension):  # type: ignore[misc]  # Markdown ships no types
    """The option ``terms`` is what ``link_terms`` returns; the site's build fills it in."""

    def __init__(self, **kwargs: Any) -> None:
        self.config = {"terms": [[], "the glossary's terms of the site's language"]}
        super().__init__(**kwargs)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Register the step: after the text is parsed, before dangerous links are refused and others resolved."""
        md.treeprocessors.register(_Links(md, self.getConfig("terms")), "criukb_glossary", 14.5)


def makeExtension(**kwargs: Any) -> GlossaryExtension:  # noqa: N802 - the entry point that Markdown looks for
    """Make the extension with the options of the site's configuration."""
    return GlossaryExtension(**kwargs)
