"""The questions about time: each is one query over a week and the weeks before it, answered in plain records."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from criukb.runs.engine import DUCKDB, Engine, query, week_window, window
from criukb.runs.schema import OUTCOMES
from criukb.stats.figures import Counts, Run
from criukb.stats.measures import Measures
from criukb.stats.outages import outages
from criukb.stats.records import (
    AttemptCost,
    AttemptPair,
    Case,
    CaseCause,
    CaseDurations,
    CaseTotal,
    CaseWeek,
    CaseWindows,
    JobSequence,
    SameCommit,
    Sighting,
    WeekCount,
)
from criukb.stats.setups import Setup, setup_runs

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

BASELINE_WEEKS = 8
HISTORY_WEEKS = 13  # a quarter: what lies further back says little about today, and costs a report its time
SETUP_CLASSES = frozenset({"environment", "usage"})
_NONE = ["?"]  # Spark gives an empty list no type; no run and no cause has this name
_Record = TypeVar("_Record")


class History:
    """The runs of ``week`` (without: of the last week in which one started) and of ``HISTORY_WEEKS`` weeks before it.

    Only ``seen`` looks further back. A missing or empty store has no week and no rows.
    Raises CriukbError for a damaged file, or for what is no ISO week.
    """

    def __init__(self, store: Path, kb: KnowledgeBase, week: str | None = None, *, engine: Engine = DUCKDB) -> None:
        self.store, self.kb, self.engine = store, kb, engine
        self.week = week or max(Measures(store, engine=engine).weeks(), default=None)
        bounds = week_window(self.week) if self.week else window()
        self.split: datetime = bounds["since"]
        self.until: datetime = bounds["until"]
        self.bounds = window(self.start, self.until) if self.week else window()
        self.measures = Measures(store, self.bounds, engine=engine)

    @property
    def start(self) -> datetime:
        """Where the history begins: ``HISTORY_WEEKS`` weeks before the week."""
        return _weeks_before(self.split, HISTORY_WEEKS) if self.week else self.split

    @property
    def baseline(self) -> datetime:
        """Where the weeks begin that the week is compared with: eight before it."""
        return _weeks_before(self.split, BASELINE_WEEKS) if self.week else self.split

    @cached_property
    def outages(self) -> list[Run]:
        """The runs in which the environment was out, see ``criukb.stats.outages``."""
        return outages(self.measures.runs)

    @cached_property
    def setups(self) -> list[Setup]:
        """The runs that were set up badly, see ``criukb.stats.setups``."""
        return setup_runs(self.measures, self.kb)

    @cached_property
    def environment_causes(self) -> frozenset[str]:
        """The causes of the classes environment and usage: they speak of a set-up and not of a test."""
        entries = (folder.entry for folder in self.kb.causes())
        return frozenset(entry.id for entry in entries if entry.flake_class in SETUP_CLASSES)

    @cached_property
    def without_runs(self) -> list[str]:
        """The ids of the runs that say nothing about tests: outages and bad set-ups."""
        return sorted({run.run_id for run in self.outages} | {setup.run.run_id for setup in self.setups})

    def _without(self) -> dict[str, list[str]]:
        return {
            "without_runs": self.without_runs or _NONE,
            "without_causes": sorted(self.environment_causes) or _NONE,
        }

    def _rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        bounds = {"since": self.bounds["since"], "until": self.until}
        return query(self.store, name, engine=self.engine, **bounds | params).to_pylist()  # type: ignore[no-any-return]

    def _records(self, kind: type[_Record], name: str, **params: Any) -> tuple[_Record, ...]:
        return tuple(kind(**row) for row in self._rows(name, **params))

    @cached_property
    def weeks(self) -> tuple[WeekCount, ...]:
        """The weeks with runs, in order; first attempts only."""
        return tuple(_week(row) for row in self._rows("weeks"))

    @cached_property
    def case_weeks(self) -> tuple[CaseWeek, ...]:
        """The weeks of each test that failed; without bad runs and environment causes, first attempts only."""
        rows = self._rows("test_weeks", **self._without())
        return tuple(CaseWeek(**row | {"week": iso_week(row["week"])}) for row in rows)

    @cached_property
    def windows(self) -> tuple[CaseWindows, ...]:
        """Each test in the weeks before and in the week; without bad runs and environment causes."""
        return self._records(CaseWindows, "test_windows", since=self.baseline, split=self.split, **self._without())

    @cached_property
    def own_cases(self) -> tuple[CaseTotal, ...]:
        """Each test with its judged results; without bad runs and environment causes."""
        return self._records(CaseTotal, "own_outcomes", undated=self.week is None, **self._without())

    @cached_property
    def case_failures(self) -> dict[Case, int]:
        """The failures of each test, also of one that never ran; all of them, whatever the run or the cause."""
        rows = self._rows("test_failures", undated=self.week is None)
        return {(row["test"], row["flavor"]): row["n_failed"] for row in rows}

    @cached_property
    def sequences(self) -> tuple[JobSequence, ...]:
        """Each test that failed, job by job; without bad runs and environment causes."""
        return self._records(JobSequence, "test_sequences", **self._without())

    @cached_property
    def same_commit(self) -> tuple[SameCommit, ...]:
        """Each failing test with two and more equal runs on one commit; without bad runs and environment causes."""
        return self._records(SameCommit, "same_commit", undated=self.week is None, **self._without())

    @cached_property
    def case_causes(self) -> tuple[CaseCause, ...]:
        """The failures of each test by cause; without bad runs."""
        return self._records(
            CaseCause, "test_causes", undated=self.week is None, without_runs=self._without()["without_runs"]
        )

    @cached_property
    def sightings(self) -> tuple[Sighting, ...]:
        """Each cause and each unknown message that the history shows, most failures first; first seen in the store."""
        rows = self._rows("sightings", split=self.split)
        firsts = [self.seen[row["kind"], row["name"]] for row in rows]
        facts = ({"first_seen": first, "older": first < self.bounds["since"]} for first in firsts)
        return tuple(Sighting(**row | fact) for row, fact in zip(rows, facts, strict=True))

    @cached_property
    def seen(self) -> dict[tuple[str, str], datetime]:
        """When each cause (entry) and each message (unknown) was first seen, in all runs up to the end of the week."""
        rows = self._rows("first_sightings", since=window()["since"])
        return {(row["kind"], row["name"]): row["first_seen"] for row in rows}

    @cached_property
    def has_earlier(self) -> bool:
        """Whether the store holds a run before the week: one of the history, or a failure before it."""
        dated = (run.started_at for run in self.measures.runs if run.started_at)
        return any(moment < self.split for moment in (*dated, *self.seen.values()))

    @cached_property
    def attempt_pairs(self) -> tuple[AttemptPair, ...]:
        """Each test in pairs of a first and a second attempt."""
        return self._records(AttemptPair, "attempts")

    @cached_property
    def attempt_costs(self) -> tuple[AttemptCost, ...]:
        """Runs and time by number of the attempt."""
        return self._records(AttemptCost, "attempt_costs", undated=self.week is None)

    @cached_property
    def durations(self) -> tuple[CaseDurations, ...]:
        """The latest durations of passes before the week and in it, where both are there."""
        sides: dict[tuple[str, ...], dict[bool, tuple[float, ...]]] = defaultdict(dict)
        names: dict[tuple[str, ...], tuple[str, str, str | None]] = {}
        for row in self._rows("durations", since=self.baseline, split=self.split):
            key = tuple(row[name] or "" for name in ("job", "variant", "test", "flavor"))
            names[key] = (row["job"], row["test"], row["flavor"])
            sides[key][row["is_recent"]] = tuple(row["seconds"])
        both = (key for key in sides if len(sides[key]) == len((False, True)))
        return tuple(CaseDurations(*names[key], sides[key][False], sides[key][True]) for key in both)

    @cached_property
    def failures_by_run(self) -> tuple[dict[str, set[str]], int]:
        """The failed tests of each of the last 1,000 runs, without bad ones, and how many runs these are."""
        rows = self._rows("run_failures", **self._without())
        return {row["run_id"]: set(row["tests"]) for row in rows}, max((row["runs"] for row in rows), default=0)


def _weeks_before(moment: datetime, weeks: int) -> datetime:
    first: datetime = window()["since"]
    return max(first, moment - timedelta(weeks=weeks))


def iso_week(monday: datetime) -> str:
    """Return the ISO week that a moment lies in, such as 2026-W48."""
    year, week, _ = monday.isocalendar()
    return f"{year:04d}-W{week:02d}"


def weeks_between(first: str, last: str) -> list[str]:
    """Return all ISO weeks from ``first`` to ``last``, those without runs too."""
    start, end = week_window(first)["since"], week_window(last)["since"]
    return [iso_week(start + timedelta(weeks=n)) for n in range((end - start).days // 7 + 1)]


def _week(row: dict[str, Any]) -> WeekCount:
    outcomes = dict.fromkeys(OUTCOMES, 0) | {
        "pass": row["n_pass"],
        "fail": row["n_failed"],
        "skip": row["n_skip"],
        "not-run": row["n_not_run"],
    }
    counts = Counts(outcomes, row["n_known"], row["n_unknown"])
    return WeekCount(iso_week(row["week"]), row["week"], row["runs"], row["jobs"], counts)
