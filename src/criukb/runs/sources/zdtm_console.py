"""The console of ``zdtm.py run``: serial or parallel, of one invocation or many, plain or with a CI's time stamps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from criukb.errors import CriukbError
from criukb.logs.zdtm import Console, Record, parse_console
from criukb.logs.zdtm_console import FAILED
from criukb.runs.expected import missing_results
from criukb.runs.meta import meta_from_console
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.sources import Limits

name: Final = "zdtm-console"

# FI_DUMP_CRASH of CRIU's fault-injection.h: criu has to die in the dump, and zdtm calls that a failure.
_CRASHES: Final = frozenset({136})


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
        broken=tuple(_broken(console)),
    )


def _broken(console: Console) -> Iterator[str]:
    """Yield what the suite says went wrong and no failed record shows."""
    failed = {(r.invocation, r.test) for r in console.records if r.outcome in FAILED}
    failed |= {(m.invocation, m.test) for m in missing_results(console) if m.outcome in FAILED}
    failing = {invocation for invocation, _ in failed}
    for invocation in console.invocations:
        named = invocation.summary.tests if invocation.summary else ()
        hidden = sorted({test for test, _ in named if (invocation.index, test) not in failed})
        if invocation.crash:
            yield f"zdtm.py itself ended with: {invocation.crash}"
        elif hidden:
            yield f"the suite names {hidden[0]} as failed, and no result does ({len(hidden)} such tests)"
        elif invocation.failed and invocation.index not in failing:
            yield "the suite says FAIL, and no test failed: look for core files and kernel messages"


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
    outcome, step, phase, evidence = record.outcome, record.step, record.phase, record.evidence
    if record.fault in _CRASHES:
        if outcome == "fail":
            outcome, step, phase, evidence = "pass", f"{step}, as fault {record.fault} is meant to", None, ()
        elif outcome == "pass":
            outcome, step, phase = "fail", f"unexpected success with fault {record.fault}", "test"
    return ParsedResult(
        test=record.test,
        outcome=outcome,
        flavor=record.flavor,
        phase=phase,
        step=step,
        duration_s=record.duration_s,
        first_line=record.first_line,
        invocation=record.invocation,
        evidence=evidence,
    )


def moved(run: ParsedRun, lines: int, invocations: int) -> ParsedRun:
    """Return ``run`` with its places and invocations counted on from those of the same input before it."""
    return replace(
        run,
        results=tuple(
            replace(r, first_line=(r.first_line or 0) + lines, invocation=r.invocation + invocations)
            for r in run.results
        ),
        options={number + invocations: text for number, text in run.options.items()},
        warnings=tuple((line + lines if line else 0, message) for line, message in run.warnings),
        cut_line=run.cut_line + lines if run.cut_line else 0,
    )
