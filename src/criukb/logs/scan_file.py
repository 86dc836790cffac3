"""Searching a plain file by position: again where it has to be looked at twice, and with two threads when it is large.

Reading and searching happen outside of Python's lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice, zip_longest
from threading import Thread

from criukb.logs import cells
from criukb.logs.cells import Cell, Cells, FilePart
from criukb.logs.finder import Finder, numpy
from criukb.logs.scan import Part, Scan, Wanted, joined

# A file of this size is read by two threads.
PARALLEL = 64 * 1024 * 1024


def scan_file(descriptor: int, offset: int, wanted: Wanted, count: int | None = None) -> Scan:
    """Search an open regular file from ``offset`` on, in ``count`` threads; None lets its size decide."""
    size = max(0, os.fstat(descriptor).st_size - offset)
    count = count or (2 if size >= PARALLEL and len(os.sched_getaffinity(0)) > 1 else 1)
    edges = sorted({size * n // count // cells.BLOCK * cells.BLOCK for n in range(count)})
    readers = [_Reader(descriptor, offset, at, end, wanted) for at, end in zip_longest(edges, edges[1:])]
    parts = _read_all(readers)
    places = [at for part in parts for at, _ in part.cells]

    def last(number: int) -> Iterable[Cell]:
        return islice(_cells(descriptor, offset, places[-number]), number)

    return joined(parts, Finder(), wanted, last)


def _cells(descriptor: int, offset: int, at: int) -> Cells:
    inside = at > 0 and os.pread(descriptor, 1, offset + at - 1) != b"\n"
    return Cells(FilePart(descriptor, offset + at), at=at, inside=inside)


class _Reader(Thread):
    """Searches the cells of a file from ``at`` to ``end``."""

    def __init__(self, descriptor: int, offset: int, at: int, end: int | None, wanted: Wanted) -> None:
        super().__init__(daemon=True)
        self._place = descriptor, offset, at
        self._end = end
        self._wanted = wanted
        self.part = Part()
        self.fault: Exception | None = None
        self.stopped = False

    def run(self) -> None:
        """Search until the end, or until somebody sets ``stopped``."""
        try:
            finder = Finder()
            for cell in _cells(*self._place):
                if self.stopped or (self._end is not None and cell.at >= self._end):
                    return
                self.part.add(cell, finder, self._wanted.of(cell))
        except Exception as error:  # noqa: BLE001 - it belongs to the thread that asked, which raises it
            self.fault = error


def _read_all(readers: Sequence[_Reader]) -> list[Part]:
    """Run the readers, the first of them here; raise what one of them raised."""
    numpy()  # an import in two threads would wait for itself
    for reader in readers[1:]:
        reader.start()
    try:
        readers[0].run()
        if readers[0].part.full:
            for reader in readers[1:]:
                reader.part.full = True  # its lines come too late: it only has to count
        for reader in readers[1:]:
            reader.join()
    finally:
        for reader in readers:
            reader.stopped = True
    for reader in readers:
        if reader.fault:
            raise reader.fault
    return [reader.part for reader in readers]
