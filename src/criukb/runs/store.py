"""The store of runs: Parquet files under ``month=YYYY-MM/``, readable with ``read_parquet('DIR/**/*.parquet')``.

At every moment, also after a SIGKILL and with other writers at work, that pattern shows each stored run once and whole.
A run has a file of its own, ``RUN.parquet``, until ``criukb store compact`` joins it with others in ``part-*.parquet``.
What changes goes through this module: it takes the store's lock, and cleans up what dead writers left.
A reader that had listed the files before a change may find one gone when it opens it, and reads again, as runs.engine
does. The one thing that a listing under way can miss without a word is a run that moves to another month meanwhile,
because its start was corrected: no system call lists two folders at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from criukb.runs.store_files import UNDATED, check_version, read_index, run_files
from criukb.runs.store_publish import publish, stage
from criukb.runs.store_rewrite import rewrite_runs
from criukb.runs.store_upgrade import open_store

__all__ = ["UNDATED", "check_file", "month_of", "rewrite_runs", "run_files", "write_runs"]


def month_of(table: pa.Table) -> str:
    """Return the month of the run in ``table``, ``YYYY-MM``, or ``unknown``."""
    started = table.column("started_at")[0].as_py() if table.num_rows else None
    return started.strftime("%Y-%m") if started else UNDATED


def write_runs(store: Path, tables: Iterable[pa.Table]) -> list[tuple[Path, bool]]:
    """Write runs, one table each and one after the other; all are complete on the disk before the first is seen.

    A run that is already there is replaced, also inside a larger file and when its month changed; an equal one stays.
    Returns each run's file and whether the run is new.
    Raises CriukbError when the store cannot be written; nothing is left behind then.
    """
    with open_store(store) as work:
        items = [stage(work, table) for table in tables]
        publish(work, items)
        return [(item.path, item.new) for item in items if item.path]


def check_file(path: Path) -> None:
    """Raise CriukbError unless ``path`` is a file of runs in a format that this program reads."""
    check_version(read_index(path))
