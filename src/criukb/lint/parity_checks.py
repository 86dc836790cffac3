"""Checks that both languages say the same, and that neither is older than the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from criukb.errors import Place
from criukb.kb.base import EntryFolder
from criukb.kb.langs import LANGS
from criukb.kb.prose import placeholders, visible_lines
from criukb.lint.check import Check, Finding
from criukb.lint.pairs import read_pairs, states

_FENCES = re.compile(r"^ {0,8}(```+|~~~+)(.*?)^ {0,8}\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s#]*)(?:#[^)]*)?\)")
_MARKS = ("# ", "## ", "### ", "#### ", "??? ", "!!! ")


class Parity(Check):
    """KB001: en.md and zh.md have the same structure.

    Each section has the same number of level-3 headings and diagrams, the same code blocks and links, and uses the same
    facts and references in both languages, so that a reader of either learns the same.
    """

    rule = "KB001"
    hint = "bring both languages to the same structure"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Compare section by section."""
        en, zh = folder.prose["en"], folder.prose["zh"]
        for one, other in zip(en.sections, zh.sections, strict=True):
            for what, left, right in _compare(one.body, other.body):
                message = f"{other.heading}: {what} differ: en {left}, zh {right}"
                yield self.finding(Place(zh.path, other.line, 1), folder.id, message)


class ChapterParity(Check):
    """KB019: the chapters of kb/concepts have the same structure in both languages.

    Both files are there; headings of each level, folded answers and notes, code blocks and links are the same.
    """

    rule = "KB019"
    hint = "bring both languages to the same structure"

    def finish(self) -> Iterator[Finding]:
        """Compare every chapter."""
        for concept in self.kb.concepts:
            place = Place(concept.path / "zh.md", 1, 1)
            for lang in set(LANGS) - set(concept.texts):
                yield self.finding(place, concept.slug, f"{lang}.md is missing")
            if set(LANGS) <= set(concept.texts):
                for what, left, right in _compare(concept.texts["en"], concept.texts["zh"]):
                    yield self.finding(place, concept.slug, f"{what} differ: en {left}, zh {right}")


def _compare(en: str, zh: str) -> Iterator[tuple[str, object, object]]:
    """Yield (what, English, Chinese) for all that differs; of lists the first member that does."""
    for mark in _MARKS:
        counts = tuple(sum(line.lstrip().startswith(mark) for _, line in visible_lines(text)) for text in (en, zh))
        if counts[0] != counts[1]:
            yield f"numbers of “{mark.strip()}”", counts[0], counts[1]
    lists = (
        ("code blocks", _blocks(en), _blocks(zh)),
        ("links", sorted(_LINK.findall(en)), sorted(_LINK.findall(zh))),
        ("facts and references", _names(en), _names(zh)),
    )
    for what, left, right in lists:
        if left != right:
            both = zip(left, right, strict=False)
            at = next((i for i, (a, b) in enumerate(both) if a != b), min(len(left), len(right)))
            yield what, _shown(left, at), _shown(right, at)


def _shown(rows: list[str], at: int) -> str:
    return repr(rows[at][:60]) if at < len(rows) else "nothing"


def _names(text: str) -> list[str]:
    return sorted({f"{space}.{name}" for space, name in placeholders(text)})


def _blocks(text: str) -> list[str]:
    # Comments in a code block may be translated; the commands may not.
    blocks = (re.sub(r"#.*", "", found[2]) for found in _FENCES.finditer(text))
    return [" ".join(block.split()) for block in blocks]


class Fresh(Check):
    """KB030: neither language is older than the other: both have the digests under which they were signed as a pair.

    kb/pairs.yaml holds a digest of each side of an entry (its prose and its texts in entry.yaml) and of a chapter.
    When one side has changed since, the other is stale: read it again, mend it or not, then sign the pair with
    `criukb kb sign ID`. Who signs says that both say the same.
    """

    rule = "KB030"
    hint = "read both languages side by side, then run: criukb kb sign ID"

    def finish(self) -> Iterator[Finding]:
        """Compare the digests."""
        for pair, state in states(self.kb, read_pairs(self.kb)):
            if state != "fresh":
                found = self.finding(Place(pair.place, 1, 1), pair.id, _SAID[state])
                yield found if state in {"en", "zh"} else replace(found, severity="warning")


_SAID = {
    "en": "en.md changed since the pair was signed: the Chinese may be stale",
    "zh": "zh.md changed since the pair was signed: the English may be stale",
    "both": "both languages changed since the pair was signed",
    "unsigned": "the pair was never signed",
}
