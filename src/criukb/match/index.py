"""Which signatures a line may match, found without asking each: the size of the base must not matter.

Every pattern has a word that a matching line must contain. Of that word's four-letter pieces the rarest one is its key;
the pieces of a line then name the few patterns to try.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from criukb.match.compiled import CompiledEntry

GRAM = 4


@dataclass(frozen=True, eq=False)
class Index:
    """Signatures as (number of the entry, number of its signature), found by a piece of their text.

    ``always`` are those without a text long enough; ``info`` are the texts of patterns for lines without a level,
    conditions included.
    """

    rows: Sequence[Sequence[int]]
    grams: dict[str, list[int]]
    always: Sequence[int]
    info: Sequence[str]

    def find(self, message: str) -> list[Sequence[int]]:
        """Return the signatures that ``message`` may match, in the base's order."""
        grams = self.grams
        found = set(self.always)
        if len(message) - GRAM < len(grams):
            for start in range(len(message) - GRAM + 1):
                found.update(grams.get(message[start : start + GRAM], ()))
        else:
            for gram, numbers in grams.items():
                if gram in message:
                    found.update(numbers)
        return [self.rows[number] for number in sorted(found)]


def build_index(entries: Sequence[CompiledEntry]) -> Index:
    """Index all signatures of ``entries``."""
    rows = [(e, s) for e, entry in enumerate(entries) for s in range(len(entry.signatures))]
    literals = [entries[e].signatures[s].pattern.literal for e, s in rows]
    counts = Counter(gram for literal in literals for gram in _grams(literal))
    grams: dict[str, list[int]] = {}
    always: list[int] = []
    for number, literal in enumerate(literals):
        pieces = sorted(_grams(literal), key=lambda gram: (counts[gram], gram))
        (grams.setdefault(pieces[0], []) if pieces else always).append(number)
    patterns = [p for entry in entries for s in entry.signatures for p in s.patterns]
    info = sorted({p.longest for p in patterns if p.level == "info" and p.longest})
    return Index(tuple(rows), dict(sorted(grams.items())), tuple(always), tuple(info))


def _grams(text: str) -> set[str]:
    return {text[start : start + GRAM] for start in range(len(text) - GRAM + 1)}


def required_text(regex: str) -> str:
    """Return the longest word that every match of ``regex`` contains; empty when that is hard to tell."""
    from re import _parser  # type: ignore[attr-defined] # noqa: PLC0415 - only when the base is compiled

    try:
        parsed = _parser.parse(regex)
    except (re.error, OverflowError, RecursionError):
        return ""  # RE2 knows a few things that Python does not
    if parsed.state.flags & re.IGNORECASE:
        return ""
    text = "".join(chr(value) if kind is _parser.LITERAL else "\0" for kind, value in parsed)
    return max(re.split(r"[\s\0]+", text), key=len, default="")
