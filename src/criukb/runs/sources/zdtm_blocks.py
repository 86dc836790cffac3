"""Blocks of zdtm's console that a report quotes for each failed test: its flavors, its step and its evidence."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from criukb.logs.zdtm import Console, Record, parse_console
from criukb.logs.zdtm_lines import FLAVORS
from criukb.runs.expected import missing_results
from criukb.runs.parsed import ParsedResult
from criukb.runs.schema import FAILED

NO_VERDICT = "died without a verdict"


@dataclass(frozen=True, slots=True)
class Block:
    """What a report says of one failed test: the line of its verdict, its flavor, and the console it quotes.

    ``start`` is the place of the first quoted line in the report, from 1; None when the report escapes the text.
    """

    test: str
    line: int
    flavor: str | None = None
    lines: tuple[str, ...] = ()
    start: int | None = None


def quotes_console(lines: Sequence[str]) -> bool:
    """Whether ``lines`` hold the console of a zdtm test."""
    return any(line.startswith("=") and " Run " in line and " in " in line for line in lines)


def block_results(blocks: Sequence[Block], invocation: int = 1) -> list[tuple[ParsedResult, ...]]:
    """Return the results of each block, in order: at least one of them failed.

    All blocks are read as one console, so that flavors which no test reached are known from the others.
    """
    parsed = _Parsed(blocks)
    return [
        tuple(replace(result, invocation=invocation) for result in _results(block, parsed, index))
        for index, block in enumerate(blocks)
    ]


class _Parsed:
    """The records of all blocks, by the number of their block."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.starts: list[int] = []
        lines: list[str] = []
        for block in blocks:
            self.starts.append(len(lines) + 1)
            lines += block.lines
        console = parse_console(lines)
        self.records: dict[int, list[Record]] = defaultdict(list)
        for record in console.records:
            self.records[self._block(record.first_line)].append(record)
        self.missing = self._missing(console)

    def _block(self, line: int) -> int:
        return bisect_right(self.starts, line) - 1

    def _missing(self, console: Console) -> dict[int, list[str | None]]:
        found: dict[int, list[str | None]] = defaultdict(list)
        for missing in missing_results(console):
            found[self._block(missing.line)].append(missing.flavor)
        return found


def _results(block: Block, parsed: _Parsed, index: int) -> Iterator[ParsedResult]:
    records = [r for r in parsed.records[index] if r.test == block.test]
    yield from (_result(record, block, parsed.starts[index]) for record in records)
    if not any(record.outcome in FAILED for record in records):
        yield _verdict(block)
    for flavor in parsed.missing[index]:
        yield ParsedResult(block.test, "not-run", flavor, first_line=block.line)


def _result(record: Record, block: Block, offset: int) -> ParsedResult:
    return ParsedResult(
        test=record.test,
        outcome=record.outcome,
        flavor=record.flavor,
        phase=record.phase,
        step=record.step,
        first_line=block.line if block.start is None else block.start + record.first_line - offset,
        evidence=record.evidence,
    )


def _verdict(block: Block) -> ParsedResult:
    """Return the failure that the report states and its quoted console does not show."""
    named = block.flavor in FLAVORS
    return ParsedResult(
        test=block.test,
        outcome="fail" if named or block.flavor is None else "aborted",
        flavor=block.flavor if named else None,
        step=None if named or block.flavor is None else NO_VERDICT,
        first_line=block.line,
        evidence=block.lines,
    )


def numbered(results: Iterable[ParsedResult]) -> list[ParsedResult]:
    """Give each repetition of a test in a flavor the next invocation: every attempt is kept."""
    seen: dict[tuple[str, str | None], int] = defaultdict(int)
    found = []
    for result in results:
        key = (result.test, result.flavor)
        seen[key] += 1
        found.append(replace(result, invocation=seen[key]))
    return found
