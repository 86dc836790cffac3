"""What is known of an error that no entry knows: its call in the source, its release, its nearest entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from criukb.catalogue.literals import canonical, loose_parts, sample
from criukb.catalogue.model import Call, Catalogue
from criukb.match.compiled import CompiledBase
from criukb.match.diagnose import mask
from criukb.match.versions import version_key

MAX_MESSAGE = 1000
# A format such as "%d" would fit anything.
MIN_FIXED = 6
MIN_SIMILARITY = 0.5
_MAX_COMPARED = 200
_SHORTLIST = 25
_WORD = re.compile(r"[A-Za-z_]{2,}")


@dataclass(frozen=True, slots=True)
class Near:
    """An entry whose pattern resembles a message. It is a neighbour to look at, never an answer."""

    id: str
    similarity: float
    pattern: str


def narrow(pairs: Iterable[tuple[str, int]], catalogues: Sequence[Catalogue]) -> list[tuple[str, int, int]]:
    """Return (release, hits, total) for each catalogue, best first: how many pairs are Error or Warn calls there.

    A pair is a source file and a line as CRIU printed them. Releases with equal hits stand newest first.
    """
    asked = sorted(set(pairs))
    rows = [(c.release, sum(_is_call(file, line, c) for file, line in asked), len(asked)) for c in catalogues]
    rows.sort(key=lambda row: (version_key(row[0]) or (), row[0]), reverse=True)
    return sorted(rows, key=lambda row: -row[1])


def _is_call(file: str, line: int, catalogue: Catalogue) -> bool:
    return any(c.line <= line <= c.last_line for c in catalogue.in_file(file))


def describe(file: str | None, line: int | None, message: str, catalogue: Catalogue) -> Call | None:
    """Return the call that printed ``message``, or None.

    The format decides; among several that fit the longest, then the nearest to ``line``.
    If none fits, the call that stands at ``file``:``line``, which is right only for the very release of the log.
    """
    text = " ".join(message[:MAX_MESSAGE].split())
    # Only CRIU's own file tells apart the short texts that many files share.
    calls = catalogue.in_file(file) if file else ()
    fitting = [call for call in calls if _fixed(call.printed) >= MIN_FIXED and _fits(call, text)]
    if fitting:
        return max(fitting, key=lambda call: (_fixed(call.printed), -abs(call.line - (line or call.line)), -call.line))
    if line is None:
        return None
    return next((c for c in calls if c.line <= line <= c.last_line), None)


def fits(call: Call, message: str) -> bool:
    """Whether ``message`` can have been printed by ``call``, with or without its LOG_PREFIX."""
    return _fits(call, " ".join(message.split()))


def _fits(call: Call, text: str) -> bool:
    if "\n" in call.printed:
        return any(_fits_line(call.prefix, line, text) for line in call.printed.split("\n") if line.strip())
    return _fits_line(call.prefix, call.printed, text)


def _fits_line(prefix: str, printed: str, text: str) -> bool:
    head, parts, longest = _needed(prefix, printed)
    if longest not in text:
        return False
    if head and text.startswith(head):
        text = text[len(head) :].lstrip()
    return _in_order(text, parts)


@lru_cache(maxsize=65536)
def _needed(prefix: str, printed: str) -> tuple[str, tuple[str, ...], str]:
    """Return the prefix and the fixed texts as a line shows them, and the longest text, which must be in the line."""
    parts = _parts(printed)
    return canonical(prefix), parts, max((part.strip() for part in parts), key=len)


def _in_order(text: str, parts: tuple[str, ...]) -> bool:
    """Whether ``text`` is ``parts`` with anything between them: each is sought once, left to right."""
    if len(parts) == 1:
        return text == parts[0].strip()
    first, last = parts[0].lstrip(), parts[-1].rstrip()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in parts[1:-1]:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


@lru_cache(maxsize=65536)
def _parts(fmt: str) -> tuple[str, ...]:
    return tuple(loose_parts(fmt))


def _fixed(fmt: str) -> int:
    return sum(len(part) for part in _parts(fmt))


def nearest(message: str, base: CompiledBase, n: int = 3) -> list[Near]:
    """Return at most ``n`` entries whose patterns resemble ``message``, most alike first, one row per entry."""
    text = mask(message)[:_MAX_COMPARED]
    words = set(_WORD.findall(text.lower()))
    rows = [(len(words & known), entry, fmt, masked) for entry, fmt, masked, known in _texts(base)]
    rows.sort(key=lambda row: (-row[0], row[1], row[2]))
    best: dict[str, Near] = {}
    for common, entry, fmt, masked in rows[:_SHORTLIST]:
        ratio = round(SequenceMatcher(None, text, masked, autojunk=False).ratio(), 3)
        if common and ratio >= MIN_SIMILARITY and (entry not in best or ratio > best[entry].similarity):
            best[entry] = Near(entry, ratio, fmt)
    return sorted(best.values(), key=lambda near: (-near.similarity, near.id))[:n]


@lru_cache(maxsize=4)
def _texts_of(patterns: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str, str, frozenset[str]], ...]:
    rows = []
    for entry, fmt in patterns:
        masked = mask(sample(fmt))[:_MAX_COMPARED]
        rows.append((entry, fmt, masked, frozenset(_WORD.findall(masked.lower()))))
    return tuple(rows)


def _texts(base: CompiledBase) -> tuple[tuple[str, str, str, frozenset[str]], ...]:
    found = [(e.id, s.pattern.format) for e in base.entries if e.kind != "noise" for s in e.signatures]
    return _texts_of(tuple(sorted({(entry, fmt) for entry, fmt in found if fmt})))
