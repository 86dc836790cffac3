"""From a parsed run to rows of the store; each failure is diagnosed on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from criukb.logs.unwrap import unwrap
from criukb.match.diagnose import Diagnosis, Outer, mask
from criukb.runs.evidence import bounded
from criukb.runs.meta import RunMeta
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.schema import FAILED, SCHEMA

EXCERPT_BYTES = 4096
NO_OUTPUT = "no output in the console"
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


def run_table(parsed: ParsedRun, meta: RunMeta, run: str, diagnoser: Diagnoses) -> pa.Table:
    """Return all rows of a run, sorted by invocation, test and flavor; ``meta`` are the facts that hold for it."""
    rows = [_row(result, parsed, meta, diagnoser) for result in parsed.results]
    rows.sort(key=lambda r: (r["invocation"], r["test"], r["flavor"] or "", r["first_line"] or 0, r["outcome"]))
    whole = {"run_id": run, **meta.model_dump(), "source": parsed.source}
    columns = [_column(field, rows, whole) for field in SCHEMA]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _column(field: pa.Field, rows: Sequence[Row], whole: Row) -> pa.Array:
    """Return one column; what holds for the whole run is converted once."""
    if field.name in whole:
        return pa.repeat(_array([whole[field.name]], field.type)[0], len(rows))
    return _array([row.get(field.name) for row in rows], field.type)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # half a surrogate pair, as JSON may hold
        clean = [v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values]
        return pa.array(clean, kind)


def _row(result: ParsedResult, parsed: ParsedRun, meta: RunMeta, diagnoser: Diagnoses) -> Row:
    row: Row = {
        "invocation": result.invocation,
        "options": parsed.options.get(result.invocation),
        "test": result.test,
        "flavor": result.flavor,
        "outcome": result.outcome,
        "phase": result.phase,
        "step": result.step[:_MAX_STEP] if result.step else None,
        "skip_reason": result.skip_reason[:_MAX_STEP] if result.skip_reason else None,
        "duration_s": result.duration_s,
        "first_line": result.first_line,
    }
    if result.outcome in FAILED:
        evidence = bounded(result.evidence)
        outer = Outer(
            phase=result.phase,
            test=result.test,
            flavor=result.flavor,
            criu=meta.criu_version,
            kernel=meta.kernel,
            arch=meta.arch,
        )
        row |= diagnosed(evidence, row["step"], outer, diagnoser)
        row["evidence"] = "\n".join(evidence)
    return row


def diagnosed(lines: Sequence[str], step: str | None, outer: Outer, diagnoser: Diagnoses) -> Row:
    """Return the columns of a failure that a diagnosis gives; ``lines`` are its evidence, as the store keeps it."""
    if not lines and step is None:
        return {"verdict": "unknown", "unknown_key": NO_OUTPUT}
    diagnosis = diagnoser.diagnose(lines, outer)
    cause = diagnosis.cause if diagnosis.verdict == "known" else None
    return {
        "verdict": "known" if cause else "unknown",
        "cause": cause.id if cause else None,
        "confidence": round(cause.confidence, 4) if cause else None,
        "chain": list(diagnosis.chain),
        "unknown_key": None if cause else unknown_key(lines, outer.test or "", step, diagnosis),
        "log_excerpt": excerpt(lines, diagnosis),
    }


def unknown_key(lines: Sequence[str], test: str, step: str | None, diagnosis: Diagnosis) -> str:
    """Return what groups equal unknown failures: the first unknown Error, else the test's complaint, else the step."""
    if diagnosis.unknown:
        return diagnosis.unknown[0].key
    for line in lines:
        for mark in _MARKS:
            _, found, text = line.partition(mark)
            if found and text.strip():
                return mask(mark + text.strip())
    where = step or "no end"
    for name in filter(None, (test, test.rsplit("/", 1)[-1])):
        where = where.replace(name, "TEST")
    last_words = _last_output(lines)
    return mask(f"at {where}: {last_words}" if last_words else f"at {where}")


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


def excerpt(lines: Sequence[str], diagnosis: Diagnosis) -> str:
    """Return the deciding lines, unwrapped, at most EXCERPT_BYTES of UTF-8."""
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
