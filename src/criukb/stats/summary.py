"""The figures of a report out of the store: runs, outcomes, causes, contrasts of versions, flips, failing tests."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from criukb.runs.engine import query, week_window, window
from criukb.runs.schema import OUTCOMES
from criukb.stats.compare import Cell, compare_cells, pair_suites
from criukb.stats.figures import CaseCount, CauseCount, Contrast, Counts, Flip, RunCounts, Summary, VersionCounts

__all__ = [
    "CaseCount",
    "CauseCount",
    "Contrast",
    "Counts",
    "Flip",
    "RunCounts",
    "Summary",
    "VersionCounts",
    "summarize",
    "weeks",
]

_NUMBER = re.compile(r"\d+")
_Row = Mapping[str, Any]
_Side = dict[tuple[str, str], _Row]


def weeks(store: Path) -> list[str]:
    """Return the ISO weeks in which runs started, such as ``2026-W48``, sorted."""
    times = [row["started_at"] for row in _rows(store, "start_times") if row["started_at"]]
    return sorted({f"{t.isocalendar().year:04d}-W{t.isocalendar().week:02d}" for t in times})


def summarize(store: Path, week: str | None = None) -> Summary:
    """Return the figures of the ISO week ``week``, or of all runs without it."""
    bounds = week_window(week) if week else window()
    runs = run_counts(store, bounds)
    return Summary(
        week=week,
        since=bounds["since"] if week else None,
        until=bounds["until"] if week else None,
        undated=sum(row["runs"] for row in _rows(store, "start_times") if row["started_at"] is None),
        runs=tuple(runs),
        total=add_counts(run.counts for run in runs),
        versions=tuple(version_counts(store, bounds)),
        causes=tuple(cause_counts(store, bounds)),
        contrasts=tuple(contrasts(store, bounds, runs)),
        flips=tuple(flips(store, bounds)),
        failing=tuple(t for t in case_counts(store, bounds) if t.failed),
        skips=tuple((row["skip_reason"] or "", row["tests"]) for row in _rows(store, "skips", bounds)),
    )


def run_counts(store: Path, bounds: Mapping[str, Any]) -> list[RunCounts]:
    """Return the runs of the window by start time."""
    names = ("run_id", "job", "started_at", "criu_version", "kernel", "arch", "distro", "variant", "attempt")
    rows = _rows(store, "run_outcomes", bounds)
    return [RunCounts(**{name: row[name] for name in names}, counts=_counts(row)) for row in rows]


def version_counts(store: Path, bounds: Mapping[str, Any]) -> list[VersionCounts]:
    """Return the counts by CRIU version, older versions first."""
    rows = _rows(store, "version_outcomes", bounds)
    found = [VersionCounts(row["criu_version"], row["runs"], _counts(row)) for row in rows]
    return sorted(found, key=lambda v: version_key(v.criu_version))


def cause_counts(store: Path, bounds: Mapping[str, Any]) -> list[CauseCount]:
    """Return the failures by cause, most frequent first."""
    return [CauseCount(**row) for row in _rows(store, "causes", bounds)]


def case_counts(store: Path, bounds: Mapping[str, Any]) -> list[CaseCount]:
    """Return the results by test and flavor, most failures first."""
    columns = {"passed": "n_pass", "failed": "n_failed", "skipped": "n_skip", "not_run": "n_not_run"}
    columns |= {"known": "n_known", "unknown": "n_unknown", "test": "test", "flavor": "flavor", "runs": "runs"}
    return [CaseCount(**{k: row[v] for k, v in columns.items()}) for row in _rows(store, "test_outcomes", bounds)]


def flips(store: Path, bounds: Mapping[str, Any]) -> list[Flip]:
    """Return the tests that both passed and failed in runs of equal job, versions, variant, commit and options."""
    names = ("job", "criu_version", "test", "flavor", "cause", "unknown_key")
    rows = _rows(store, "flips", bounds)
    return [Flip(**{n: row[n] for n in names}, passed=row["n_pass"], failed=row["n_failed"]) for row in rows]


def contrasts(store: Path, bounds: Mapping[str, Any], runs: Iterable[RunCounts]) -> list[Contrast]:
    """Return each pair of CRIU versions that ran in one environment, the older version as group a."""
    groups: dict[tuple[Any, ...], list[RunCounts]] = defaultdict(list)
    for run in runs:
        groups[run.kernel, run.arch, run.variant, run.criu_version].append(run)
    places: dict[tuple[Any, Any, Any], dict[str, _Side]] = defaultdict(dict)
    for row in _rows(store, "version_cells", bounds):
        versions = places[row["kernel"], row["arch"], row["variant"]]
        versions.setdefault(row["criu_version"], {})[row["test"], row["flavor"]] = row
    return [
        _contrast(place, (a, b), versions, [groups[*place, a], groups[*place, b]])
        for place, versions in places.items()
        for a, b in combinations(sorted(versions, key=version_key), 2)
    ]


def _contrast(
    place: tuple[Any, Any, Any], names: tuple[str, str], sides: Mapping[str, _Side], runs: list[list[RunCounts]]
) -> Contrast:
    cells = _cells(sides[names[0]], sides[names[1]])
    distros_a, distros_b = (tuple(sorted({run.distro for run in group if run.distro})) for group in runs)
    return Contrast(
        kernel=place[0],
        arch=place[1],
        variant=place[2],
        version_a=names[0],
        version_b=names[1],
        runs_a=len(runs[0]),
        runs_b=len(runs[1]),
        distros_a=distros_a,
        distros_b=distros_b,
        paired=pair_suites(cells),
        cells=tuple(compare_cells(cells)),
    )


def _cells(a: _Side, b: _Side) -> list[Cell]:
    """Pair by test and flavor; a side in which the flavor never ran has 0 of 0."""
    nothing: _Row = {"n_failed": 0, "n_pass": 0, "cause": None}
    cells = []
    for test, flavor in sorted(a.keys() | b.keys()):
        x, y = a.get((test, flavor), nothing), b.get((test, flavor), nothing)
        ran_x, ran_y = x["n_failed"] + x["n_pass"], y["n_failed"] + y["n_pass"]
        cells.append(Cell(test, flavor, x["n_failed"], ran_x, y["n_failed"], ran_y, x["cause"], y["cause"]))
    return cells


def version_key(version: str | None) -> tuple[bool, tuple[int, ...], str]:
    """Return a key that sorts versions by number, the unknown one last."""
    return (version is None, tuple(int(n) for n in _NUMBER.findall(version or "")), version or "")


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Return the sum of ``counts``."""
    total = dict.fromkeys(OUTCOMES, 0)
    known = unknown = 0
    for one in counts:
        for outcome in OUTCOMES:
            total[outcome] += one.by_outcome[outcome]
        known, unknown = known + one.known, unknown + one.unknown
    return Counts(total, known, unknown)


def _counts(row: Mapping[str, Any]) -> Counts:
    columns = {outcome: row[f"n_{outcome.replace('-', '_')}"] for outcome in OUTCOMES}
    return Counts(columns, row["n_known"], row["n_unknown"])


def _rows(store: Path, name: str, bounds: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = query(store, name, **(bounds or {})).to_pylist()
    return found
