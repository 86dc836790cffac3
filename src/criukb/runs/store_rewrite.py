"""Asking every run for new rows, as a new knowledge base does, while other writers are at work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from criukb.errors import CriukbError
from criukb.progress import Progress, counted, silent
from criukb.runs.store_files import conform, entry_of, read_index, read_runs, run_files
from criukb.runs.store_publish import Item, publish, stage
from criukb.runs.store_upgrade import open_store
from criukb.runs.store_work import Workspace

Change = Callable[[pa.Table], pa.Table | None]
_AT_ONCE = 256
_PASSES = 20


def rewrite_runs(
    store: Path, change: Change, runs: Collection[str] | None = None, progress: Progress = silent
) -> list[str]:
    """Replace the rows of runs: ``change(table)`` gets all rows of one run and returns the new ones, or None.

    ``table`` has the columns of SCHEMA, sorted as ingest wrote them; the new one must have the same run_id, and may
    have other values, also another start. None, or equal rows, leave the run as it is. Every run is asked once; when
    another writer replaces it meanwhile it is asked again with what that one wrote, so ``change`` must not depend on
    how often it is called. Runs that come while this works may be left out.
    Readers see each run either as it was or as it is now; killed half-way, some runs are as they were.
    Memory is that of one batch of rows: tables are never held together. ``runs`` names those to ask, default all.
    Returns the ids of the changed runs, sorted. Raises CriukbError for a file that cannot be read or written, and
    ValueError for a table with another run_id; runs before it may be changed already.
    """
    if not run_files(store):
        return []
    with open_store(store, progress) as work:
        task = _Rewrite(work, change, runs, progress)
        for _ in range(_PASSES):
            if task.run():
                return sorted(task.changed)
    raise CriukbError.at(store, "other writers changed the same runs all the time", "try again when they are done")


@dataclass
class _Rewrite:
    work: Workspace
    change: Change
    runs: Collection[str] | None
    progress: Progress
    asked: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def run(self) -> bool:
        """Ask every run that was not asked yet; return whether none must be asked again."""
        done = True
        items: list[Item] = []
        paths = run_files(self.work.store)
        step = counted(self.progress, len(paths))
        for path in paths:
            try:
                items.extend(self._items(path))
            except FileNotFoundError:
                done = False  # its runs are in another file now
            step(f"{path.parent.name}/{path.name}")
            if len(items) >= _AT_ONCE:
                done &= self._publish(items)
                items = []
        return self._publish(items) and done

    def _items(self, path: Path) -> Iterator[Item]:
        for entry, table in read_runs(read_index(path)):
            if entry.run_id in self.asked or (self.runs is not None and entry.run_id not in self.runs):
                continue
            self.asked.add(entry.run_id)
            fresh = self.change(table)
            if fresh is None:
                continue
            after = entry_of(conform(fresh))
            if after.run_id != entry.run_id:
                raise ValueError(f"run {entry.run_id} cannot become {after.run_id}")
            if after != entry:
                yield stage(self.work, fresh, entry.digest)

    def _publish(self, items: list[Item]) -> bool:
        publish(self.work, items)
        for item in items:
            item.staged.unlink(missing_ok=True)
        refused = {item.entry.run_id for item in items if item.refused}
        self.changed |= {item.entry.run_id for item in items} - refused
        self.asked -= refused
        return not refused
