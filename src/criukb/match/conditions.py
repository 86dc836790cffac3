"""Conditions of a signature over the other lines of the log and over outer facts."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from criukb.logs.criu import Event
from criukb.match.compiled import Signature
from criukb.match.pattern import Pattern
from criukb.match.result import Outer
from criukb.match.versions import in_range


class Lines:
    """The events that conditions look at, with the answers kept: a log may ask the same question often."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._first: dict[int, int | None] = {}
        self._held: list[Pattern] = []

    def first(self, pattern: Pattern) -> int | None:
        """Return the line of the first event that ``pattern`` matches, or None."""
        key = id(pattern)
        if key not in self._first:
            self._held.append(pattern)  # keeps the id in use while it is a key
            likely = (e for e in self._events if pattern.literal in e.message)
            self._first[key] = next((e.line for e in likely if pattern.captures(e) is not None), None)
        return self._first[key]


def why_not(signature: Signature, event: Event, lines: Lines, outer: Outer) -> str | None:
    """Return the first condition of ``signature`` that does not hold for ``event``, or None when all hold."""
    for pattern in signature.all_of:
        if lines.first(pattern) is None:
            return f"all_of: no line matches {pattern.text}"
    if signature.any_of and all(lines.first(pattern) is None for pattern in signature.any_of):
        return f"any_of: no line matches any of {len(signature.any_of)} patterns"
    for pattern in signature.none_of:
        line = lines.first(pattern)
        if line is not None:
            return f"none_of: line {line} matches {pattern.text}"
    for pattern in signature.before:
        line = lines.first(pattern)
        if line is None or line > event.line:
            return f"before: no earlier line matches {pattern.text}"
    return _outer_fault(signature.when, outer)


def _outer_fault(when: Mapping[str, Any], outer: Outer) -> str | None:
    for name, wanted in sorted(when.items()):
        actual = getattr(outer, name)
        if actual is not None and not _agrees(name, actual, wanted):
            return f"when: {name} is {actual}, wanted {wanted if isinstance(wanted, str) else ', '.join(wanted)}"
    return None


def _agrees(name: str, actual: str, wanted: str | list[str]) -> bool:
    if isinstance(wanted, str):
        return in_range(actual, wanted) is not False
    if name == "test":
        return any(_glob(pattern, actual) for pattern in wanted)
    return actual in wanted


@lru_cache(maxsize=1024)
def _glob(pattern: str, name: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern)
