"""Finding the lines that matter in a log of any size, in bounded memory.

Most lines of a -v4 log say nothing about a failure. A search for several texts at once (Teddy, in the Rust crate
aho-corasick) finds those with a level; a vector comparison finds those that do not start as CRIU's lines do. Only they
are decoded. Reading goes through one fixed buffer: a memory map would count as the process's memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

BLOCK = 1024 * 1024
MAX_LINE = 64 * 1024
FIRST_LINES = 10_000
LAST_LINES = 2_000
PENDING_BLOCKS = 16
_NEWLINE, _OPEN = 10, 40


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The lines that matter as (number from 1, text), and how many lines there were and how many were left out."""

    lines: list[tuple[int, str]]
    total: int
    left_out: int


def scan(stream: Readable, texts: Sequence[str], head_texts: Sequence[str] = ()) -> Scan:
    """Read ``stream`` to its end and return the lines with one of ``texts``, and those without CRIU's time.

    ``head_texts`` are looked for in the first block only. Of very many lines the first FIRST_LINES and about the last
    LAST_LINES are kept; a line longer than a block is cut to MAX_LINE bytes.
    """
    searchers = (_searcher([*texts, *head_texts]), _searcher(texts))
    keeper = _Keeper()
    for index, block in enumerate(_Blocks(stream)):
        keeper.add(block, block.interesting(searchers[min(index, 1)]))
    return keeper.result()


def _searcher(texts: Sequence[str]) -> Any:
    import ahocorasick_rs  # noqa: PLC0415 - only large logs need it

    # Leftmost matching is what lets the crate use its vector search.
    kind = ahocorasick_rs.MatchKind.LeftmostLongest
    return ahocorasick_rs.BytesAhoCorasick([text.encode() for text in dict.fromkeys(texts)], matchkind=kind)


class _Blocks:
    """Pieces of whole lines of a stream, one after the other in the same buffer; an endless line comes cut."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._buffer = bytearray(2 * BLOCK + 1)

    def __iter__(self) -> Iterator[_Block]:
        buffer, tail = self._buffer, 0
        skipping = False
        while data := self._stream.read(BLOCK):
            if skipping:
                cut = data.find(b"\n")
                if cut < 0:
                    continue
                data, skipping = data[cut:], False
            buffer[tail : tail + len(data)] = data
            end = tail + len(data)
            last = buffer.rfind(b"\n", 0, end) + 1
            if last:
                yield _Block(buffer, last)
            buffer[: end - last] = buffer[last:end]
            tail = end - last
            if tail >= BLOCK:
                tail, skipping = min(MAX_LINE, BLOCK), True
        if tail:
            buffer[tail] = _NEWLINE
            yield _Block(buffer, tail + 1)


class _Block:
    """Whole lines at the start of a shared buffer, valid until the next block is read."""

    def __init__(self, buffer: bytearray, size: int) -> None:
        import numpy as np  # noqa: PLC0415 - only large logs need it

        self._np = np
        self._buffer = buffer
        self._size = size
        self._data = np.frombuffer(buffer, dtype=np.uint8, count=size)

    @cached_property
    def _newlines(self) -> Any:
        return self._data == _NEWLINE

    def interesting(self, searcher: Any) -> list[int]:
        """Return where the lines of interest start, ascending, each once."""
        with memoryview(self._buffer)[: self._size] as view:
            matches = searcher.find_matches_as_indexes(view)
        found = {self._buffer.rfind(b"\n", 0, start) + 1 for _, start, _ in matches}
        found.update(self._unprefixed())
        return sorted(found)

    def _unprefixed(self) -> list[int]:
        """Return where lines start that begin neither with CRIU's time nor with ``pi`` (of pie) nor are empty."""
        np, data = self._np, self._data
        starts = np.flatnonzero(self._newlines[:-1] & (data[1:] != _OPEN)) + 1
        if data[0] != _OPEN:
            starts = np.concatenate((np.zeros(1, dtype=starts.dtype), starts))
        second = data[np.minimum(starts + 1, self._size - 1)]
        pie = (data[starts] == ord("p")) & (second == ord("i"))
        wanted: list[int] = starts[~pie & (data[starts] != _NEWLINE)].tolist()
        return wanted

    def count(self, start: int = 0, end: int | None = None) -> int:
        """Return the number of lines that end in ``start:end``."""
        return int(self._np.count_nonzero(self._newlines[start:end]))

    def line(self, start: int) -> str:
        """Return the line at ``start``, cut to MAX_LINE bytes."""
        end = self._buffer.index(b"\n", start)
        return self._buffer[start : min(end, start + MAX_LINE)].decode("utf-8", "replace")

    def copy(self) -> _Block:
        """Return the same block in a buffer of its own."""
        return _Block(self._buffer[: self._size], self._size)


class _Keeper:
    """Keeps the first lines that were found at once, and the last blocks until it is known that they are the last."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._pending: deque[tuple[int, _Block, list[int]]] = deque()
        self._total = 0
        self._left_out = 0

    def add(self, block: _Block, starts: list[int]) -> None:
        """Take over the lines of ``block`` that begin at ``starts``."""
        room = FIRST_LINES - len(self._lines)
        if room > 0:
            self._take(self._total, block, starts[:room])
        if starts[max(room, 0) :]:
            self._pending.append((self._total, block.copy(), starts[max(room, 0) :]))
            self._drop()
        self._total += block.count()

    def _drop(self) -> None:
        found = sum(len(starts) for _, _, starts in self._pending)
        while len(self._pending) > 1 and (
            found - len(self._pending[0][2]) >= LAST_LINES or len(self._pending) > PENDING_BLOCKS
        ):
            dropped = len(self._pending.popleft()[2])
            found -= dropped
            self._left_out += dropped

    def _take(self, before: int, block: _Block, starts: list[int]) -> None:
        number, position = before, 0
        for start in starts:
            number += block.count(position, start)
            position = start
            self._lines.append((number + 1, block.line(start)))

    def result(self) -> Scan:
        """Return what was kept, in order."""
        for before, block, starts in self._pending:
            kept = starts[-LAST_LINES:]
            self._left_out += len(starts) - len(kept)
            self._take(before, block, kept)
        return Scan(self._lines, self._total, self._left_out)
