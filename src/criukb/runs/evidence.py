"""The lines of a failure from which its diagnosis can be repeated with the same answer, in bounded size.

Nearly every failure is kept whole. Of a larger one the lines go that tell the engine nothing; they stay as empty
lines, because the engine counts lines (an excerpt is read otherwise than a log) and its answer names their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from criukb.logs.criu import HEAD_TEXTS, LEVEL_TEXTS, TEST_TEXTS

MAX_EVIDENCE: Final = 64 * 1024
_MAX_LINE = 4096
# CRIU's levels, what a log says of itself, the tests' complaints, the steps of a zdtm block, and broken pie lines.
_TELLING = (*LEVEL_TEXTS, *HEAD_TEXTS, *TEST_TEXTS, "Run criu ", " FAIL at ", "pie: ", " lost: ", " appeared: ")
_TIMED = re.compile(r"""\s*(?:b['"])?\(\d+\.\d+\)""")


def bounded(lines: Iterable[str], limit: int = MAX_EVIDENCE) -> list[str]:
    """Return ``lines`` with the same numbers and, joined by line ends, at most ``limit`` bytes of UTF-8."""
    encoded = "\n".join(lines).encode("utf-8", "replace")
    if not encoded:
        return []
    text = encoded.decode("utf-8").split("\n")
    return text if len(encoded) <= limit else _chosen(text, limit)


def _chosen(lines: Sequence[str], limit: int) -> list[str]:
    """Fill the room with the telling lines, then those without CRIU's time, then the rest."""
    room = limit - min(len(lines), limit)
    kept: dict[int, str] = {}
    for rank in range(3):
        for index in _from_both_ends([i for i, line in enumerate(lines) if _rank(line) == rank]):
            line = lines[index][:_MAX_LINE]
            size = len(line.encode("utf-8"))
            if size > room:
                break
            room -= size
            kept[index] = line
    return [kept.get(index, "") for index in range(min(len(lines), limit))]


def _rank(line: str) -> int:
    if any(text in line for text in _TELLING):
        return 0
    return 2 if _TIMED.match(line) else 1


def _from_both_ends(indexes: Sequence[int]) -> Iterator[int]:
    """Yield first, last, second, last but one: a cause stands early, a verdict late."""
    for step in range((len(indexes) + 1) // 2):
        yield indexes[step]
        if step != len(indexes) - 1 - step:
            yield indexes[-1 - step]
