"""A log of any size in pieces of whole lines, in bounded memory.

The log is cut at fixed distances: a piece holds the lines that start in one cell of BLOCK bytes. So what a piece holds
does not depend on where reading began, and several readers find what one finds. A cell and all that is computed from
it fit into the processor's cache, where reading and comparing take a quarter of the time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from criukb.logs.reader import Readable

BLOCK = 128 * 1024
MAX_LINE = 64 * 1024
# Read at a time to complete a cell's last line.
AHEAD = 8 * 1024
_NEWLINE = 10


class Cell(NamedTuple):
    """The lines that start in one cell: ``buffer[start:end]``, which ends with a newline.

    ``at`` is where ``buffer`` begins in the log. Valid until the ring of buffers comes round to this one.
    """

    buffer: bytearray
    start: int
    end: int
    at: int

    @property
    def number(self) -> int:
        """The number of the cell from 0; cells in which no line starts count too."""
        return self.at // BLOCK

    def line(self, start: int) -> str:
        """Return the line at ``start``, cut to MAX_LINE bytes."""
        end = self.buffer.index(b"\n", start)
        return self.buffer[start : min(end, start + MAX_LINE)].decode("utf-8", "replace")


class FilePart:
    """The bytes ``at:end`` of an open file as a stream, which leaves the file's own position alone."""

    def __init__(self, descriptor: int, at: int, end: int) -> None:
        self._descriptor = descriptor
        self._at = at
        self._end = end

    def readinto(self, room: memoryview) -> int:
        """Fill ``room`` as far as one read goes; return how many bytes."""
        size = os.preadv(self._descriptor, [room[: max(0, self._end - self._at)]], self._at)
        self._at += size
        return size

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        data = os.pread(self._descriptor, min(size, max(0, self._end - self._at)), self._at)
        self._at += len(data)
        return data


class Cells:
    """The cells of a stream that begins ``at`` in the log, each in the next of ``ring`` buffers.

    ``inside`` says that it begins within a line, the rest of which belongs to an earlier cell. A line that does not
    end before the end of the cell after its own is cut to MAX_LINE bytes.
    """

    def __init__(self, stream: Readable, *, ring: int = 1, at: int = 0, inside: bool = False) -> None:
        self._stream = stream
        self._buffers: list[bytearray] = []
        self._ring = ring
        self._at = at
        self._inside = inside
        self._have = 0
        self._ended = False

    def __iter__(self) -> Iterator[Cell]:
        turn, buffer = 0, self._buffer(0)
        while True:
            limit = BLOCK - self._at % BLOCK
            self._fill(buffer, limit)
            start = self._begin(buffer, min(limit, self._have))
            at, end = self._at, limit
            if start < min(limit, self._have):
                end = self._end(buffer, start, limit)
                rest = self._have - end
                turn += 1
                following = self._buffer(turn)
                kept = bytes(memoryview(buffer)[end : self._have])
                yield Cell(buffer, start, self._closed(buffer, start, limit, end), at)
                buffer = following
                buffer[: len(kept)] = kept
            else:
                rest = self._have - limit
                buffer[: max(rest, 0)] = buffer[limit : self._have]
            self._at, self._have = at + end + min(rest, 0), max(rest, 0)
            if not self._have and self._ended:
                return

    @property
    def size(self) -> int:
        """How far the log was read; its size once the last cell was given."""
        return self._at + self._have

    def _buffer(self, turn: int) -> bytearray:
        if len(self._buffers) < self._ring and turn >= len(self._buffers):
            self._buffers.append(bytearray(2 * BLOCK + 1))
        return self._buffers[turn % self._ring]

    def _fill(self, buffer: bytearray, wanted: int) -> None:
        """Read on until ``buffer`` holds ``wanted`` bytes, or the stream ends."""
        readinto = getattr(self._stream, "readinto", None)
        while self._have < wanted and not self._ended:
            if readinto is not None:
                with memoryview(buffer)[self._have : wanted] as room:
                    size = int(readinto(room))
            else:
                data = self._stream.read(wanted - self._have)
                size = len(data)
                buffer[self._have : self._have + size] = data
            self._have += size
            self._ended = not size

    def _begin(self, buffer: bytearray, limit: int) -> int:
        """Return where the first line that starts in the cell starts; ``limit`` when none does."""
        if not self._inside:
            return 0
        cut = buffer.find(b"\n", 0, limit)
        self._inside = cut < 0
        return limit if cut < 0 else cut + 1

    def _end(self, buffer: bytearray, start: int, limit: int) -> int:
        """Return where the last line that starts in the cell ends, or how much of an endless line was read."""
        searched = max(start, limit - 1)
        while True:
            found = buffer.find(b"\n", searched, self._have)
            if found >= 0:
                return found + 1
            if self._ended or self._have >= limit + BLOCK:
                self._inside = not self._ended
                return self._have
            searched = self._have
            self._fill(buffer, min(self._have + min(AHEAD, BLOCK), limit + BLOCK))

    @staticmethod
    def _closed(buffer: bytearray, start: int, limit: int, end: int) -> int:
        """End the last line with a newline where it has none, and cut it where it is endless."""
        if buffer[end - 1] == _NEWLINE:
            return end
        if end >= limit + BLOCK:
            last = max(start, buffer.rfind(b"\n", start, limit) + 1)
            end = min(end, last + min(MAX_LINE, BLOCK))
        buffer[end] = _NEWLINE
        return end + 1
