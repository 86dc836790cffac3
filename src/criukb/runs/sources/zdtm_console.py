"""The console of ``zdtm.py run``: serial or parallel, of one invocation or many, plain or with a CI's time stamps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from criukb.errors import CriukbError
from criukb.logs.zdtm import Console, Record, parse_console
from criukb.runs.expected import missing_results
from criukb.runs.meta import meta_from_console
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.sources import Limits

name: Final = "zdtm-console"


def fits(path: Path, head: bytes) -> bool:  # noqa: ARG001 - the signature of all sources
    """Whether it is text at all: what zdtm prints may stand behind the log of a whole build."""
    return b"\0" not in head and bool(head.strip())


def read(path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:  # noqa: ARG001 - the same
    """Yield the one run of the console; CriukbError when the text is none."""
    console = parse_console(console_lines(data))
    if not console.is_zdtm:
        raise CriukbError.at(
            path,
            "not a zdtm console: no line such as '=== Run 1/481' or 'Run TEST in h'",
            "give the whole console of zdtm.py; for CRIU's own logs use: criukb diagnose",
        )
    yield console_run(console, name, data.rstrip(b"\n"))


def console_lines(data: bytes) -> Sequence[str]:
    """Return the lines of a console; invalid UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace").rstrip("\n").split("\n")


def console_run(console: Console, source: str, identity: bytes) -> ParsedRun:
    """Return the run that a parsed console shows, with what should have run and has no line in it."""
    cut = console.incomplete
    return ParsedRun(
        source=source,
        meta=meta_from_console(console.facts),
        results=tuple(_results(console)),
        options={i.index: i.options.text for i in console.invocations if i.options},
        warnings=tuple((warning.line, warning.message) for warning in console.warnings),
        incomplete=cut.message if cut else None,
        cut_line=cut.line if cut else 0,
        dropped=console.orphans,
        identity=identity,
    )


def _results(console: Console) -> Iterator[ParsedResult]:
    for record in console.records:
        yield _result(record)
    for skip in console.skips:
        yield ParsedResult(skip.test, "skip", skip_reason=skip.reason, first_line=skip.line, invocation=skip.invocation)
    for missing in missing_results(console):
        yield ParsedResult(
            missing.test, missing.outcome, missing.flavor, first_line=missing.line, invocation=missing.invocation
        )


def _result(record: Record) -> ParsedResult:
    return ParsedResult(
        test=record.test,
        outcome=record.outcome,
        flavor=record.flavor,
        phase=record.phase,
        step=record.step,
        duration_s=record.duration_s,
        first_line=record.first_line,
        invocation=record.invocation,
        evidence=record.evidence,
    )
