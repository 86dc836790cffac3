"""Taking runs out of the store: chosen by name, by date or because they are synthetic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from criukb.errors import CriukbError, Fault, Place
from criukb.progress import Progress, silent
from criukb.runs import store_disk as disk
from criukb.runs.engine import query, window
from criukb.runs.store_files import PART, run_files
from criukb.runs.store_publish import drop
from criukb.runs.store_swap import require_swap
from criukb.runs.store_upgrade import open_store
from criukb.runs.store_work import clean, locked

Run = dict[str, Any]


def list_runs(store: Path) -> list[Run]:
    """Return one row per run as in ``queries/store_runs.sql``, by start, job and id; undated runs stand last."""
    found: list[Run] = query(store, "store_runs", **window()).to_pylist()
    return sorted(found, key=lambda run: run["started_at"] is None)


def choose_runs(
    store: Path, names: Sequence[str] = (), *, before: datetime | None = None, synthetic: bool = False
) -> list[Run]:
    """Return the runs that are named by their ids, or their beginnings, or that fulfil every given condition.

    A run whose start is not known is before no date. Raises CriukbError for a name that no run or several runs have.
    """
    runs = list_runs(store)
    if names:
        return _named(store, runs, names)
    return [
        run
        for run in runs
        if (before is None or (run["started_at"] is not None and run["started_at"] < before))
        and (not synthetic or run["synthetic"])
    ]


def _named(store: Path, runs: Sequence[Run], names: Sequence[str]) -> list[Run]:
    chosen: dict[str, Run] = {}
    faults = []
    for name in names:
        found = [r for r in runs if r["run_id"] == name] or [r for r in runs if r["run_id"].startswith(name)]
        if len(found) == 1:
            chosen[found[0]["run_id"]] = found[0]
        else:
            message = f"{len(found)} runs begin with {name!r}" if found else f"no run {name!r}"
            faults.append(Fault(Place(store), message, "take an id that criukb store list shows"))
    if faults:
        raise CriukbError(faults)
    return [run for run in runs if run["run_id"] in chosen]


def forget(store: Path, runs: Collection[str], progress: Progress = silent) -> list[str]:
    """Remove ``runs`` from the store, and from the disk; return the ids of those that were there, sorted.

    Each run goes in one instant; killed half-way, some are gone and the others whole.
    Raises CriukbError where a run is in a file with others and folders cannot be swapped.
    """
    with open_store(store, progress) as work:
        if any(path.name.startswith(PART) for path in run_files(store)):
            require_swap(work)
        progress(f"removing {len(runs)} runs")
        dropped = drop(work, frozenset(runs))
        work.settle()
        with locked(work.places):
            clean(work.places)
            for folder in sorted(store.glob("month=*")):
                disk.remove_empty(folder)
    return sorted(dropped)
