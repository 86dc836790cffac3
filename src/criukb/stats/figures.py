"""The records that statistics are made of; ``criukb.stats.measures`` reads them out of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from criukb.runs.schema import FAILED, OUTCOMES
from criukb.stats.rates import Rate, rate


@dataclass(frozen=True, slots=True)
class Counts:
    """Results by outcome. Rates divide by the judged ones: skipped and never-run tests are no data, never a pass."""

    by_outcome: Mapping[str, int]
    known: int = 0
    unknown: int = 0

    @property
    def failed(self) -> int:
        """Results that failed: fail, timeout, aborted."""
        return sum(self.by_outcome.get(outcome, 0) for outcome in FAILED)

    @property
    def judged(self) -> int:
        """Results that say something about the test: passed and failed."""
        return self.by_outcome.get("pass", 0) + self.failed

    @property
    def records(self) -> int:
        """All results."""
        return sum(self.by_outcome.values())

    @property
    def failure_rate(self) -> Rate:
        """Failed of judged."""
        return rate(self.failed, self.judged)


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Return the sum of ``counts``, every outcome included."""
    total = dict.fromkeys(OUTCOMES, 0)
    known = unknown = 0
    for one in counts:
        for outcome, number in one.by_outcome.items():
            total[outcome] += number
        known, unknown = known + one.known, unknown + one.unknown
    return Counts(total, known, unknown)


@dataclass(frozen=True, slots=True)
class Run:
    """One run with its facts (None: not known) and counts; ``timed`` is how many of its results have a duration.

    ``synthetic`` runs were generated and never ran.
    """

    run_id: str
    job: str
    started_at: datetime | None
    criu_version: str | None
    kernel: str | None
    arch: str | None
    distro: str | None
    variant: str | None
    commit: str | None
    attempt: int | None
    timed: int
    counts: Counts
    synthetic: bool = False

    @property
    def week(self) -> str | None:
        """The ISO week of the start in UTC, such as 2026-W48."""
        if self.started_at is None:
            return None
        year, week, _ = self.started_at.isocalendar()
        return f"{year:04d}-W{week:02d}"

    @property
    def configuration(self) -> tuple[str, ...]:
        """What equal runs have in common."""
        facts = (self.job, self.criu_version, self.kernel, self.arch, self.distro, self.variant, self.commit)
        return tuple(fact or "" for fact in facts)


@dataclass(frozen=True, slots=True)
class VersionCounts:
    """All runs of one CRIU version (None: not known) with their counts."""

    criu_version: str | None
    runs: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class CauseCount:
    """Failures with one cause (``cause``), or unknown ones with one masked message (``unknown_key``)."""

    cause: str | None
    unknown_key: str | None
    failures: int
    runs: int
    tests: int
    example_test: str


@dataclass(frozen=True, slots=True)
class CaseCount:
    """One test in one flavor over the window."""

    test: str
    flavor: str | None
    runs: int
    passed: int
    failed: int
    skipped: int
    not_run: int
    known: int
    unknown: int

    @property
    def failure_rate(self) -> Rate:
        """Failed of judged."""
        return rate(self.failed, self.passed + self.failed)


@dataclass(frozen=True, slots=True)
class Flip:
    """A test that passed in one run and failed in an equal one: a candidate for a flake, no proof.

    ``outcomes`` stand in order of the runs.
    """

    job: str
    test: str
    flavor: str | None
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One failure of a group of unknown ones."""

    unknown_key: str | None
    test: str
    flavor: str | None
    step: str | None
    excerpt: str | None
