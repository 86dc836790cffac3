"""The run that a gate judges: read from an input, or from the store by its id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from criukb.errors import CriukbError
from criukb.runs.meta import RunMeta, read_side_file, side_file
from criukb.runs.parsed import ParsedRun
from criukb.runs.reading import find_inputs, read_input
from criukb.runs.rows import Diagnoses, run_table
from criukb.runs.schema import FAILED, OUTCOMES
from criukb.runs.sources import DEFAULT_LIMIT, HEAD, Limits, find_source, source_named
from criukb.runs.store_files import check_version, conform, read_index, run_files

RUN_ID: Final = re.compile(r"[0-9a-f]{6,24}\Z")
_JOB: Final = "-"


@dataclass(frozen=True, slots=True)
class Result:
    """One result of the run, as a row of the store tells it."""

    test: str
    flavor: str | None
    invocation: int
    outcome: str
    phase: str | None = None
    step: str | None = None
    cause: str | None = None
    confidence: float | None = None
    unknown_key: str | None = None
    first_line: int | None = None

    @property
    def key(self) -> tuple[int, str, str]:
        """The order of results."""
        return self.invocation, self.test, self.flavor or ""


@dataclass(frozen=True, slots=True)
class GateRun:
    """A run to judge; ``faults`` say what its input lacks or what the suite says beyond its results."""

    name: str
    job: str | None
    started_at: datetime | None
    results: tuple[Result, ...]
    faults: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Return how many results have each outcome."""
        found = Counter(result.outcome for result in self.results)
        return {outcome: found[outcome] for outcome in OUTCOMES}


def read_runs(
    path: Path, options: RunMeta, diagnoser: Diagnoses, source: str | None = None, limit: int = DEFAULT_LIMIT
) -> Iterator[GateRun]:
    """Yield the runs of an input, each failure diagnosed; nothing is stored. CriukbError for bad input."""
    for file in find_inputs(path, source):
        beside = side_file(file)
        described = read_side_file(beside) if beside else RunMeta()
        data = read_input(file, limit)
        format_ = source_named(source) if source else find_source(file, data[:HEAD])
        for parsed in format_.read(file, data, Limits(limit)):
            meta = options.over(described).over(parsed.meta)
            name = f"{file}!{parsed.part}" if parsed.part else str(file)
            yield _parsed_run(name, parsed, meta, diagnoser)


def _parsed_run(name: str, parsed: ParsedRun, meta: RunMeta, diagnoser: Diagnoses) -> GateRun:
    named = meta if meta.job else RunMeta(job=_JOB).over(meta)
    table = run_table(parsed, named, _JOB, diagnoser)
    faults = [reason for reason in (parsed.incomplete, *parsed.broken) if reason]
    if parsed.dropped and not parsed.incomplete:
        faults.append(f"{parsed.dropped} results have no start")
    return GateRun(name, meta.job, meta.started_at, _results(table), tuple(faults))


def _results(table: pa.Table) -> tuple[Result, ...]:
    rows = table.select([*Result.__dataclass_fields__, "verdict"]).to_pylist()
    return tuple(_result(row) for row in rows)


def _result(row: Mapping[str, Any]) -> Result:
    known = row["verdict"] == "known" and row["outcome"] in FAILED
    values = {name: row[name] for name in Result.__dataclass_fields__}
    return Result(**{**values, "cause": row["cause"] if known else None})


def stored_run(store: Path, run: str) -> GateRun:
    """Return the run whose id is or begins with ``run``; CriukbError when there is none, or several begin so."""
    found = {
        entry.run_id: file for file in run_files(store) for entry in _entries(file) if entry.run_id.startswith(run)
    }
    if not found:
        hint = "give a console, a report, or an id that criukb ingest printed"
        raise CriukbError.at(store, f"no run {run}", hint)
    if len(found) > 1:
        some = ", ".join(sorted(found)[:3])
        raise CriukbError.at(store, f"several runs begin with {run}: {some}", "give more of the id")
    ((run_id, file),) = found.items()
    table = conform(pq.read_table(file, partitioning=None, filters=[("run_id", "=", run_id)]))
    return GateRun(run_id, *_head(table), _results(table))


def _entries(file: Path) -> Sequence[Any]:
    index = read_index(file)
    check_version(index)
    return index.runs


def _head(table: pa.Table) -> tuple[str | None, datetime | None]:
    return table.column("job")[0].as_py(), table.column("started_at")[0].as_py()
