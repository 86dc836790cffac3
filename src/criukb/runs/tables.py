"""From one input to the tables of its runs, diagnosed and ready for the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from criukb.errors import CriukbError, Fault, Place
from criukb.logs.zdtm_console import Notice
from criukb.runs.meta import RunMeta, read_side_file, side_file
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.reading import read_input, run_id
from criukb.runs.rows import Diagnoses, run_table
from criukb.runs.schema import OUTCOMES, WHOLE_RUN
from criukb.runs.sources import DEFAULT_LIMIT, HEAD, Limits, find_source, source_named


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What one run of an input gave. ``counts`` has every outcome; ``known`` and ``unknown`` divide the failures.

    ``file`` and ``new`` are those of the store, once it is written.
    """

    run_id: str
    path: Path
    source: str
    job: str
    started_at: str | None
    counts: dict[str, int]
    known: int
    unknown: int
    warnings: tuple[Notice, ...]
    incomplete: str | None
    orphans: int
    file: Path = Path()
    new: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """How inputs are read: the format when their content does not tell it, and what is accepted of them.

    ``jobs`` is the number of processes for many inputs, and ``kb`` are the private bases that those load.
    """

    source: str | None = None
    allow_incomplete: bool = False
    max_bytes: int = DEFAULT_LIMIT
    jobs: int = 1
    kb: tuple[Path, ...] = ()


class Answer(NamedTuple):
    """The runs of one input, each with its rows, or what is wrong with it."""

    path: Path
    runs: list[tuple[RunSummary, pa.Table]]
    faults: list[Fault]


def tables_of(path: Path, options: RunMeta, diagnoser: Diagnoses, wishes: Wishes) -> Answer:
    """Read the input at ``path``; ``options`` win over its side file and its own words."""
    try:
        return Answer(path, list(_runs(path, options, diagnoser, wishes)), [])
    except CriukbError as error:
        return Answer(path, [], list(error.faults))


def _runs(path: Path, options: RunMeta, diagnoser: Diagnoses, wishes: Wishes) -> Iterator[tuple[RunSummary, pa.Table]]:
    beside = side_file(path)
    described = read_side_file(beside) if beside else RunMeta()
    data = read_input(path, wishes.max_bytes)
    source = source_named(wishes.source) if wishes.source else find_source(path, data[:HEAD])
    for number, parsed in enumerate(source.read(path, data, Limits(wishes.max_bytes))):
        place = Path(f"{path}!{parsed.part}") if parsed.part else path
        _check(place, parsed, allow_incomplete=wishes.allow_incomplete)
        meta = options.over(described).over(parsed.meta)
        if meta.job is None:
            hint = f"give --job NAME, or write 'job: NAME' into {path.name}.meta.yaml"
            raise CriukbError.at(place, "the job is not known", hint)
        name = run_id(meta.job, parsed.identity or data + b"\0%d" % number)
        table = run_table(_with_faults(parsed), meta, name, diagnoser)
        yield _summary(name, place, parsed, meta, table), table


def _with_faults(parsed: ParsedRun) -> ParsedRun:
    """Keep what speaks against the run and no result shows: a gate that reads the store must see it too."""
    faults = [*parsed.broken]
    if parsed.incomplete and not any(result.outcome in {"aborted", "not-run"} for result in parsed.results):
        faults.append(parsed.incomplete)
    number = max((result.invocation for result in parsed.results), default=1)
    extra = [ParsedResult(WHOLE_RUN, "not-run", step=fault, invocation=number) for fault in faults]
    return replace(parsed, results=(*parsed.results, *extra)) if extra else parsed


def _check(path: Path, parsed: ParsedRun, *, allow_incomplete: bool) -> None:
    if parsed.incomplete and not allow_incomplete:
        hint = "fetch the whole console, or add --allow-incomplete to count what is missing as aborted and not-run"
        fault = Fault(Place(path, parsed.cut_line), f"the console is cut: {parsed.incomplete}", hint)
        raise CriukbError([fault])
    if not parsed.results:
        hint = "give the console or the report of a run that started tests"
        raise CriukbError.at(path, "no result in this input", hint)


def _summary(name: str, path: Path, parsed: ParsedRun, meta: RunMeta, table: pa.Table) -> RunSummary:
    outcomes = Counter(table.column("outcome").to_pylist())
    verdicts = Counter(table.column("verdict").to_pylist())
    return RunSummary(
        run_id=name,
        path=path,
        source=parsed.source,
        job=meta.job or "",
        started_at=meta.started_at.isoformat() if meta.started_at else None,
        counts={outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
        known=verdicts.get("known", 0),
        unknown=verdicts.get("unknown", 0),
        warnings=tuple(Notice(*warning) for warning in parsed.warnings),
        incomplete=parsed.incomplete,
        orphans=parsed.dropped,
    )
