"""Compiled patterns: plain data that a cache can hold, and the matching of one event."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from criukb.logs.criu import MAX_LINE, Event
from criukb.match.errnos import errno_name

Captures = dict[str, str | int]

_LEVELS = {"pr_err": "error", "pr_perror": "error", "pr_warn": "warn"}


def quiet_options() -> Any:
    """Return RE2's options for patterns from strangers: bounded memory, nothing written to stderr."""
    options: Any = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    return options


@lru_cache(maxsize=4096)
def _regex(source: str) -> Any:
    return re2.compile(source, quiet_options())


class Test(NamedTuple):
    """One condition on a capture: ``op`` is a field of ``criukb.kb.model.Condition``."""

    capture: str
    op: str
    value: str | int | tuple[str, ...]

    def holds(self, captures: Captures) -> bool:
        """Whether the captured value satisfies the condition; a capture that is not there does not."""
        actual = captures.get(self.capture)
        return actual is not None and _OPERATORS[self.op](actual, self.value)

    def __str__(self) -> str:
        return f"{self.capture} {self.op} {self.value!r}"


def _same(actual: str | int, wanted: Any) -> bool:
    if isinstance(actual, int):
        try:
            return actual == int(str(wanted), 0)
        except ValueError:
            return False
    return bool(actual == wanted)


def _in_range(actual: str | int, limit: Any, *, low: bool) -> bool:
    if not isinstance(actual, int):
        return False
    return actual >= int(limit) if low else actual <= int(limit)


_OPERATORS: dict[str, Callable[[str | int, Any], bool]] = {
    "equals": _same,
    "any_of": lambda actual, wanted: any(_same(actual, value) for value in wanted),
    "none_of": lambda actual, wanted: not any(_same(actual, value) for value in wanted),
    "prefix": lambda actual, wanted: str(actual).startswith(str(wanted)),
    "suffix": lambda actual, wanted: str(actual).endswith(str(wanted)),
    "contains": lambda actual, wanted: str(wanted) in str(actual),
    "regex": lambda actual, wanted: _regex(str(wanted)).search(str(actual)) is not None,
    "min": lambda actual, limit: _in_range(actual, limit, low=True),
    "max": lambda actual, limit: _in_range(actual, limit, low=False),
}


class Pattern(NamedTuple):
    """A compiled pattern. ``level`` is error, warn, info or tool; ``weight`` counts its fixed characters.

    ``longest`` is its longest fixed text and ``literal`` that text's longest word, which survives reflowed blanks.
    """

    level: str
    file: str | None
    regex: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    literal: str
    longest: str
    weight: int
    tests: tuple[Test, ...]
    text: str
    format: str | None = None

    def captures(self, event: Event) -> Captures | None:
        """Return the captures when ``event`` matches format, file and conditions, else None.

        A line without CRIU's prefix may be a message that somebody pasted bare, so formats are tried on it too.
        Of a message longer than the grammar gives, only the first MAX_LINE characters are looked at: RE2 is linear,
        but with a large factor where a pattern has many ways to go on.
        """
        message = event.message[:MAX_LINE]
        if not self._candidate(event, message):
            return None
        found = _regex(self.regex).search(message)
        if found is None:
            return None
        values = self._values(found)
        return values if all(test.holds(values) for test in self.tests) else None

    def _candidate(self, event: Event, message: str) -> bool:
        if self.level not in {"tool", event.level} and event.level != "tool":
            return False
        if self.file is not None and event.file is not None and not same_file(self.file, event.file):
            return False
        return self.literal in message

    def _values(self, found: Any) -> Captures:
        if self.level == "tool":
            return {name: value for name, value in sorted(found.groupdict().items()) if value is not None}
        return {
            name: _typed(text or "", kind)
            for name, kind, text in zip(self.names, self.types, found.groups(), strict=True)
        }


def _typed(text: str, kind: str) -> str | int:
    if kind == "errno":
        return errno_name(text)
    if kind == "str":
        return text
    base = {"int": 10, "oct": 8, "hex": 16}[kind]
    try:
        return int(text, base)
    except ValueError:
        return text


def same_file(one: str, other: str) -> bool:
    """Whether two source paths name the same file: the shorter one is the tail of the longer one."""
    first, second = one.split("/"), other.split("/")
    shorter = min(len(first), len(second))
    return first[-shorter:] == second[-shorter:]


def call_level(call: str) -> str:
    """Return the level that a CRIU print call shows: error, warn, or info for those that print none."""
    return _LEVELS.get(call, "info")


def check_regex(source: str) -> str | None:
    """Return what RE2 dislikes about ``source``, or None."""
    try:
        _regex(source)
    except re2.error as error:
        return str(error)
    return None
