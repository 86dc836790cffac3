"""Searching a plain file by position: again where it has to be looked at twice, and in two processes when it is large.

Threads gain nothing here: the libraries keep Python's lock for pieces that fit into the cache.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from criukb.logs import cells
from criukb.logs.cells import Cells, FilePart
from criukb.logs.finder import Finder, numpy
from criukb.logs.scan import Part, Scan, Wanted, joined

# A file of this size is read by two processes.
PARALLEL = 64 * 1024 * 1024
_FIELDS = ("lines", "chars", "total", "full")


class Log(NamedTuple):
    """A log of ``size`` bytes from ``offset`` on in an open file; what is written to it later is not looked at."""

    descriptor: int
    offset: int
    size: int

    def part(self, at: int, end: int) -> FilePart:
        """Return the bytes ``at:end`` as a stream."""
        return FilePart(self.descriptor, self.offset + at, self.offset + end)

    def cells(self, at: int) -> Cells:
        """Return the cells from the edge ``at`` on."""
        inside = at > 0 and self.part(at - 1, at).read(1) != b"\n"
        return Cells(self.part(at, self.size), at=at, inside=inside)


def scan_file(descriptor: int, offset: int, wanted: Wanted, count: int | None = None) -> Scan:
    """Search an open regular file from ``offset`` on, in ``count`` processes; None lets its size decide."""
    log = Log(descriptor, offset, max(0, os.fstat(descriptor).st_size - offset))
    count = count or (2 if log.size >= PARALLEL and _may_fork() else 1)
    edges = sorted({log.size * n // count // cells.BLOCK * cells.BLOCK for n in range(count)})
    parts = _read_all(log, [*zip(edges, [*edges[1:], log.size], strict=True)], wanted)
    return joined(parts, log.size, wanted, lambda first: log.cells(first * cells.BLOCK))


def _may_fork() -> bool:
    """Whether there is a processor to spare, and no other thread, which might hold a lock that a copy never gets."""
    try:
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - a number, no paths
    except OSError:
        return False
    return threads == 1 and len(os.sched_getaffinity(0)) > 1


def _read_all(log: Log, ranges: Sequence[tuple[int, int]], wanted: Wanted) -> list[Part]:
    """Read the first range here and each other one in a copy of this process, or here when the copy got lost."""
    numpy()
    copies = [_Copy(log, at, end, wanted) for at, end in ranges[1:]]
    try:
        parts = [read_part(log, *ranges[0], wanted)]
        for copy, (at, end) in zip(copies, ranges[1:], strict=True):
            parts.append(copy.part() or read_part(log, at, end, wanted))
    finally:
        for copy in copies:
            copy.end()
    return parts


def read_part(log: Log, at: int, end: int, wanted: Wanted) -> Part:
    """Search the lines that start in ``at:end``, both at the edge of a cell or at the end of the log."""
    finder, part = Finder(), Part()
    for cell in log.cells(at):
        if cell.at >= end:
            break
        if part.full:
            part.total += _count(log.part(cell.at + cell.start, end - 1), finder)
            break
        part.add(cell, finder, wanted.of(cell))
    return part


def _count(stream: FilePart, finder: Finder) -> int:
    """Return the number of lines that start in a stream, which begins with one: each newline makes a further one."""
    buffer, lines = bytearray(cells.BLOCK), 1
    with memoryview(buffer) as room:
        while size := stream.readinto(room):
            lines += finder.newlines(buffer, 0, size)
    return lines


class _Copy:
    """A copy of this process that reads one part and sends what it found through a pipe."""

    def __init__(self, log: Log, at: int, end: int, wanted: Wanted) -> None:
        reading, writing = os.pipe()
        self._process = os.fork()
        if not self._process:
            _run_copy(writing, log, at, end, wanted)
        os.close(writing)
        self._reading = os.fdopen(reading, "rb")

    def part(self) -> Part | None:
        """Return what the copy found; None when it ended before it was done."""
        data = self._reading.read()
        try:
            row: dict[str, Any] = marshal.loads(data)  # noqa: S302 - from our own copy, through a pipe of our own
        except (EOFError, ValueError, TypeError):
            return None
        return Part(**row)

    def end(self) -> None:
        """End the copy if it still runs."""
        self._reading.close()
        os.kill(self._process, 9)
        os.waitpid(self._process, 0)


def _run_copy(writing: int, log: Log, at: int, end: int, wanted: Wanted) -> None:
    """Do a copy's work and end; nothing of the program that was copied may go on, whatever happens."""
    try:
        part = read_part(log, at, end, wanted)
        with os.fdopen(writing, "wb") as stream:
            marshal.dump({name: getattr(part, name) for name in _FIELDS}, stream)
    finally:
        os._exit(0)
