"""Parameters for every query of the store, and stores that have what makes engines differ."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from criukb.paths import SAMPLE_DIR
from criukb.runs.engine import sql, window
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.store import run_files
from criukb.runs.synthetic import Scenario, write_history
from runfakes import FakeDiagnoser

QUERIES = sorted(f.name.removesuffix(".sql") for f in files("criukb.runs").joinpath("queries").iterdir())
SPLIT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_PARAMETER = re.compile(r"\$(\w+)")


def parameters(store: Path, name: str, split: datetime = SPLIT) -> dict[str, Any]:
    """Return values for all parameters of ``queries/NAME.sql``; KeyError for one that has no case here yet."""
    runs = sorted({run for path in run_files(store) for run in _runs(path)})
    known = window() | {
        "split": split,
        "old": runs[::2],
        "new": runs[1::2],
        "causes": ["rlimit-denied", "synthetic-cause-03"],
        "without_causes": ["rlimit-denied", "synthetic-cause-01"],
        "without_runs": runs[:1],
    }
    return {parameter: known[parameter] for parameter in _PARAMETER.findall(sql(name))}


def _runs(path: Path) -> set[str]:
    return set(pq.read_table(path, columns=["run_id"], partitioning=None).column("run_id").to_pylist())


def odd_store(folder: Path) -> Path:
    """Write a synthetic history with nulls, duplicates, undated runs, retries and equal commits; SPLIT lies within."""
    scenario = Scenario(
        seed=5, start=datetime(2026, 11, 9, tzinfo=UTC), weeks=4, runs=60, tests=8, jobs=3, flavors=("h", "uns"),
        flaky=3, flaky_rate=0.4, regressions=1, fixes=1, bursts=1, configured=1, groups=1, group_size=2,
        duration_shifts=1, undated=0.2, bare=0.2, repeated=0.3, not_run=0.1, messages=6, slots_per_commit=3,
    )  # fmt: skip
    write_history(scenario, folder, compact=True)
    return folder


def mixed_store(folder: Path) -> Path:
    """Write the five sample consoles, and among them the history of ``odd_store``."""
    odd_store(folder)
    ingest([SAMPLE_DIR], folder, RunMeta(), FakeDiagnoser())
    return folder
