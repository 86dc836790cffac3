"""Checks of the prose: placeholders, Chinese typography, glossary, HTML; of entries, chapters, areas and glossary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from criukb.errors import Place
from criukb.kb.base import EntryFolder
from criukb.kb.langs import LANGS, Lang
from criukb.kb.model import Term
from criukb.kb.prose import placeholders
from criukb.lint.check import Check, Finding
from criukb.lint.texts import CODE_MARK, Piece, concept_texts, entry_texts, page_texts, prose_lines

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_LINK_TARGET = re.compile(r"\]\([^)]*\)|https?://\S+")
_HAN = r"\u3400-\u9fff"
_FULL = "，。：；？！（）「」《》、"
_TOUCHING = re.compile(rf"[{_HAN}][A-Za-z0-9]|[A-Za-z0-9%][{_HAN}]")
_TOUCHING_CODE = re.compile(rf"[{_HAN}]\x00|\x00[{_HAN}]")
_HALF_PUNCTUATION = re.compile(rf"[{_HAN}][,;:?!]|[,;?!][{_HAN}]")
_SPACE_BY_FULL = re.compile(rf"[{_FULL}] +[{_HAN}A-Za-z0-9]|[{_HAN}A-Za-z0-9] +[{_FULL}]")
_BOLD_BY_FULL = re.compile(rf"[{_FULL}]\*\*(?=\S)|(?<=\S)\*\*[{_FULL}]")
_RELEASE_AND_LATER = re.compile(r"\d\.\d+(?:\.\d+)? ?(?:及|或)?(?:以上|更高|更新)")
_HTML = re.compile(r"<(?:[a-zA-Z][\w-]*(?:\s[^<>]*)?|/[a-zA-Z][\w-]*)>|<!--")


class _TextCheck(Check):
    """A check of each piece of text by itself, wherever it stands."""

    rule = "KB004"
    hint = ""
    langs: ClassVar[Sequence[Lang]] = ("zh",)

    def faults(self, text: str, lang: Lang) -> Iterable[str]:
        """Yield what is wrong with ``text``, in which inline code is one NUL each."""
        raise NotImplementedError

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Search the texts of an entry."""
        for lang in self.langs:
            yield from self._search(entry_texts(folder, lang), lang)

    def finish(self) -> Iterator[Finding]:
        """Search the chapters, the areas and the glossary."""
        for lang in self.langs:
            yield from self._search(page_texts(self.kb, lang), lang)

    def _search(self, pieces: Iterable[Piece], lang: Lang) -> Iterator[Finding]:
        for place, owner, text in pieces:
            for message in self.faults(text, lang):
                yield self.finding(place, owner, message)


class Placeholders(Check):
    """KB002: every placeholder of the prose is defined in entry.yaml."""

    rule = "KB002"
    hint = "define it under facts, references or diagrams of entry.yaml"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Look every placeholder up."""
        known = {
            "facts": set(folder.entry.facts),
            "refs": {ref.id for ref in folder.entry.references},
            "diagrams": {diagram.id for diagram in folder.entry.diagrams},
        }
        for lang in LANGS:
            for section in folder.prose[lang].sections:
                for space, name in placeholders(section.body):
                    if name not in known[space]:
                        place = Place(folder.prose[lang].path, section.line, 1)
                        yield self.finding(place, folder.id, f"{{{{ {space}.{name} }}}} is not defined")


class UnusedFacts(Check):
    """KB003: every fact and diagram of entry.yaml is used by the prose; what nothing reads grows stale unseen."""

    rule = "KB003"
    hint = "use it in the prose, or delete it"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Compare what is defined with what the English prose uses."""
        used = set(placeholders(folder.prose["en"].text))
        for name in folder.entry.facts:
            if ("facts", name) not in used:
                yield self.finding(folder.document.place(("facts", name)), folder.id, f"fact {name} is never used")
        for index, diagram in enumerate(folder.entry.diagrams):
            if ("diagrams", diagram.id) not in used:
                place = folder.document.place(("diagrams", index))
                yield self.finding(place, folder.id, f"diagram {diagram.id} is never shown")


