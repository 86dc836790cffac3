"""Synthetic runs onto disk, one file per run or many runs per file, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from criukb.errors import CriukbError
from criukb.runs.schema import FAILED
from criukb.runs.store import month_of, write_runs
from criukb.runs.store_files import entry_of
from criukb.runs.store_parts import PartWriter

_AT_ONCE: Final = 64
_Totals = tuple[int, int, int]


def write_single(store: Path, runs: Iterable[pa.Table]) -> _Totals:
    """Write one file per run; return the numbers of runs, rows and failures."""
    totals = (0, 0, 0)
    source = iter(runs)
    while some := list(islice(source, _AT_ONCE)):
        write_runs(store, some)
        for run in some:
            totals = _added(totals, run)
    return totals


def write_months(store: Path, runs: Iterable[pa.Table]) -> _Totals:
    """Write parts of about a million rows, each of one month, as compaction does; return the same as write_single."""
    totals = (0, 0, 0)
    writers: dict[str, PartWriter] = {}
    try:
        for run in runs:
            totals = _added(totals, run)
            _writer(store, month_of(run), writers).add(entry_of(run), run)
        for _, writer in sorted(writers.items()):
            writer.close()
    except OSError as error:
        hint = "check permissions and free space, or choose another --out"
        raise CriukbError.at(store, f"cannot be written: {error.strerror or error}", hint) from error
    finally:
        for writer in writers.values():
            writer.abandon()
    return totals


def _writer(store: Path, month: str, writers: dict[str, PartWriter]) -> PartWriter:
    if month not in writers:
        folder = store / f"month={month}"
        folder.mkdir(parents=True, exist_ok=True)
        writers[month] = PartWriter(folder)
    return writers[month]


def _added(totals: _Totals, run: pa.Table) -> _Totals:
    failed = pc.sum(pc.is_in(run.column("outcome"), pa.array(FAILED))).as_py() or 0
    return totals[0] + 1, totals[1] + run.num_rows, totals[2] + failed
