"""From consoles on disk to runs in the store: everything is read and diagnosed before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from criukb.errors import CriukbError, Fault, Place
from criukb.logs.zdtm import Console, Notice, parse_console
from criukb.progress import Progress, silent
from criukb.runs.meta import RunMeta, meta_from_console, read_side_file, side_file
from criukb.runs.reading import DEFAULT_LIMIT, find_consoles, read_console, run_id
from criukb.runs.rows import Diagnoses, console_table
from criukb.runs.schema import FAILED, OUTCOMES
from criukb.runs.store import write_runs


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What one console gave. ``counts`` has every outcome; ``known`` and ``unknown`` divide the failures."""

    run_id: str
    path: Path
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
class _Read:
    path: Path
    meta: RunMeta
    table: pa.Table
    warnings: tuple[Notice, ...]
    incomplete: Notice | None
    orphans: int


def ingest(  # noqa: PLR0913 - the two last ones are keywords with defaults
    paths: Sequence[Path],
    store: Path,
    meta: RunMeta,
    diagnoser: Diagnoses,
    progress: Progress = silent,
    *,
    allow_incomplete: bool = False,
    max_bytes: int = DEFAULT_LIMIT,
) -> list[RunSummary]:
    """Add the consoles ``paths`` (files or folders) to ``store``; ``meta`` wins over side files and consoles.

    Raises CriukbError with the faults of all consoles; the store is not touched then.
    """
    faults: list[Fault] = []
    reads: dict[str, _Read] = {}
    for path in _all_consoles(paths, faults):
        progress(f"reading {path.name}")
        try:
            read = _read(path, meta, diagnoser, max_bytes, allow_incomplete=allow_incomplete)
            reads.setdefault(read.table.column("run_id")[0].as_py(), read)
        except CriukbError as error:
            faults += error.faults
    if faults:
        raise CriukbError(faults)
    written = write_runs(store, [read.table for read in reads.values()])
    return [_summary(read, file, new=new) for read, (file, new) in zip(reads.values(), written, strict=True)]


def _all_consoles(paths: Sequence[Path], faults: list[Fault]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        try:
            found |= dict.fromkeys(find_consoles(path))
        except CriukbError as error:
            faults += error.faults
    return list(found)


def _read(path: Path, options: RunMeta, diagnoser: Diagnoses, limit: int, *, allow_incomplete: bool) -> _Read:
    beside = side_file(path)
    described = read_side_file(beside) if beside else RunMeta()
    content = read_console(path, limit)
    console = parse_console(content.decode("utf-8", "replace").rstrip("\n").split("\n"))
    _check(path, console, allow_incomplete=allow_incomplete)
    meta = options.over(described).over(meta_from_console(console.facts))
    if meta.job is None:
        hint = f"give --job NAME, or write 'job: NAME' into {path.name}.meta.yaml"
        raise CriukbError.at(path, "the job is not known", hint)
    table = console_table(console, meta, run_id(meta.job, content), diagnoser)
    if not table.num_rows:
        raise CriukbError.at(path, "no result in this console", "give the console of a run that started tests")
    return _Read(path, meta, table, tuple(console.warnings), console.incomplete, console.orphans)


def _check(path: Path, console: Console, *, allow_incomplete: bool) -> None:
    if not console.is_zdtm:
        raise CriukbError.at(
            path,
            "not a zdtm console: no line such as '=== Run 1/481' or 'Run TEST in h'",
            "give the whole console of zdtm.py; for CRIU's own logs use: criukb diagnose",
        )
    cut = console.incomplete
    if cut and not allow_incomplete:
        hint = "fetch the whole console, or add --allow-incomplete to count what is missing as aborted and not-run"
        raise CriukbError([Fault(Place(path, cut.line), f"the console is cut: {cut.message}", hint)])


def _summary(read: _Read, file: Path, *, new: bool) -> RunSummary:
    outcomes = Counter(read.table.column("outcome").to_pylist())
    verdicts = Counter(read.table.column("verdict").to_pylist())
    return RunSummary(
        run_id=read.table.column("run_id")[0].as_py(),
        path=read.path,
        job=read.meta.job or "",
        started_at=read.meta.started_at.isoformat() if read.meta.started_at else None,
        counts={outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
        known=verdicts.get("known", 0),
        unknown=verdicts.get("unknown", 0),
        warnings=read.warnings,
        incomplete=read.incomplete.message if read.incomplete else None,
        orphans=read.orphans,
        file=file,
        new=new,
    )


def failures(summary: RunSummary) -> int:
    """Return the number of failed results of a run: fail, timeout and aborted."""
    return sum(summary.counts[outcome] for outcome in FAILED)
