"""Checks of the prose: parity of the languages, placeholders, Chinese typography, glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from criukb.errors import Place
from criukb.kb.base import EntryFolder
from criukb.kb.model import LANGS, Lang
from criukb.kb.prose import Prose, placeholders, visible_lines
from criukb.lint.check import Check, Finding

_CODE = re.compile(r"`+[^`]*`+")
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_LINK_TARGET = re.compile(r"\]\([^)]*\)|https?://\S+")
_HAN = r"\u3400-\u9fff"
_FULL = "，。：；？！（）「」《》、"
_TOUCHING = re.compile(rf"[{_HAN}][A-Za-z0-9]|[A-Za-z0-9%][{_HAN}]")
_TOUCHING_CODE = re.compile(rf"[{_HAN}]\x00|\x00[{_HAN}]")
_HALF_PUNCTUATION = re.compile(rf"[{_HAN}][,;:?!]|[,;?!][{_HAN}]")
_SPACE_BY_FULL = re.compile(rf"[{_FULL}] +[{_HAN}A-Za-z0-9]|[{_HAN}A-Za-z0-9] +[{_FULL}]")
_BOLD_BY_FULL = re.compile(rf"[{_FULL}]\*\*(?=\S)|(?<=\S)\*\*[{_FULL}]")
_HTML = re.compile(r"<(?:[a-zA-Z][\w-]*(?:\s[^<>]*)?|/[a-zA-Z][\w-]*)>|<!--")
_FENCES = re.compile(r"^(```+|~~~+)(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


def _lines(prose: Prose) -> Iterator[tuple[int, str]]:
    """Yield (line number, text) of the visible prose, inline code replaced by one NUL character."""
    for section in prose.sections:
        for number, line in visible_lines(section.body):
            yield section.body_line + number - 1, _CODE.sub("\x00", line)


def _texts(folder: EntryFolder, lang: Lang) -> Iterator[tuple[Place, str]]:
    """Yield every piece of text in ``lang``: the prose line by line, and the texts of entry.yaml."""
    prose = folder.prose[lang]
    for number, line in _lines(prose):
        yield Place(prose.path, number, 1), line
    yield from _yaml_texts(folder, lang)


def _yaml_texts(folder: EntryFolder, lang: Lang) -> Iterator[tuple[Place, str]]:
    document = folder.document
    for key, place in document.places.items():
        if key and key[-1] == lang:
            value = document.data
            for part in key:
                value = value[part]
            if isinstance(value, str):
                yield place, _CODE.sub("\x00", value)


class Parity(Check):
    """KB001: en.md and zh.md have the same structure.

    Each section has the same number of level-3 headings and diagrams, the same code blocks, and uses the same facts
    and references in both languages, so that a reader of either learns the same.
    """

    rule = "KB001"
    hint = "bring both languages to the same structure"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Compare section by section."""
        en, zh = folder.prose["en"], folder.prose["zh"]
        for one, other in zip(en.sections, zh.sections, strict=True):
            for what, left, right in self._compare(one.body, other.body):
                message = f"{other.heading}: {what} differ: en {left}, zh {right}"
                yield self.finding(Place(zh.path, other.line, 1), folder.id, message)

    @staticmethod
    def _compare(en: str, zh: str) -> Iterator[tuple[str, object, object]]:
        pairs = (
            ("level-3 headings", _count(en, "### "), _count(zh, "### ")),
            ("code blocks", _blocks(en), _blocks(zh)),
            ("facts and references", sorted(set(placeholders(en))), sorted(set(placeholders(zh)))),
        )
        yield from ((what, left, right) for what, left, right in pairs if left != right)


def _count(text: str, start: str) -> int:
    return sum(line.startswith(start) for _, line in visible_lines(text))


def _blocks(text: str) -> list[str]:
    # Comments in a code block may be translated; the commands may not.
    blocks = (re.sub(r"#.*", "", found[2]) for found in _FENCES.finditer(text))
    return [" ".join(block.split())[:60] for block in blocks]


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


class ChineseSpacing(Check):
    """KB004: a half-width space between Chinese and Latin letters, digits or inline code; none beside 全角标点."""

    rule = "KB004"
    hint = "write 中文 and Latin with one space between, no space beside full-width punctuation"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Search every Chinese text."""
        for place, text in _texts(folder, "zh"):
            plain = _PLACEHOLDER.sub("\x00", _LINK_TARGET.sub("]", text))
            for pattern in (_TOUCHING, _TOUCHING_CODE, _SPACE_BY_FULL):
                found = pattern.search(plain)
                if found:
                    around = plain[max(0, found.start() - 8) : found.end() + 8].replace("\x00", "`…`")
                    yield self.finding(place, folder.id, f"spacing at “{around}”")
                    break


class ChinesePunctuation(Check):
    """KB005: Chinese sentences use full-width punctuation."""

    rule = "KB005"
    hint = "use ，；：？！ in Chinese sentences"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Search every Chinese text."""
        for place, text in _texts(folder, "zh"):
            found = _HALF_PUNCTUATION.search(_LINK_TARGET.sub("]", text))
            if found:
                yield self.finding(place, folder.id, f"half-width punctuation at “{found[0]}”")


class BoldByPunctuation(Check):
    """KB006: bold never stands directly against full-width punctuation; CommonMark then shows the asterisks."""

    rule = "KB006"
    hint = "move the punctuation out of reach of **, or drop the bold"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Search every Chinese text."""
        for place, text in _texts(folder, "zh"):
            found = _BOLD_BY_FULL.search(text)
            if found:
                yield self.finding(place, folder.id, f"bold against punctuation at “{found[0]}”")


class Glossary(Check):
    """KB007: the glossary's terms, not their forbidden variants."""

    rule = "KB007"
    hint = "use the glossary's term (kb/glossary.yaml)"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Search both languages for forbidden variants."""
        for lang in LANGS:
            bad = [(word, term) for term in self.kb.glossary for word in getattr(term, f"forbidden_{lang}")]
            for place, text in _texts(folder, lang):
                low = text.lower()
                for word, term in bad:
                    if word.lower() in low:
                        message = f"“{word}”: write “{getattr(term, lang)}”"
                        yield self.finding(place, folder.id, message)


class NoHtml(Check):
    """KB008: prose is Markdown without HTML and without level-1 headings."""

    rule = "KB008"
    hint = "use Markdown; put <words> in backticks"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Search both languages."""
        for lang in LANGS:
            for number, line in _lines(folder.prose[lang]):
                if line.startswith("# ") or _HTML.search(line):
                    yield self.finding(
                        Place(folder.prose[lang].path, number, 1), folder.id, f"not allowed: {line[:60]}"
                    )
