"""Splitting a text into the logs it holds: a zdtm console into its failed records, anything else is one log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from criukb.logs.zdtm import parse_console
from criukb.logs.zdtm_console import Record

_FAILED = ("fail", "aborted", "timeout")


@dataclass(frozen=True, slots=True)
class LogPart:
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
    if not any(" Run zdtm/" in line for line in lines):
        return [LogPart(lines)]
    records = [r for r in parse_console(lines).records if r.outcome in _FAILED and r.evidence]
    return [_part(record) for record in records] or [LogPart(lines)]


def _part(record: Record) -> LogPart:
    return LogPart(record.evidence, record.first_line - 1 + record.rerun, record.test, record.flavor, record.phase)
