"""However long a message is, a pattern looks at a bounded part of it; measured by what it reads, not by a clock."""

from __future__ import annotations

from typing import Any

import pytest

from criukb.logs.criu import MAX_LINE, Event
from criukb.match import pattern as module
from criukb.match.pattern import Pattern
from kblogs import diagnoser_of_the_base

MEGABYTE = 1_000_000
# States of RE2's program; each character costs at most this many steps.
MAX_PROGRAM = 4000


class Recorder:
    """Stands for a compiled regular expression and notes the length of every text that it is asked to search."""

    def __init__(self, inner: Any, lengths: list[int]) -> None:
        self._inner = inner
        self._lengths = lengths

    def search(self, text: str) -> Any:
        """Search ``text`` as RE2 does."""
        self._lengths.append(len(text))
        return self._inner.search(text)


def all_patterns() -> list[Pattern]:
    entries = diagnoser_of_the_base().base.entries
    return list(dict.fromkeys(p for entry in entries for s in entry.signatures for p in s.patterns))


def hostile(pattern: Pattern) -> list[str]:
    """Return messages of a megabyte that begin as the pattern wants and then go on and on."""
    text = pattern.longest or pattern.literal
    return [text + tail * (MEGABYTE // len(tail)) for tail in (" ", ": ", "a: ", "1", f"{text} 1 0x1 '/\") ")]


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list of the lengths of all texts that RE2 searches."""
    found: list[int] = []
    real = module._regex
    monkeypatch.setattr(module, "_regex", lambda source: Recorder(real(source), found))
    return found


def test_every_pattern_looks_at_a_bounded_part(lengths: list[int]) -> None:
    """No pattern of the base searches more than MAX_LINE characters of a message of 1 MB, its conditions included."""
    patterns = all_patterns()
    for pattern in patterns:
        for message in hostile(pattern):
            pattern.captures(Event(1, pattern.level, message, file=pattern.file))
    assert max(lengths) <= MAX_LINE
    assert len(lengths) >= len(patterns)  # the bound was put to the test


def test_every_program_is_small() -> None:
    """The other factor of the work, the size of the compiled pattern, is bounded too."""
    sizes = {pattern.text: module._regex(pattern.regex).programsize for pattern in all_patterns()}
    assert {text: size for text, size in sizes.items() if size > MAX_PROGRAM} == {}


def test_captures_from_a_long_message() -> None:
    """A message that matches within its first part is still matched, however long its blanks go on."""
    pattern = next(p for p in all_patterns() if p.format == "Unable to open fd=%d id=%#x")
    message = "Unable to open fd=5 id=0x9" + " " * MEGABYTE
    assert pattern.captures(Event(1, "error", message, file=pattern.file)) == {"fd": 5, "id": 9}
