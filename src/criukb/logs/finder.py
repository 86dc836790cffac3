"""Which lines of a cell matter: those that hold one of the texts, and those that do not start as CRIU's do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

from criukb.logs import cells
from criukb.logs.cells import Cell

# In a wrapped log most lines do not begin as CRIU's do; fewer than this say nothing about a cell.
MIN_WRAPPED = 64
# The vector search of the crate takes so many texts; beyond, one automaton is faster than many searches.
MAX_VECTOR, MAX_SEARCHES = 60, 4
_NEWLINE, _OPEN = 10, 40


class Texts:
    """What is looked for in a plain cell, and in one of wrapped lines; each is made when it is first needed."""

    def __init__(self, texts: Sequence[str], tool_texts: Sequence[str]) -> None:
        self._texts = texts
        self._tool_texts = tool_texts

    @cached_property
    def plain(self) -> Any:
        """Finds the texts."""
        return _searchers(self._texts)

    @cached_property
    def wrapped(self) -> Any:
        """Finds the texts, and those of the lines of tools."""
        return _searchers([*self._texts, *self._tool_texts])


def _searchers(texts: Sequence[str]) -> Any:
    import ahocorasick_rs as crate  # noqa: PLC0415 - only large logs need it

    wanted = sorted({text.encode() for text in texts})
    size = MAX_VECTOR if len(wanted) <= MAX_VECTOR * MAX_SEARCHES else len(wanted)
    # Leftmost matching is what lets the crate use its vector search; a DFA is the fastest of the others.
    kind, dfa = crate.MatchKind.LeftmostLongest, crate.Implementation.DFA
    groups = [wanted[at : at + size] for at in range(0, len(wanted), size)]
    return [crate.BytesAhoCorasick(group, matchkind=kind, implementation=dfa) for group in groups]


class Finder:
    """Finds the lines that matter in one cell after the other. It keeps room for its work."""

    def __init__(self) -> None:
        self._np = numpy()
        self._newlines = self._np.empty(2 * cells.BLOCK + 1, dtype=bool)
        self._others = self._np.empty(2 * cells.BLOCK + 1, dtype=bool)

    def newlines(self, buffer: bytearray, start: int, end: int) -> int:
        """Return the number of newlines in ``buffer[start:end]``, at most two cells."""
        np = self._np
        data = np.frombuffer(buffer, dtype=np.uint8, count=end - start, offset=start)
        return int(np.count_nonzero(np.equal(data, _NEWLINE, out=self._newlines[: end - start])))

    def count(self, cell: Cell) -> int:
        """Return the number of lines of ``cell``, which lines_between then looks at."""
        return self.newlines(cell.buffer, cell.start, cell.end)

    def lines_between(self, cell: Cell, first: int, last: int) -> int:
        """Return the number of lines that end in ``first:last`` of the cell that was counted or searched last."""
        return int(self._np.count_nonzero(self._newlines[first - cell.start : last - cell.start]))

    def interesting(self, cell: Cell, texts: Texts) -> tuple[list[int], int]:
        """Return where the lines of interest start, ascending, each once, and the number of all lines."""
        total = self.count(cell)
        others = self._unprefixed(cell)
        wrapped = len(others) >= MIN_WRAPPED and 2 * len(others) > total
        found: set[int] = set() if wrapped else set(others.tolist())
        with memoryview(cell.buffer)[cell.start : cell.end] as view:
            matches = [
                searcher.find_matches_as_indexes(view) for searcher in (texts.wrapped if wrapped else texts.plain)
            ]
        for rows in matches:
            after = cell.start
            for _, at, _ in rows:
                if (start := cell.start + at) >= after:
                    found.add(max(cell.start, cell.buffer.rfind(b"\n", cell.start, start) + 1))
                    after = cell.buffer.index(b"\n", start)
        return sorted(found), total

    def _unprefixed(self, cell: Cell) -> Any:
        """Return where lines start that begin neither with CRIU's time nor with ``pi`` (of pie) nor are empty."""
        np, size = self._np, cell.end - cell.start
        data = np.frombuffer(cell.buffer, dtype=np.uint8, count=size, offset=cell.start)
        others = np.equal(data[1:], _OPEN, out=self._others[: size - 1])
        # A line ends here (true), and what follows is no bracket (false).
        np.greater(self._newlines[: size - 1], others, out=others)
        starts = np.flatnonzero(others) + 1
        if data[0] != _OPEN:
            starts = np.append(0, starts)
        first, second = data[starts], data[np.minimum(starts + 1, size - 1)]
        pie = (first == ord("p")) & (second == ord("i"))
        return starts[(first != _NEWLINE) & ~pie] + cell.start


@cache
def numpy() -> Any:
    """Return numpy, imported without the threads of its linear algebra, which cost more than all that is done here."""
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = before or "1"
    import numpy as np  # noqa: PLC0415 - only large logs need it

    if before is None:
        del os.environ[name]
    return np
