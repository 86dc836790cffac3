"""Splitting a text into the logs it holds: a zdtm console into its failed records, anything else is one log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from criukb.logs.zdtm_console import Record

CONSOLE_MARK = " Run zdtm/"


class LogPart(NamedTuple):
    """One log within a file: its lines, and the number of lines that stand before it."""

    lines: Sequence[str]
    offset: int = 0
    test: str | None = None
    flavor: str | None = None
    phase: str | None = None

    def line(self, number: int) -> str:
        """Return the line that has ``number`` in the whole file."""
        return self.lines[number - self.offset - 1]


def split_log(lines: Sequence[str]) -> list[LogPart]:
    """Return the failed records of a zdtm console, or the whole text as one part."""
    if not any(CONSOLE_MARK in line for line in lines):
        return [LogPart(lines)]
    return list(split_console(lines)) or [LogPart(lines)]


def split_console(lines: Iterable[str]) -> Iterator[LogPart]:
    """Yield the failed records of a zdtm console of any length."""
    from criukb.logs.zdtm import parse_console  # noqa: PLC0415 - most logs are no consoles
    from criukb.logs.zdtm_console import FAILED  # noqa: PLC0415 - the same

    for record in parse_console(lines).records:
        if record.outcome in FAILED and record.evidence:
            yield _part(record)


def _part(record: Record) -> LogPart:
    return LogPart(record.evidence, record.first_line - 1 + record.rerun, record.test, record.flavor, record.phase)
