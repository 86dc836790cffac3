"""From inputs on disk to runs in the store: what is read is staged at once, and seen when all of it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from criukb.errors import CriukbError, Fault
from criukb.match.diagnose import Diagnoser
from criukb.progress import Progress, silent
from criukb.runs.meta import RunMeta
from criukb.runs.reading import find_inputs
from criukb.runs.remembering import remembering
from criukb.runs.rows import Diagnoses
from criukb.runs.schema import FAILED
from criukb.runs.store import write_runs
from criukb.runs.tables import Answer, RunSummary, Wishes, tables_of
from criukb.runs.workers import tables_by_workers

__all__ = ["RunSummary", "Wishes", "failures", "ingest"]

# For fewer inputs it does not pay to start other processes.
FEW = 8
_AS_IS = Wishes()


def ingest(  # noqa: PLR0913 - the two last ones have defaults
    paths: Sequence[Path],
    store: Path,
    meta: RunMeta,
    diagnoser: Diagnoses,
    progress: Progress = silent,
    *,
    wishes: Wishes = _AS_IS,
) -> list[RunSummary]:
    """Add the runs in ``paths`` (files or folders) to ``store``; ``meta`` wins over side files and the inputs.

    With ``wishes.jobs`` other processes read many inputs; they load the knowledge base with ``wishes.kb`` on top, so
    ``diagnoser`` must be of that one. Memory: a few runs at a time, and a summary of each.
    Raises CriukbError with the faults of all inputs; no run is added then.
    """
    taken = _Taken()
    found = _all_inputs(paths, wishes.source, taken.faults)
    if wishes.jobs > 1 and len(found) > FEW:
        answers = tables_by_workers(found, meta, wishes)
    else:
        quick = remembering(diagnoser) if isinstance(diagnoser, Diagnoser) else diagnoser
        answers = (tables_of(path, meta, quick, wishes) for path in found)
    tables = taken.tables(answers, progress)
    first = next(tables, None)  # the store is not even made when there is nothing to write
    if first is None:
        return []
    written = write_runs(store, _chained(first, tables))
    return [replace(run, file=file, new=new) for run, (file, new) in zip(taken.runs, written, strict=True)]


@dataclass(slots=True)
class _Taken:
    """What was taken so far: each run once, and what went wrong."""

    runs: list[RunSummary] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def tables(self, answers: Iterator[Answer], progress: Progress) -> Iterator[pa.Table]:
        """Yield the rows of each run; when all was read, raise CriukbError if any of it was wrong."""
        seen: set[str] = set()
        for answer in answers:
            progress(f"reading {answer.path.name}")
            self.faults += answer.faults
            for run, table in answer.runs:
                if run.run_id not in seen:
                    seen.add(run.run_id)
                    self.runs.append(run)
                    yield table
        if self.faults:
            raise CriukbError(self.faults)


def _chained(first: pa.Table, rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from rest


def _all_inputs(paths: Sequence[Path], source: str | None, faults: list[Fault]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        try:
            found |= dict.fromkeys(find_inputs(path, source))
        except CriukbError as error:
            faults += error.faults
    return sorted(found, key=_holds_less)  # a report comes before the console of its run: the first one read stays


def _holds_less(path: Path) -> bool:
    return not (path.is_dir() or {".tar", ".tgz", ".txz", ".zip"} & set(path.suffixes))


def failures(summary: RunSummary) -> int:
    """Return the number of failed results of a run: fail, timeout and aborted."""
    return sum(summary.counts[outcome] for outcome in FAILED)
