"""A line that a pattern matches, made from the pattern: for telling which of two patterns takes it."""

from __future__ import annotations

import errno
import os

from criukb.logs.criu import Event
from criukb.match.pattern import Pattern, Test
from criukb.match.printf import render

_SAMPLES = {"int": "7", "hex": "0x7", "oct": "7", "str": "something"}
_FREE_ERRNO = "Some error"


def example(pattern: Pattern) -> Event | None:
    """Return an event that ``pattern`` matches, or None for a tool's line and for conditions that need a search."""
    if pattern.format is None:
        return None
    values = [_value(pattern, name, kind) for name, kind in zip(pattern.names, pattern.types, strict=True)]
    if None in values:
        return None
    texts = [value for value in values if value is not None]
    tail = ""
    if pattern.types[-1:] == ("errno",):
        tail = f": {texts.pop()}"
    event = Event(1, pattern.level, render(pattern.format, texts) + tail, pattern.file, 1)
    return event if pattern.captures(event) is not None else None


def _value(pattern: Pattern, name: str, kind: str) -> str | None:
    text = _FREE_ERRNO if kind == "errno" else _SAMPLES[kind]
    for test in (test for test in pattern.tests if test.capture == name):
        made = _satisfying(test, text)
        if made is None:
            return None
        text = _strerror(made) if kind == "errno" else made
    return text


def _satisfying(test: Test, text: str) -> str | None:
    value = test.value[0] if isinstance(test.value, tuple) and test.value else test.value
    made = {
        "equals": str(value),
        "any_of": str(value),
        "prefix": f"{value}{text}",
        "suffix": f"{text}{value}",
        "contains": f"{text}{value}{text}",
        "min": str(value),
        "max": str(value),
        "none_of": text,
    }
    return made.get(test.op)


def _strerror(name: str) -> str:
    code = getattr(errno, name, None)
    return os.strerror(code) if code is not None else name
