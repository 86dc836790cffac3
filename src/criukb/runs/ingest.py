"""From inputs on disk to runs in the store: everything is read and diagnosed before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from criukb.errors import CriukbError, Fault, Place
from criukb.logs.zdtm import Notice
from criukb.progress import Progress, silent
from criukb.runs.meta import RunMeta, read_side_file, side_file
from criukb.runs.parsed import ParsedRun
from criukb.runs.reading import find_inputs, read_input, run_id
from criukb.runs.rows import Diagnoses, run_table
from criukb.runs.schema import FAILED, OUTCOMES
from criukb.runs.sources import DEFAULT_LIMIT, HEAD, Limits, find_source, source_named
from criukb.runs.store import write_runs


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What one run of an input gave. ``counts`` has every outcome; ``known`` and ``unknown`` divide the failures."""

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
    file: Path
    new: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """How inputs are read: the format when it is not told by the content, and what is accepted of them."""

    source: str | None = None
    allow_incomplete: bool = False
    max_bytes: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class _Read:
    path: Path
    parsed: ParsedRun
    meta: RunMeta
    table: pa.Table


def ingest(  # noqa: PLR0913 - the two last ones have defaults
    paths: Sequence[Path],
    store: Path,
    meta: RunMeta,
    diagnoser: Diagnoses,
    progress: Progress = silent,
    *,
    wishes: Wishes = Wishes(),
) -> list[RunSummary]:
    """Add the runs in ``paths`` (files or folders) to ``store``; ``meta`` wins over side files and the inputs.

    Raises CriukbError with the faults of all inputs; the store is not touched then.
    """
    faults: list[Fault] = []
    reads: dict[str, _Read] = {}
    for path in _all_inputs(paths, wishes.source, faults):
        progress(f"reading {path.name}")
        try:
            for read in _reads(path, meta, diagnoser, wishes):
                reads.setdefault(read.table.column("run_id")[0].as_py(), read)
        except CriukbError as error:
            faults += error.faults
    if faults:
        raise CriukbError(faults)
    written = write_runs(store, [read.table for read in reads.values()])
    return [_summary(read, file, new=new) for read, (file, new) in zip(reads.values(), written, strict=True)]


def _all_inputs(paths: Sequence[Path], source: str | None, faults: list[Fault]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        try:
            found |= dict.fromkeys(find_inputs(path, source))
        except CriukbError as error:
            faults += error.faults
    return list(found)


def _reads(path: Path, options: RunMeta, diagnoser: Diagnoses, wishes: Wishes) -> Iterator[_Read]:
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
        identity = parsed.identity or data + b"\0%d" % number
        yield _Read(place, parsed, meta, run_table(parsed, meta, run_id(meta.job, identity), diagnoser))


def _check(path: Path, parsed: ParsedRun, *, allow_incomplete: bool) -> None:
    if parsed.incomplete and not allow_incomplete:
        hint = "fetch the whole console, or add --allow-incomplete to count what is missing as aborted and not-run"
        fault = Fault(Place(path, parsed.cut_line), f"the console is cut: {parsed.incomplete}", hint)
        raise CriukbError([fault])
    if not parsed.results:
        hint = "give the console or the report of a run that started tests"
        raise CriukbError.at(path, "no result in this input", hint)


def _summary(read: _Read, file: Path, *, new: bool) -> RunSummary:
    outcomes = Counter(read.table.column("outcome").to_pylist())
    verdicts = Counter(read.table.column("verdict").to_pylist())
    return RunSummary(
        run_id=read.table.column("run_id")[0].as_py(),
        path=read.path,
        source=read.parsed.source,
        job=read.meta.job or "",
        started_at=read.meta.started_at.isoformat() if read.meta.started_at else None,
        counts={outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
        known=verdicts.get("known", 0),
        unknown=verdicts.get("unknown", 0),
        warnings=tuple(Notice(*warning) for warning in read.parsed.warnings),
        incomplete=read.parsed.incomplete,
        orphans=read.parsed.dropped,
        file=file,
        new=new,
    )


def failures(summary: RunSummary) -> int:
    """Return the number of failed results of a run: fail, timeout and aborted."""
    return sum(summary.counts[outcome] for outcome in FAILED)
