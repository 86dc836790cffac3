"""Making the index of a base, which the cache keeps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from criukb.match.index import GRAM, STEP, Index

if TYPE_CHECKING:
    from criukb.match.compiled import CompiledEntry


def build_index(entries: Sequence[CompiledEntry]) -> Index:
    """Index all signatures of ``entries``."""
    rows = [(e, s) for e, entry in enumerate(entries) for s in range(len(entry.signatures))]
    texts = [_words(entries[e].signatures[s].pattern.longest) for e, s in rows]
    word_counts = Counter(word for words in texts for word in words)
    gram_counts = Counter(gram for word in word_counts for gram in _grams(word))
    found: dict[str, dict[str, list[int]]] = {}
    always: list[int] = []
    for (entry, signature), words in zip(rows, texts, strict=True):
        number = entry * STEP + signature
        if words:
            word = min(words, key=lambda word: (word_counts[word], -len(word), word))
            gram = min(_grams(word), key=lambda gram: (gram_counts[gram], gram))
            found.setdefault(gram, {}).setdefault(word, []).append(number)
        else:
            always.append(number)
    grams = {gram: "\n".join(_row(*word) for word in sorted(by.items())) for gram, by in sorted(found.items())}
    patterns = [p for entry in entries for s in entry.signatures for p in s.patterns]
    info = {p.longest for p in patterns if p.level == "info" and p.longest}
    # A shorter text, such as a colon, would be found in every line of a log with times.
    tools = {p.longest for p in patterns if p.level == "tool" and len(p.longest) > GRAM}
    return Index(grams, tuple(always), tuple(sorted(info)), tuple(sorted(tools)))


def _row(word: str, numbers: Sequence[int]) -> str:
    return " ".join([word, *map(str, numbers)])


def _words(text: str) -> set[str]:
    """Return the words that are long enough; what stands between words may be reflowed."""
    return {word for word in text.split() if len(word) >= GRAM}


def _grams(word: str) -> set[str]:
    return {word[start : start + GRAM] for start in range(len(word) - GRAM + 1)}


def required_text(regex: str) -> str:
    """Return the longest word that every match of ``regex`` contains; empty when that is hard to tell."""
    from re import _parser  # type: ignore[attr-defined] # noqa: PLC0415 - only when the base is compiled

    try:
        parsed = _parser.parse(regex)
    except (re.error, OverflowError, RecursionError):
        return ""  # RE2 knows a few things that Python does not
    if parsed.state.flags & re.IGNORECASE:
        return ""
    return max(re.split(r"[\s\0]+", _fixed(parsed, _parser)), key=len, default="")


def _fixed(parsed: Any, names: Any) -> str:
    """Return the characters that stand in every match, with a NUL wherever something may vary."""
    out = ""
    for kind, value in parsed:
        if kind is names.LITERAL:
            out += chr(value)
        elif kind is names.SUBPATTERN and not value[1] and not value[2]:
            out += _fixed(value[3], names)
        else:
            out += "" if kind is names.AT else "\0"
    return out
