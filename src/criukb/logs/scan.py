"""Finding the lines that matter in a log of any size, in bounded memory.

Most lines of a -v4 log say nothing about a failure. A search for several texts at once (Teddy, in the Rust crate
aho-corasick) finds those with a level; a vector comparison finds those that do not start as CRIU's lines do. Only they
are decoded. A memory map would count as the process's memory, so the log is read. Once very many lines were found,
what follows is only counted, and of the last cells the last lines are taken: a stream keeps those cells in a ring of
buffers, a file is read there again. Two processes read the halves of a large file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from criukb.logs import cells
from criukb.logs.cells import Cell, Cells
from criukb.logs.finder import Finder, Texts
from criukb.logs.reader import plain_file

if TYPE_CHECKING:
    from criukb.logs.reader import Readable

# Lines are taken from the front until there are so many, or so many characters of them.
FIRST_LINES = 20_000
FIRST_CHARS = 16 * 1024 * 1024
LAST_LINES = 2_000
LAST_BYTES = 8 * 1024 * 1024


class Scan(NamedTuple):
    """The lines that matter as (number from 1, text), how many lines there were, and how many nobody looked at."""

    lines: list[tuple[int, str]]
    total: int
    left_out: int


@dataclass(slots=True)
class Part:
    """What a reader found: the lines of interest as (number in the part, text, place), and how many lines there were.

    The last one of ``lines`` is the first that is too many when it is ``full``.
    """

    lines: list[tuple[int, str, int]] = field(default_factory=list)
    chars: int = 0
    total: int = 0
    full: bool = False

    def add(self, cell: Cell, finder: Finder, texts: Texts) -> None:
        """Take over the lines of ``cell`` that matter, or only count it when there are very many already."""
        if self.full:
            self.total += finder.count(cell)
            return
        starts, count = finder.interesting(cell, texts)
        for number, start in _numbered(cell, finder, starts, self.total + 1):
            text = cell.line(start)
            self.lines.append((number, text, cell.at + start))
            if not _room(len(self.lines) - 1, self.chars):
                self.full = True
                break
            self.chars += len(text)
        self.total += count


def _numbered(cell: Cell, finder: Finder, starts: Sequence[int], number: int) -> Iterator[tuple[int, int]]:
    """Yield number and start of the lines at ``starts``; ``number`` is that of the cell's first line."""
    position = cell.start
    for start in starts:
        number += finder.lines_between(cell, position, start)
        position = start
        yield number, start


def _room(lines: int, chars: int) -> bool:
    return lines < FIRST_LINES and chars < FIRST_CHARS


class Wanted:
    """What to look for in the first cell, and in the others."""

    def __init__(self, texts: Sequence[str], head_texts: Sequence[str], tool_texts: Sequence[str]) -> None:
        self._head = Texts([*texts, *head_texts], tool_texts)
        self.rest = Texts(texts, tool_texts)

    def of(self, cell: Cell) -> Texts:
        """Return the texts for ``cell``."""
        return self.rest if cell.at else self._head


def scan(
    stream: Readable, texts: Sequence[str], head_texts: Sequence[str] = (), tool_texts: Sequence[str] = ()
) -> Scan:
    """Read ``stream`` to its end and return the lines with one of ``texts``, and those without CRIU's time.

    ``head_texts`` are looked for in the first cell only. In a cell most of whose lines stand in a wrapper, which
    says nothing about them, only those with one of ``texts`` or ``tool_texts`` are returned. Of very many lines the
    first FIRST_LINES are kept, and the last LAST_LINES of those in the last LAST_BYTES; a very long line is cut.
    A plain file is read by position, a large one by two processes.
    """
    wanted = Wanted(texts, head_texts, tool_texts)
    place = plain_file(stream)
    if place is None:
        return scan_stream(stream, wanted)
    from criukb.logs.scan_file import scan_file  # noqa: PLC0415 - it builds on this module

    return scan_file(*place, wanted)


def scan_stream(stream: Readable, wanted: Wanted) -> Scan:
    """Search a stream that can be read once."""
    part, finder = Part(), Finder()
    last: deque[Cell] = deque(maxlen=_window())
    cells_of_it = Cells(stream, ring=_window() + 1)
    for cell in cells_of_it:
        part.add(cell, finder, wanted.of(cell))
        last.append(cell)
    return joined([part], cells_of_it.size, wanted, lambda first: (cell for cell in last if cell.number >= first))


def _window() -> int:
    """Return how many cells the last ones are."""
    return max(1, LAST_BYTES // cells.BLOCK)


def joined(parts: Sequence[Part], size: int, wanted: Wanted, cells_from: Callable[[int], Iterable[Cell]]) -> Scan:
    """Return what the parts of a log of ``size`` bytes found; ``cells_from`` gives the cells from a number on again."""
    lines, stop = _first_lines(parts)
    total = sum(part.total for part in parts)
    if stop is None:
        return Scan(lines, total, 0)
    finder, found, number = Finder(), 0, 1
    rows: deque[tuple[int, str]] = deque(maxlen=LAST_LINES)
    for cell in cells_from(max(stop.place // cells.BLOCK, (size - 1) // cells.BLOCK - _window() + 1)):
        starts, count = finder.interesting(cell, wanted.rest)
        late = [start for start in starts if cell.at + start >= stop.place]
        found += len(late)
        rows.extend((n, cell.line(start)) for n, start in _numbered(cell, finder, late[-LAST_LINES:], number))
        number += count
    before = total - number + 1
    left_out = max(0, before - stop.number + 1) + found - len(rows)
    return Scan([*lines, *((before + n, text) for n, text in rows)], total, left_out)


class _Stop(NamedTuple):
    """The first line of interest that is too many: its number, and where in the log it starts."""

    number: int
    place: int


def _first_lines(parts: Sequence[Part]) -> tuple[list[tuple[int, str]], _Stop | None]:
    """Return the lines to keep from the front, and the first one that is too many."""
    lines: list[tuple[int, str]] = []
    chars = before = 0
    for part in parts:
        for number, text, place in part.lines:
            if not _room(len(lines), chars):
                return lines, _Stop(before + number, place)
            lines.append((before + number, text))
            chars += len(text)
        before += part.total
    return lines, None
