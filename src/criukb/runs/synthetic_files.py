"""Synthetic runs onto disk, one file per run or many runs per file, with bounded memory."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from criukb.errors import CriukbError
from criukb.runs.schema import FAILED
from criukb.runs.store import month_of, write_runs

_FILE_ROWS: Final = 1_000_000
_GROUP_ROWS: Final = 122_880  # DuckDB reads row groups of this size best
_Totals = tuple[int, int, int]


def write_single(store: Path, runs: Iterable[pa.Table]) -> _Totals:
    """Write one file per run; return the numbers of runs, rows and failures."""
    totals = (0, 0, 0)
    for run in runs:
        write_runs(store, [run])
        totals = _added(totals, run)
    return totals


def write_months(store: Path, runs: Iterable[pa.Table]) -> _Totals:
    """Write files of about a million rows, each of one month; return the numbers of runs, rows and failures."""
    totals = (0, 0, 0)
    waiting: dict[str, list[pa.Table]] = defaultdict(list)
    for run in runs:
        totals = _added(totals, run)
        month = month_of(run)
        waiting[month].append(run)
        if sum(table.num_rows for table in waiting[month]) >= _FILE_ROWS:
            _write(store, month, waiting.pop(month))
    for month, tables in sorted(waiting.items()):
        _write(store, month, tables)
    return totals


def _write(store: Path, month: str, tables: list[pa.Table]) -> None:
    ids = "\n".join(table.column("run_id")[0].as_py() for table in tables)
    name = hashlib.sha256(ids.encode()).hexdigest()[:24]
    folder = store / f"month={month}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            pa.concat_tables(tables),
            folder / f"synthetic-{name}.parquet",
            compression="zstd",
            use_dictionary=True,
            row_group_size=_GROUP_ROWS,
        )
    except OSError as error:
        hint = "check permissions and free space, or choose another --out"
        raise CriukbError.at(store, f"cannot be written: {error.strerror or error}", hint) from error


def _added(totals: _Totals, run: pa.Table) -> _Totals:
    failed = pc.sum(pc.is_in(run.column("outcome"), pa.array(FAILED))).as_py() or 0
    return totals[0] + 1, totals[1] + run.num_rows, totals[2] + failed