class ChineseSpacing(_TextCheck):
    """KB004: a half-width space between Chinese and Latin letters, digits or inline code; none beside 全角标点.

    Holds for entries, chapters, areas and the glossary.
    """

    rule = "KB004"
    hint = "write 中文 and Latin with one space between, no space beside full-width punctuation"

    def faults(self, text: str, lang: Lang) -> Iterator[str]:
        """Find the first place of each text."""
        del lang
        plain = _PLACEHOLDER.sub(CODE_MARK, _LINK_TARGET.sub("]", text))
        found = next(filter(None, (p.search(plain) for p in (_TOUCHING, _TOUCHING_CODE, _SPACE_BY_FULL))), None)
        if found:
            around = plain[max(0, found.start() - 8) : found.end() + 8].replace(CODE_MARK, "`…`")
            yield f"spacing at “{around}”"


class ChinesePunctuation(_TextCheck):
    """KB005: Chinese sentences use full-width punctuation."""

    rule = "KB005"
    hint = "use ，；：？！ in Chinese sentences"

    def faults(self, text: str, lang: Lang) -> Iterator[str]:
        """Find the first place of each text."""
        del lang
        found = _HALF_PUNCTUATION.search(_LINK_TARGET.sub("]", text))
        if found:
            yield f"half-width punctuation at “{found[0]}”"


class BoldByPunctuation(_TextCheck):
    """KB006: bold never stands directly against full-width punctuation; CommonMark then shows the asterisks."""

    rule = "KB006"
    hint = "move the punctuation out of reach of **, or drop the bold"

    def faults(self, text: str, lang: Lang) -> Iterator[str]:
        """Find the first place of each text."""
        del lang
        found = _BOLD_BY_FULL.search(text)
        if found:
            yield f"bold against punctuation at “{found[0]}”"


class Glossary(_TextCheck):
    """KB007: the glossary's terms, not their forbidden variants.

    A variant within the term itself, or within a word that the glossary sets apart, is none: 主机 within 宿主机.
    """

    rule = "KB007"
    hint = "use the glossary's term (kb/glossary.yaml)"
    langs = LANGS

    def faults(self, text: str, lang: Lang) -> Iterator[str]:
        """Find each variant once."""
        low = text.lower()
        for term in self.kb.glossary:
            bad = [word for word in getattr(term, f"forbidden_{lang}") if word.lower() in low]
            left = _without(low, term, lang) if bad else ""
            yield from (f"“{word}”: write “{getattr(term, lang)}”" for word in bad if word.lower() in left)


def _without(low: str, term: Term, lang: Lang) -> str:
    """Return ``low`` without the term and the words that are set apart, the longest first."""
    for word in sorted([getattr(term, lang), *getattr(term, f"apart_{lang}")], key=len, reverse=True):
        low = low.replace(word.lower(), CODE_MARK)
    return low


class ChineseReleases(_TextCheck):
    """KB009: a release and all later ones is written 「X 及以后」 in Chinese, never 「X 以上」 or 「X 或更高」.

    「以上」 leaves open whether X itself is meant, and one wording can be searched for.
    """

    rule = "KB009"
    hint = "write “X 及以后”, before a noun “X 及以后的”"

    def faults(self, text: str, lang: Lang) -> Iterator[str]:
        """Find the first place of each text."""
        del lang
        found = _RELEASE_AND_LATER.search(text)
        if found:
            yield f"“{found[0]}”"


class NoHtml(Check):
    """KB008: prose is Markdown without HTML; in entries also without level-1 headings."""

    rule = "KB008"
    hint = "use Markdown; put <words> in backticks"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Search both languages."""
        for lang in LANGS:
            for number, line in prose_lines(folder.prose[lang]):
                if line.startswith("# ") or _HTML.search(line):
                    yield self.finding(
                        Place(folder.prose[lang].path, number, 1), folder.id, f"not allowed: {line[:60]}"
                    )

    def finish(self) -> Iterator[Finding]:
        """Search the chapters."""
        for concept in self.kb.concepts:
            for lang in LANGS:
                for place, owner, line in concept_texts(concept, lang):
                    if _HTML.search(line):
                        yield self.finding(place, owner, f"not allowed: {line[:60]}")
