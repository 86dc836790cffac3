"""The counts behind articles and reports: read from the store with DuckDB, returned as plain records.

A failure is a result with outcome fail, timeout or aborted; judged results are these and the passes.
Skipped and never-run tests are no data: they are counted apart and never as a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

FAILED = ("fail", "timeout", "aborted")
JUDGED = ("pass", *FAILED)
_RUN_SQL = """
SELECT run_id, outcome, count(*) AS n, min(job) AS job, min(started_at) AT TIME ZONE 'UTC' AS started,
       min(criu_version) AS criu, min(kernel) AS kernel, min(arch) AS arch, min(distro) AS distro,
       min(variant) AS variant,
       min("commit") AS revision, min(attempt) AS attempt, count(duration_s) AS timed
FROM results GROUP BY run_id, outcome ORDER BY run_id, outcome
"""
_CAUSE_SQL = """
SELECT run_id, cause, coalesce(unknown_key, '') AS key, count(*) AS n
FROM results WHERE outcome IN ('fail', 'timeout', 'aborted') GROUP BY ALL ORDER BY ALL
"""
_TESTS_SQL = """
SELECT DISTINCT run_id, test FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted') AND cause = $cause ORDER BY ALL
"""
_SKIP_SQL = """
SELECT coalesce(skip_reason, '') AS reason, count(*) AS n FROM results
WHERE outcome = 'skip' AND list_contains($runs, run_id) GROUP BY reason ORDER BY n DESC, reason
"""
_EXAMPLE_SQL = """
SELECT coalesce(unknown_key, '') AS key, test, coalesce(flavor, '') AS flavor, coalesce(step, '') AS step,
       coalesce(log_excerpt, '') AS excerpt
FROM results WHERE outcome IN ('fail', 'timeout', 'aborted') AND cause IS NULL AND list_contains($runs, run_id)
QUALIFY row_number() OVER (PARTITION BY coalesce(unknown_key, '') ORDER BY run_id, test, flavor) = 1 ORDER BY key
"""
_FLIP_SQL = """
SELECT test, coalesce(flavor, '') AS flavor, list(outcome ORDER BY started_at, run_id) AS outcomes,
       list(run_id ORDER BY started_at, run_id) AS runs
FROM results WHERE list_contains($runs, run_id) AND outcome IN ('pass', 'fail', 'timeout', 'aborted')
GROUP BY ALL
HAVING bool_or(outcome <> 'pass') AND bool_or(outcome = 'pass') AND count(DISTINCT run_id) > 1 ORDER BY ALL
"""
_PAIR_SQL = """
WITH verdicts AS (
    SELECT test, flavor, list_contains($old, run_id) AS is_old, bool_or(outcome <> 'pass') AS bad
    FROM results WHERE (list_contains($old, run_id) OR list_contains($new, run_id))
      AND outcome IN ('pass', 'fail', 'timeout', 'aborted') GROUP BY ALL
)
SELECT a.bad AS bad_old, b.bad AS bad_new, count(*) AS n FROM verdicts a JOIN verdicts b
ON a.test = b.test AND a.flavor IS NOT DISTINCT FROM b.flavor AND a.is_old AND NOT b.is_old GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run with its counts by outcome; ``timed`` is how many of its records have a duration."""

    run_id: str
    job: str
    started: datetime | None
    criu: str
    kernel: str
    arch: str
    distro: str
    variant: str
    commit: str
    attempt: int | None
    timed: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Results that failed."""
        return sum(self.counts.get(name, 0) for name in FAILED)

    @property
    def judged(self) -> int:
        """Results that say something about the test."""
        return sum(self.counts.get(name, 0) for name in JUDGED)

    @property
    def records(self) -> int:
        """All records."""
        return sum(self.counts.values())

    @property
    def week(self) -> str:
        """The ISO week of the start in UTC, such as 2026-W48; empty when the start is not known."""
        if self.started is None:
            return ""
        year, week, _ = self.started.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def when(self) -> str:
        """The start in UTC, to the minute."""
        return self.started.strftime("%Y-%m-%d\u00a0%H:%M") if self.started else "?"

    @property
    def label(self) -> str:
        """A name for charts: the job and its start."""
        return f"{self.job}, {self.when[5:]}"


@dataclass(frozen=True, slots=True)
class CauseCount:
    """Failures of one run under one cause (None: unknown, then ``key`` groups them)."""

    run_id: str
    cause: str | None
    key: str
    n: int


