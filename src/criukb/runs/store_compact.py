"""Compaction: per month, many small files become few large ones, with bounded memory and in one instant for readers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from criukb.progress import Progress, silent
from criukb.runs.store_files import PART, FileIndex, RunEntry, is_current, read_index, read_runs, run_files
from criukb.runs.store_parts import Limits, PartWriter
from criukb.runs.store_publish import finish_moves
from criukb.runs.store_swap import attempt, identities, require_swap, swap_month
from criukb.runs.store_upgrade import open_store
from criukb.runs.store_work import Workspace, locked


@dataclass(frozen=True, slots=True)
class Compacted:
    """What was done to one month; sizes in bytes. Equal numbers of files mean that nothing was to do."""

    month: str
    runs: int
    rows: int
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int


def compact(store: Path, limits: Limits | None = None, progress: Progress = silent) -> list[Compacted]:
    """Join the small files of each month into parts of at most ``limits``; return each month, sorted.

    Parts that are half full stay as they are, so that doing this every day costs little.
    Other writers go on meanwhile. Killed at any moment, each month is either as it was or done.
    Raises CriukbError for a file that cannot be read, or where folders cannot be swapped in one instant.
    """
    if not run_files(store):
        return []
    limits = limits or Limits()
    with open_store(store, progress) as work:
        with locked(work.places):
            finish_moves(work.places)
        require_swap(work)
        folders = sorted({path.parent for path in run_files(store)})
        found = [_compact_month(work, folder, limits, progress) for folder in folders]
        work.settle()
    return found


def _compact_month(work: Workspace, folder: Path, limits: Limits, progress: Progress) -> Compacted:
    with locked(work.places):
        before = _sizes(folder)
    number = 0
    while True:
        with attempt(work, number) as held:
            if _try_month(work, folder, limits, progress, held=held):
                break
        number += 1
    with locked(work.places):  # another writer must not swap the files out while they are counted
        after = _sizes(folder)
        indexes = [read_index(path) for path in after]
    return Compacted(
        month=folder.name.removeprefix("month="),
        runs=sum(len(index.runs) for index in indexes),
        rows=sum(index.rows for index in indexes),
        files_before=len(before),
        files_after=len(after),
        bytes_before=sum(before.values()),
        bytes_after=sum(after.values()),
    )


def _sizes(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in sorted(folder.glob("*.parquet"))}


def _try_month(work: Workspace, folder: Path, limits: Limits, progress: Progress, *, held: bool) -> bool:
    """Compact a month unless another writer changes one of its small files meanwhile; then return False."""
    month = folder.name.removeprefix("month=")
    try:
        known = identities(sorted(folder.glob("*.parquet")))
        small = [index for index in map(read_index, known) if _is_small(index, limits)]
        if not small or (len(small) == 1 and small[0].listed):
            return True
        sources = {index.path: known[index.path] for index in small}
        progress(f"{month}: joining {len(small)} files")
        return swap_month(work, folder, sources, lambda target: _merge(small, target, limits, progress), held=held)
    except FileNotFoundError:
        return False


def _is_small(index: FileIndex, limits: Limits) -> bool:
    is_part = index.path.name.startswith(PART)
    return not (is_part and is_current(index) and limits.full(index.rows, len(index.runs)))


def _merge(sources: Sequence[FileIndex], target: Path, limits: Limits, progress: Progress) -> None:
    """Write the runs of ``sources`` into parts, by start and id; at most one batch of each part is in memory."""
    writer = PartWriter(target, limits)
    total = sum(len(index.runs) for index in sources)
    try:
        for number, (_, rows) in enumerate(heapq.merge(*map(_keyed, sources), key=lambda item: item[0]), 1):
            writer.add(*next(rows))
            if number % 1000 == 0:
                progress(f"{target.name.removeprefix('month=')}: {number}/{total} runs")
        writer.close()
    finally:
        writer.abandon()


Rows = Iterator[tuple[RunEntry, pa.Table]]


def _keyed(index: FileIndex) -> Iterator[tuple[tuple[str, str], Rows]]:
    """Give the runs of a file with their keys; the file is opened when its first rows are asked for."""
    rows = read_runs(index)
    for entry in index.runs:
        yield entry.key, rows
