"""Finding the lines that matter in a log of any size, in bounded memory.

Most lines of a -v4 log say nothing about a failure. A search for several texts at once (Teddy, in the Rust crate
aho-corasick) finds those with a level; a vector comparison finds those that do not start as CRIU's lines do. Only they
are decoded. Reading goes through a ring of buffers: a memory map would count as the process's memory. Once very many
lines were found, what follows is only counted, until it is known which blocks are the last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from criukb.logs.reader import Readable

BLOCK = 1024 * 1024
MAX_LINE = 64 * 1024
FIRST_LINES = 20_000
LAST_LINES = 2_000
LAST_BLOCKS = 8
# So few lines without CRIU's time are looked for one by one; more are gathered at once.
SPARSE = 256
_NEWLINE, _OPEN = 10, 40
# Comparing in pieces keeps the result in the processor's cache.
_PIECE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Scan:
    """The lines that matter as (number from 1, text), how many lines there were, and how many nobody looked at."""

    lines: list[tuple[int, str]]
    total: int
    left_out: int


def scan(
    stream: Readable, texts: Sequence[str], head_texts: Sequence[str] = (), tool_texts: Sequence[str] = ()
) -> Scan:
    """Read ``stream`` to its end and return the lines with one of ``texts``, and those without CRIU's time.

    ``head_texts`` are looked for in the first block only. In a block most of whose lines stand in a wrapper, which
    says nothing about them, only those with one of ``texts`` or ``tool_texts`` are returned. Of very many lines the
    first FIRST_LINES are kept, and the last LAST_LINES of those in the last LAST_BLOCKS blocks; a line longer than a
    block is cut to MAX_LINE bytes.
    """
    head = _Searchers([*texts, *head_texts], tool_texts)
    rest = _Searchers(texts, tool_texts)
    keeper = _Keeper()
    for index, block in enumerate(_Blocks(stream)):
        keeper.add(block, rest if index else head)
    return keeper.result(rest)


class _Searchers:
    """What is looked for in a plain block, and in one of wrapped lines; each is made when it is first needed."""

    def __init__(self, texts: Sequence[str], tool_texts: Sequence[str]) -> None:
        self._texts = texts
        self._tool_texts = tool_texts

    @cached_property
    def plain(self) -> Any:
        """Finds the texts."""
        return _searcher(self._texts)

    @cached_property
    def wrapped(self) -> Any:
        """Finds the texts, and those of the lines of tools."""
        return _searcher([*self._texts, *self._tool_texts])


def _searcher(texts: Sequence[str]) -> Any:
    import ahocorasick_rs  # noqa: PLC0415 - only large logs need it

    # Leftmost matching is what lets the crate use its vector search.
    kind = ahocorasick_rs.MatchKind.LeftmostLongest
    return ahocorasick_rs.BytesAhoCorasick([text.encode() for text in dict.fromkeys(texts)], matchkind=kind)


class _Blocks:
    """Pieces of whole lines of a stream, each in the next buffer of a ring; an endless line comes cut."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        # The last ones, which may be waiting, the one that is looked at, and the one that is filled.
        self._ring: list[bytearray] = []

    def _buffer(self, turn: int) -> bytearray:
        size = LAST_BLOCKS + 2
        if len(self._ring) < size and turn >= len(self._ring):
            self._ring.append(bytearray(2 * BLOCK + 1))
        return self._ring[turn % size]

    def _read(self, buffer: bytearray, at: int) -> int:
        """Read at most BLOCK bytes into ``buffer`` from ``at`` on; return how many."""
        readinto = getattr(self._stream, "readinto", None)
        if readinto is not None:
            with memoryview(buffer)[at : at + BLOCK] as room:
                return int(readinto(room))
        data = self._stream.read(BLOCK)
        buffer[at : at + len(data)] = data
        return len(data)

    def __iter__(self) -> Iterator[_Block]:
        buffer, tail, turn = self._buffer(0), 0, 0
        skipping = False
        while size := self._read(buffer, tail):
            end = tail + size
            if skipping:
                cut = buffer.find(b"\n", tail, end)
                if cut < 0:
                    continue
                buffer[tail : tail + end - cut] = buffer[cut:end]
                end, skipping = tail + end - cut, False
            last = buffer.rfind(b"\n", 0, end) + 1
            tail = end - last
            if last:
                turn += 1
                following = self._buffer(turn)
                following[:tail] = buffer[last:end]
                yield _Block(buffer, last)
                buffer = following
            if tail >= BLOCK:
                tail, skipping = min(MAX_LINE, BLOCK), True
        if tail:
            buffer[tail] = _NEWLINE
            yield _Block(buffer, tail + 1)


