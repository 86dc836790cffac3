"""The figures of a report, as plain records; ``criukb.stats.summary`` makes them out of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from criukb.runs.schema import FAILED
from criukb.stats.compare import Compared, Paired
from criukb.stats.rates import Rate, rate


@dataclass(frozen=True, slots=True)
class Counts:
    """Results by outcome. ``ran`` is what rates divide by: passed and failed; skip and not-run are never a pass."""

    by_outcome: Mapping[str, int]
    known: int
    unknown: int

    @property
    def failed(self) -> int:
        """Results that failed: fail, timeout, aborted."""
        return sum(self.by_outcome[o] for o in FAILED)

    @property
    def ran(self) -> int:
        """Results that ran to a verdict of the suite: passed and failed."""
        return self.by_outcome["pass"] + self.failed

    @property
    def failure_rate(self) -> Rate:
        """Failed of ran."""
        return rate(self.failed, self.ran)

    @property
    def known_share(self) -> Rate:
        """Failures with a known cause, of all failures."""
        return rate(self.known, self.failed)


@dataclass(frozen=True, slots=True)
class RunCounts:
    """One run with its counts."""

    run_id: str
    job: str
    started_at: datetime | None
    criu_version: str | None
    kernel: str | None
    arch: str | None
    distro: str | None
    variant: str | None
    attempt: int | None
    counts: Counts


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
    first_seen: datetime | None
    last_seen: datetime | None


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
        """Failed of ran."""
        return rate(self.failed, self.passed + self.failed)


@dataclass(frozen=True, slots=True)
class Flip:
    """A test that both passed and failed in runs of equal configuration: a candidate for a flake, no proof."""

    job: str
    criu_version: str | None
    test: str
    flavor: str
    passed: int
    failed: int
    cause: str | None
    unknown_key: str | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two CRIU versions in one environment (kernel, arch, variant), compared by test and as suites.

    The distributions may differ, and with them libraries and tools: ``distros_a`` and ``distros_b`` name them.
    """

    kernel: str | None
    arch: str | None
    variant: str | None
    version_a: str
    version_b: str
    runs_a: int
    runs_b: int
    distros_a: tuple[str, ...]
    distros_b: tuple[str, ...]
    paired: Paired
    cells: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything a report shows. ``since`` and ``until`` bound the window; ``undated`` runs belong to no week."""

    week: str | None
    since: datetime | None
    until: datetime | None
    undated: int
    runs: tuple[RunCounts, ...]
    total: Counts
    versions: tuple[VersionCounts, ...]
    causes: tuple[CauseCount, ...]
    contrasts: tuple[Contrast, ...]
    flips: tuple[Flip, ...]
    failing: tuple[CaseCount, ...]
    skips: tuple[tuple[str, int], ...]
