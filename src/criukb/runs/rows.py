"""From a parsed console to rows of the store; each failure is diagnosed on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa

from criukb.logs.unwrap import unwrap
from criukb.logs.zdtm import Console, Record
from criukb.match.diagnose import Diagnosis, Outer, mask
from criukb.runs.expected import missing_results
from criukb.runs.meta import RunMeta
from criukb.runs.schema import FAILED, SCHEMA

EXCERPT_BYTES = 4096
_EXCERPT_LINES = 40
_TAIL_LINES = 12
_MAX_STEP = 200
_MARKS = ("FAIL: ", "ERR: ")
_STATE = re.compile(r"\d{1,7}: (?:Old|New) (?:files|maps|mounts) (?:lost|appeared): ")
_MAX_PART = 600

Row = dict[str, Any]


class Diagnoses(Protocol):
    """What this module needs of criukb.match.diagnose.Diagnoser."""

    def diagnose(self, lines: Sequence[str], outer: Outer | None = None) -> Diagnosis:
        """Diagnose one log."""
        ...


def console_table(console: Console, meta: RunMeta, run: str, diagnoser: Diagnoses) -> pa.Table:
    """Return all rows of a run, sorted by invocation, test and flavor."""
    head = {"run_id": run, **meta.model_dump()}
    rows = [{**head, **row} for row in _rows(console, meta, diagnoser)]
    options = {i.index: i.options.text if i.options else None for i in console.invocations}
    for row in rows:
        row["options"] = options.get(row["invocation"])
    rows.sort(key=lambda r: (r["invocation"], r["test"], r.get("flavor") or "", r["first_line"], r["outcome"]))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _rows(console: Console, meta: RunMeta, diagnoser: Diagnoses) -> Iterator[Row]:
    for record in console.records:
        yield _record_row(record, meta, diagnoser)
    for skip in console.skips:
        yield {
            "invocation": skip.invocation,
            "test": skip.test,
            "outcome": "skip",
            "skip_reason": skip.reason[:_MAX_STEP],
            "first_line": skip.line,
        }
    for missing in missing_results(console):
        row: Row = {
            "invocation": missing.invocation,
            "test": missing.test,
            "flavor": missing.flavor,
            "outcome": missing.outcome,
            "first_line": missing.line,
        }
        if missing.outcome in FAILED:
            row |= {"verdict": "unknown", "unknown_key": "no output in the console"}
        yield row


def _record_row(record: Record, meta: RunMeta, diagnoser: Diagnoses) -> Row:
    row: Row = {
        "invocation": record.invocation,
        "test": record.test,
        "flavor": record.flavor,
        "outcome": record.outcome,
        "phase": record.phase,
        "step": record.step[:_MAX_STEP] if record.step else None,
        "duration_s": record.duration_s,
        "first_line": record.first_line,
    }
    if record.outcome in FAILED:
        row |= _diagnosed(record, meta, diagnoser)
    return row


def _diagnosed(record: Record, meta: RunMeta, diagnoser: Diagnoses) -> Row:
    outer = Outer(
        phase=record.phase,
        test=record.test,
        flavor=record.flavor,
        criu=meta.criu_version,
        kernel=meta.kernel,
        arch=meta.arch,
    )
    diagnosis = diagnoser.diagnose(record.evidence, outer)
    known = diagnosis.verdict == "known" and diagnosis.cause is not None
    return {
        "verdict": "known" if known else "unknown",
        "cause": diagnosis.cause.id if known and diagnosis.cause else None,
        "confidence": round(diagnosis.cause.confidence, 4) if known and diagnosis.cause else None,
        "chain": list(diagnosis.chain),
        "unknown_key": None if known else unknown_key(record, diagnosis),
        "log_excerpt": excerpt(record, diagnosis),
    }


def unknown_key(record: Record, diagnosis: Diagnosis) -> str:
    """Return what groups equal unknown failures: the first unknown Error, else the test's complaint, else the step."""
    if diagnosis.unknown:
        return diagnosis.unknown[0].key
    for line in record.evidence:
        for mark in _MARKS:
            _, found, text = line.partition(mark)
            if found and text.strip():
                return mask(mark + text.strip())
    name = record.test.rsplit("/", 1)[-1]
    step = (record.step or "no end").replace(record.test, "TEST").replace(name, "TEST")
    last_words = _last_output(record.evidence)
    return mask(f"at {step}: {last_words}" if last_words else f"at {step}")


def _last_output(lines: Sequence[str]) -> str:
    """Return the last line that the test itself printed, as the console quotes it after the FAIL line."""
    last = ""
    inside = False
    for line in lines:
        if line.startswith("Test output: ="):
            inside, last = True, ""
        elif line.startswith(" <<< ="):
            break
        elif inside and line.strip():
            last = line.strip()
    return last


def excerpt(record: Record, diagnosis: Diagnosis) -> str:
    """Return the deciding lines, unwrapped, at most EXCERPT_BYTES of UTF-8."""
    lines = record.evidence
    chosen = {number - 1 for found in (diagnosis.cause, *diagnosis.secondary) if found for number in found.lines}
    chosen |= {unknown.line - 1 for unknown in diagnosis.unknown}
    chosen |= {i for i, line in enumerate(lines) if any(mark in line for mark in _MARKS) or _STATE.match(line)}
    ends = [i for i, line in enumerate(lines) if " FAIL at " in line]
    if not chosen:
        start = ends[0] if ends else max(0, len(lines) - _TAIL_LINES)
        chosen = set(range(start, min(len(lines), start + _TAIL_LINES)))
    chosen.update(ends)
    kept = sorted(i for i in chosen if 0 <= i < len(lines))[:_EXCERPT_LINES]
    text = "\n".join(_tidy(part) for i in kept for part in unwrap(lines[i], {}))
    return text.encode("utf-8", "replace")[:EXCERPT_BYTES].decode("utf-8", "ignore")


def _tidy(line: str) -> str:
    """Take the padding off a FAIL line, and bound any other."""
    return (line.strip("# ") if " FAIL at " in line else line)[:_MAX_PART]
