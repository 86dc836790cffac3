"""Every question that reports ask of the store: each is one query of ``runs/queries``, answered in plain records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from criukb.match.versions import version_key
from criukb.runs.engine import DUCKDB, Engine, query, week_window, window
from criukb.runs.schema import OUTCOMES
from criukb.stats.figures import (
    CaseCount,
    CauseCount,
    Counts,
    Example,
    Flip,
    Run,
    VersionCounts,
    add_counts,
)
from criukb.stats.pairing import Pairs
from criukb.stats.records import Level

_Row = dict[str, Any]
_RUN_FACTS = ("run_id", "job", "started_at", "criu_version", "kernel", "arch", "distro", "variant", "commit", "attempt")
_CASE_COLUMNS = {
    "test": "test",
    "flavor": "flavor",
    "runs": "runs",
    "passed": "n_pass",
    "failed": "n_failed",
    "skipped": "n_skip",
    "not_run": "n_not_run",
    "known": "n_known",
    "unknown": "n_unknown",
}


class Measures:
    """The runs of ``store`` that started within ``bounds`` (see ``criukb.runs.engine.window``; without, all runs).

    Each question is asked once. A missing or empty store has no runs. Raises CriukbError for a damaged file.
    """

    def __init__(self, store: Path, bounds: Mapping[str, Any] | None = None, *, engine: Engine = DUCKDB) -> None:
        self.store, self.engine = store, engine
        self._bounds = window() if bounds is None else bounds

    def of_week(self, week: str) -> Measures:
        """Return the measures of the runs of one ISO week; CriukbError when ``week`` is none."""
        return Measures(self.store, week_window(week), engine=self.engine)

    def before_week(self, week: str) -> Measures:
        """Return the measures of the runs that started before an ISO week."""
        return Measures(self.store, window(end=week_window(week)["since"]), engine=self.engine)

    def undated(self) -> Measures:
        """Return the measures of the runs whose start is not known."""
        nothing = window()["until"]
        return Measures(self.store, window() | {"since": nothing}, engine=self.engine)

    def _rows(self, name: str) -> list[_Row]:
        return query(self.store, name, engine=self.engine, **self._bounds).to_pylist()  # type: ignore[no-any-return]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs by start; undated ones last."""
        return tuple(_run(row) for row in self._rows("run_outcomes"))

    @cached_property
    def total(self) -> Counts:
        """The counts of all runs together."""
        return add_counts(run.counts for run in self.runs)

    @cached_property
    def causes(self) -> tuple[CauseCount, ...]:
        """The failures by cause, most frequent first; unknown ones by their masked message."""
        return tuple(CauseCount(**row) for row in self._rows("causes"))

    @cached_property
    def _run_causes(self) -> dict[str, dict[str | None, int]]:
        found: dict[str, dict[str | None, int]] = defaultdict(dict)
        for row in self._rows("run_causes"):
            found[row["run_id"]][row["cause"]] = row["failures"]
        return found

    @cached_property
    def cases(self) -> tuple[CaseCount, ...]:
        """The results by test and flavor, most failures first."""
        rows = self._rows("test_outcomes")
        return tuple(CaseCount(**{name: row[column] for name, column in _CASE_COLUMNS.items()}) for row in rows)

    @cached_property
    def flips(self) -> tuple[Flip, ...]:
        """The tests that both passed and failed in equal runs: job, versions, variant, commit and options."""
        groups = [list(rows) for _, rows in groupby(self._rows("flips"), key=lambda row: row | {"outcome": ""})]
        return tuple(_flip(rows) for rows in groups)

    @cached_property
    def skips(self) -> tuple[tuple[str, int], ...]:
        """Skipped results by reason, most frequent first; the reason may be empty."""
        return tuple((row["reason"], row["skips"]) for row in self._rows("skips"))

    @cached_property
    def examples(self) -> dict[str | None, Example]:
        """One failure per group of unknown ones."""
        return {row["unknown_key"]: Example(**row) for row in self._rows("unknown_examples")}

    @cached_property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """The levels of each factor: flavor, kernel, criu_version, arch, job."""
        found: dict[str, list[Level]] = defaultdict(list)
        for row in self._rows("levels"):
            found[row["factor"]].append(Level(**row))
        return {factor: tuple(levels) for factor, levels in found.items()}

    def weeks(self) -> list[str]:
        """Return the ISO weeks in which runs started, sorted."""
        return sorted({run.week for run in self.runs if run.week})

    def versions(self) -> list[VersionCounts]:
        """Return the counts by CRIU version, older versions first, the unknown one last."""
        groups: dict[str | None, list[Run]] = defaultdict(list)
        for run in self.runs:
            groups[run.criu_version].append(run)
        found = [VersionCounts(v, len(runs), add_counts(r.counts for r in runs)) for v, runs in groups.items()]
        return sorted(found, key=lambda one: _version_order(one.criu_version))

    def equal_runs(self) -> list[tuple[Run, ...]]:
        """Return the groups of two and more runs of equal configuration."""
        groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
        for run in self.runs:
            groups[run.configuration].append(run)
        return [tuple(runs) for _, runs in sorted(groups.items()) if len(runs) > 1]

    def by_cause(self, runs: Iterable[Run]) -> Counter[str | None]:
        """Return the failures of ``runs`` by cause; None counts the unknown ones."""
        counts: Counter[str | None] = Counter()
        for run in runs:
            counts.update(self._run_causes.get(run.run_id, {}))
        return counts

    def hits(self, causes: Iterable[str]) -> Counter[str]:
        """Return the failures with one of ``causes`` per run id; runs without one are left out."""
        wanted = set(causes)
        sums = {run: sum(n for cause, n in found.items() if cause in wanted) for run, found in self._run_causes.items()}
        return Counter({run: failures for run, failures in sums.items() if failures})

    def tests(self, causes: Iterable[str]) -> list[str]:
        """Return the tests that failed with one of ``causes``."""
        table = query(self.store, "cause_tests", engine=self.engine, causes=sorted(causes), **self._bounds)
        return table.column("test").to_pylist()  # type: ignore[no-any-return]

    def pairs(self, old: Iterable[Run], new: Iterable[Run]) -> Pairs:
        """Count the tests (by flavor) that both groups judged, by where they failed at least once."""
        groups = {"old": _ids(old), "new": _ids(new)}
        rows = query(self.store, "release_pairs", engine=self.engine, **groups, **self._bounds).to_pylist()
        names = {(1, 1): "both", (1, 0): "only_old", (0, 1): "only_new", (0, 0): "none"}
        return Pairs(**{names[row["failed_old"], row["failed_new"]]: row["tests"] for row in rows})


def _run(row: _Row) -> Run:
    outcomes = {outcome: row[f"n_{outcome.replace('-', '_')}"] for outcome in OUTCOMES}
    counts = Counts(outcomes, row["n_known"], row["n_unknown"])
    facts = {name: row[name] for name in _RUN_FACTS}
    return Run(**facts, timed=row["timed"], counts=counts, synthetic=row["n_synthetic"] > 0)


def _flip(rows: Sequence[_Row]) -> Flip:
    first = rows[0]
    return Flip(first["job"], first["test"], first["flavor"], tuple(row["outcome"] for row in rows))


def _ids(runs: Iterable[Run]) -> list[str]:
    return sorted(run.run_id for run in runs)


def _version_order(version: str | None) -> tuple[bool, tuple[int, ...], str]:
    return version is None, version_key(version or "") or (), version or ""