class _Block:
    """Whole lines at the start of a shared buffer, valid until the ring comes round to it."""

    def __init__(self, buffer: bytearray, size: int) -> None:
        import numpy as np  # noqa: PLC0415 - only large logs need it

        self._np = np
        self._buffer = buffer
        self.size = size
        self._data = np.frombuffer(buffer, dtype=np.uint8, count=size)

    def interesting(self, searchers: _Searchers) -> list[int]:
        """Return where the lines of interest start, ascending, each once."""
        found = self._unprefixed()
        wrapped = len(found) >= SPARSE and 2 * len(found) > self.count()
        searcher = searchers.wrapped if wrapped else searchers.plain
        with memoryview(self._buffer)[: self.size] as view:
            matches = searcher.find_matches_as_indexes(view)
        found = set() if wrapped else found
        after = 0
        for _, start, _ in matches:
            if start >= after:
                found.add(self._buffer.rfind(b"\n", 0, start) + 1)
                after = self._buffer.index(b"\n", start)
        return sorted(found)

    def _unprefixed(self) -> set[int]:
        """Return where lines start that begin neither with CRIU's time nor with ``pi`` (of pie) nor are empty."""
        np, data = self._np, self._data
        flags = bytearray(self.size)
        others = np.frombuffer(flags, dtype=bool)
        np.not_equal(data[1:], _OPEN, out=others[:-1])
        others[:-1] &= data[:-1] == _NEWLINE
        others[:-1] &= data[1:] != _NEWLINE
        found = [-1] if self._buffer[0] != _OPEN else []
        position = -1
        while len(found) < SPARSE and (position := flags.find(1, position + 1)) >= 0:
            found.append(position)
        ends = found if len(found) < SPARSE else np.append(np.flatnonzero(others), found[:1])
        starts = np.asarray(ends, dtype=np.int64) + 1
        first, second = data[starts], data[np.minimum(starts + 1, self.size - 1)]
        pie = (first == ord("p")) & (second == ord("i"))
        return set(starts[(first != _NEWLINE) & ~pie].tolist())

    def count(self, start: int = 0, end: int | None = None) -> int:
        """Return the number of lines that end in ``start:end``."""
        end = self.size if end is None else end
        if end - start < _PIECE:
            return self._buffer.count(b"\n", start, end)
        np, flags, total = self._np, self._np.empty(_PIECE, dtype=bool), 0
        for at in range(start, end, _PIECE):
            piece = self._data[at : min(at + _PIECE, end)]
            total += int(np.count_nonzero(np.equal(piece, _NEWLINE, out=flags[: len(piece)])))
        return total

    def line(self, start: int) -> str:
        """Return the line at ``start``, cut to MAX_LINE bytes."""
        end = self._buffer.index(b"\n", start)
        return self._buffer[start : min(end, start + MAX_LINE)].decode("utf-8", "replace")


class _Keeper:
    """Keeps the first lines at once, and the last blocks until it is known that they are the last."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._last: deque[tuple[int, _Block, int]] = deque()  # lines before the block, and where in it to go on
        self._total = 0
        self._left_out = 0

    def add(self, block: _Block, searchers: _Searchers) -> None:
        """Take over the lines of ``block`` that matter, or the block itself when there are very many already."""
        room, rest = FIRST_LINES - len(self._lines), 0
        if room > 0:
            starts = block.interesting(searchers)
            self._take(self._total, block, starts[:room])
            rest = starts[room] if len(starts) > room else block.size
        if rest < block.size:
            self._last.append((self._total, block, rest))
        if len(self._last) > LAST_BLOCKS:
            _, dropped, position = self._last.popleft()
            self._left_out += dropped.count(position)
        self._total += block.count()

    def _take(self, before: int, block: _Block, starts: list[int]) -> None:
        number, position = before, 0
        for start in starts:
            number += block.count(position, start)
            position = start
            self._lines.append((number + 1, block.line(start)))

    def result(self, searchers: _Searchers) -> Scan:
        """Return what was kept, in order."""
        room = LAST_LINES
        chosen: list[tuple[int, _Block, list[int]]] = []
        for before, block, position in reversed(self._last):
            starts = [start for start in block.interesting(searchers) if start >= position]
            kept = starts[max(0, len(starts) - room) :]
            room -= len(kept)
            self._left_out += len(starts) - len(kept)
            chosen.append((before, block, kept))
        for before, block, kept in reversed(chosen):
            self._take(before, block, kept)
        return Scan(self._lines, self._total, self._left_out)
