"""The rows of a history: what a store says about weeks, tests, causes and attempts over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from criukb.stats.figures import Counts
from criukb.stats.rates import Rate, rate

Case = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class WeekCount:
    """The first attempts of one ISO week, such as 2026-W48."""

    week: str
    monday: datetime
    runs: int
    jobs: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class CaseWeek:
    """One test in one flavor in one week: failed of judged results."""

    test: str
    flavor: str | None
    week: str
    n_failed: int
    n_ran: int


@dataclass(frozen=True, slots=True)
class CaseWindows:
    """One test in one flavor before the week and in it, in the jobs that judged it in both."""

    test: str
    flavor: str | None
    before_failed: int
    before_ran: int
    after_failed: int
    after_ran: int


@dataclass(frozen=True, slots=True)
class CaseTotal:
    """One test in one flavor: failed of judged results."""

    test: str
    flavor: str | None
    n_failed: int
    n_ran: int


@dataclass(frozen=True, slots=True)
class JobSequence:
    """One test in one flavor over the runs of one job, in order of their start; all numbers count runs."""

    job: str
    variant: str | None
    test: str
    flavor: str | None
    runs: int
    n_failed: int
    flips: int
    until_first: int
    since_last: int
    current_failed: int
    current_passed: int
    longest_failed: int
    longest_passed: int
    first_failed_at: datetime
    last_failed_at: datetime

    @property
    def case(self) -> Case:
        """Test and flavor."""
        return self.test, self.flavor


@dataclass(frozen=True, slots=True)
class SameCommit:
    """One test in one flavor: of ``n_groups`` of equal runs on one commit, ``n_flaky`` hold passes and failures."""

    test: str
    flavor: str | None
    n_groups: int
    n_flaky: int
    n_runs: int
    n_failed: int
    example_commit: str | None

    @property
    def groups(self) -> Rate:
        """Groups with both outcomes, of all that could show it."""
        return rate(self.n_flaky, self.n_groups)


@dataclass(frozen=True, slots=True)
class CaseCause:
    """Failures of one test in one flavor with one cause (None: no entry knows it)."""

    test: str
    flavor: str | None
    cause: str | None
    failures: int
    runs: int


@dataclass(frozen=True, slots=True)
class Level:
    """Judged results with one value of a factor, such as one kernel; None is not known."""

    factor: str
    level: str | None
    runs: int
    n_ran: int
    n_failed: int
    n_known: int

    @property
    def failure_rate(self) -> Rate:
        """Failed of judged."""
        return rate(self.n_failed, self.n_ran)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One cause (kind ``entry``), or one masked message that no entry knows (``unknown``), over time.

    ``chances`` are the runs that could show it, numbered from 1 by start; ``first_place`` and ``last_place`` are the
    first and the last one that did. The gap is the longest row of clean chances after at least three sightings that
    ended with another one; its fields are None when there was none. All counts are of the history's weeks;
    ``first_seen`` is the first sighting in the whole store, and ``older`` says that it lies before them.
    """

    kind: str
    name: str
    failures: int
    tests: int
    jobs: int
    example_test: str
    chances: int
    recent_chances: int
    seen_runs: int
    recent_runs: int
    first_place: int
    last_place: int
    first_seen: datetime
    last_seen: datetime
    gap_clean: int | None = None
    gap_place: int | None = None
    gap_seen: int | None = None
    returned_at: datetime | None = None
    older: bool = False


@dataclass(frozen=True, slots=True)
class AttemptPair:
    """One test in one flavor in pairs of a first and a second attempt, by which of them failed."""

    test: str
    flavor: str | None
    both_failed: int
    first_only: int
    second_only: int
    none: int


@dataclass(frozen=True, slots=True)
class AttemptCost:
    """All runs of one attempt number; ``milliseconds`` sums the ``n_timed`` results that have a duration."""

    attempt: int
    runs: int
    n_ran: int
    n_failed: int
    n_timed: int
    milliseconds: int | None


@dataclass(frozen=True, slots=True)
class CaseDurations:
    """Seconds of the latest passes of one test in one flavor within a job, before the week and in it, sorted."""

    job: str
    test: str
    flavor: str | None
    before: tuple[float, ...]
    after: tuple[float, ...]