@dataclass(frozen=True, slots=True)
class Flip:
    """A test that passed in one run and failed in an equal one; outcomes in order of the runs."""

    test: str
    flavor: str
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One failure of a group of unknown ones."""

    key: str
    test: str
    flavor: str
    step: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Tests judged under two releases: failed under both, only the old, only the new, or none."""

    both: int
    only_old: int
    only_new: int
    none: int

    @property
    def total(self) -> int:
        """All pairs."""
        return self.both + self.only_old + self.only_new + self.none


class Measures:
    """Reads one store; every question is one query. A missing or empty store has no runs."""

    def __init__(self, store: Path) -> None:
        self._db = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "2GB"})
        self._db.execute("SET TimeZone = 'UTC'")
        self.empty = not any(store.glob("**/*.parquet"))
        if not self.empty:
            pattern = str(store / "**" / "*.parquet")
            self._db.read_parquet(pattern, union_by_name=True).create_view("results")
        self.runs: tuple[Run, ...] = self._runs()
        self.causes: tuple[CauseCount, ...] = tuple(CauseCount(**row) for row in self._rows(_CAUSE_SQL))

    def _rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        if self.empty:
            return []
        result = self._db.execute(sql, params) if params else self._db.execute(sql)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _runs(self) -> tuple[Run, ...]:
        runs: dict[str, Run] = {}
        timed: dict[str, int] = {}
        for row in self._rows(_RUN_SQL):
            run = runs.setdefault(row["run_id"], _run(row))
            run.counts[row["outcome"]] = row["n"]
            timed[run.run_id] = timed.get(run.run_id, 0) + row["timed"]
        full = [Run(**{**_fields(run), "timed": timed[run.run_id]}) for run in runs.values()]
        return tuple(sorted(full, key=lambda run: (run.when, run.run_id)))

    def weeks(self) -> list[str]:
        """Return the ISO weeks in which runs started, sorted."""
        return sorted({run.week for run in self.runs if run.week})

    def of_week(self, week: str) -> tuple[Run, ...]:
        """Return the runs of one ISO week, by start."""
        return tuple(run for run in self.runs if run.week == week)

    def hits(self, cause: str) -> dict[str, int]:
        """Return the failures with ``cause`` per run id; runs without one are left out."""
        hits: dict[str, int] = {}
        for count in self.causes:
            if count.cause == cause:
                hits[count.run_id] = hits.get(count.run_id, 0) + count.n
        return hits

    def tests(self, cause: str) -> list[str]:
        """Return the tests that failed with ``cause``."""
        return sorted({row["test"] for row in self._rows(_TESTS_SQL, cause=cause)})

    def skips(self, runs: Iterable[Run]) -> list[tuple[str, int]]:
        """Return (reason, records), most frequent first."""
        rows = self._rows(_SKIP_SQL, runs=_ids(runs))
        return [(row["reason"], row["n"]) for row in rows]

    def examples(self, runs: Iterable[Run]) -> dict[str, Example]:
        """Return one failure per group of unknown ones."""
        return {row["key"]: Example(**row) for row in self._rows(_EXAMPLE_SQL, runs=_ids(runs))}

    def flips(self, runs: Iterable[Run]) -> list[Flip]:
        """Return the tests whose outcome differs among ``runs``, which should be equal ones."""
        rows = self._rows(_FLIP_SQL, runs=_ids(runs))
        return [Flip(row["test"], row["flavor"], tuple(row["outcomes"])) for row in rows]

    def pairs(self, old: Iterable[Run], new: Iterable[Run]) -> Pairs:
        """Count the tests that both groups judged, by where they failed at least once."""
        rows = self._rows(_PAIR_SQL, old=_ids(old), new=_ids(new))
        found = {(row["bad_old"], row["bad_new"]): row["n"] for row in rows}
        cells = [(True, True), (True, False), (False, True), (False, False)]
        return Pairs(*(found.get(cell, 0) for cell in cells))


def _ids(runs: Iterable[Run]) -> list[str]:
    return sorted(run.run_id for run in runs)


def _fields(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in Run.__dataclass_fields__}


def _run(row: dict[str, Any]) -> Run:
    started = row["started"]
    return Run(
        run_id=row["run_id"],
        job=row["job"],
        started=started.replace(tzinfo=UTC) if started else None,
        commit=row["revision"] or "",
        attempt=row["attempt"],
        criu=row["criu"] or "?",
        kernel=row["kernel"] or "?",
        arch=row["arch"] or "?",
        distro=row["distro"] or "?",
        variant=row["variant"] or "",
    )


def total(runs: Sequence[Run], outcome: str) -> int:
    """Return the records with ``outcome`` over all ``runs``."""
    return sum(run.counts.get(outcome, 0) for run in runs)
