"""What the history says: the tests of ``criukb.stats`` applied to its rows, ready for tables and reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from criukb.stats.changepoints import ChangePoint, change_points
from criukb.stats.cofailures import Group, cofailing
from criukb.stats.control import ControlChart, ControlPoint, p_chart
from criukb.stats.differences import Difference, differences
from criukb.stats.durations import Slower, slower
from criukb.stats.figures import Run
from criukb.stats.history import History, weeks_between
from criukb.stats.rates import Rate, rate
from criukb.stats.records import Case, JobSequence, Level, SameCommit, WeekCount
from criukb.stats.regressions import Regression, regressions
from criukb.stats.retries import Independence, Retry, independence_of_many, retry_table

MAX_RETRIES = 3
MIN_WEEKS = 8  # fewer show neither a usual spread nor a change
MAX_SERIES = 200
_MINUTE = 60_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Retries:
    """Retrying whole runs: first attempts with a failure of all first attempts, the arithmetic, and what it assumes.

    ``minutes`` is the mean of a run's timed results, None without any; ``pairs`` counts tests judged in a first and a
    second attempt on one commit. Without such pairs ``independence`` is None.
    """

    red: Rate
    minutes: float | None
    table: list[Retry]
    pairs: int
    independence: Independence | None
    attempts: dict[int, int]


@dataclass(frozen=True, slots=True)
class Flake:
    """A test with opposite results: on one commit, or back and forth; ``flips`` of ``pairs`` neighbouring runs."""

    case: Case
    same_commit: SameCommit | None
    flips: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Change:
    """A test whose failure rate changed in ``week``, the first one after the change, or within both ends."""

    case: Case
    week: str
    earliest: str
    latest: str
    before: Rate
    after: Rate
    q: float


@dataclass(frozen=True, slots=True)
class ControlledWeek:
    """One week of the control chart; ``point`` is None when nothing ran."""

    week: str
    failed: int
    ran: int
    point: ControlPoint | None


def regressed(history: History) -> list[Regression[Case]]:
    """Return the tests that fail more often in the week than in the eight weeks before, corrected; surest first."""
    rows = ((_case(w), w.before_failed, w.before_ran, w.after_failed, w.after_ran) for w in history.windows)
    return regressions(rows)


def _case(row: object) -> Case:
    return row.test, row.flavor  # type: ignore[attr-defined]


def control(history: History) -> tuple[ControlChart, list[ControlledWeek]]:
    """Return the control chart of the weekly failure rate of first attempts, widened, with every week from first on."""
    weeks = _filled(history.weeks)
    counts = {week.week: week.counts for week in history.weeks}
    failed = [counts[week].failed if week in counts else 0 for week in weeks]
    ran = [counts[week].judged if week in counts else 0 for week in weeks]
    chart = p_chart(failed, ran, widened=True)
    points = {point.index: point for point in chart.points}
    rows = zip(weeks, failed, ran, strict=True)
    return chart, [ControlledWeek(*row, points.get(index)) for index, row in enumerate(rows)]


def _filled(weeks: Sequence[WeekCount]) -> list[str]:
    return weeks_between(weeks[0].week, weeks[-1].week) if weeks else []


def changes(history: History) -> list[Change]:
    """Return the tests whose weekly failure rate changed, of the 200 that failed most; surest first.

    Fewer than ``MIN_WEEKS`` weeks with runs give none: a place needs room on both sides.
    """
    if len(history.weeks) < MIN_WEEKS:
        return []
    weeks = _filled(history.weeks)
    series: dict[Case, dict[str, tuple[int, int]]] = {}
    for one in history.case_weeks:
        series.setdefault(_case(one), {})[one.week] = one.n_failed, one.n_ran
    most = sorted(series, key=lambda case: (-sum(f for f, _ in series[case].values()), case[0], case[1] or ""))
    rows = ((case, *_columns(series[case], weeks)) for case in most[:MAX_SERIES])
    return [_change(one.key, one.point, one.q, weeks) for one in change_points(rows)]


def _columns(counts: dict[str, tuple[int, int]], weeks: list[str]) -> tuple[list[int], list[int]]:
    rows = [counts.get(week, (0, 0)) for week in weeks]
    return [failed for failed, _ in rows], [ran for _, ran in rows]


def _change(case: Case, point: ChangePoint, q: float, weeks: list[str]) -> Change:
    place, low, high = (weeks[n] for n in (point.index, point.low, point.high))
    return Change(case, place, low, high, point.before, point.after, q)


def level_differences(levels: Iterable[Level]) -> list[Difference[str, str]]:
    """Return each level against the rest of its factor, all that could be compared, surest first."""
    return differences(((one.factor, one.level, one.n_failed, one.n_ran) for one in levels), alpha=1.0)


def slower_tests(history: History) -> list[Slower[tuple[str, str, str | None]]]:
    """Return the tests whose passes take a tenth longer or more in the week than before, within their job."""
    return slower(((one.job, one.test, one.flavor), one.before, one.after) for one in history.durations)


def groups(history: History) -> list[Group[str]]:
    """Return the tests that fail in the same runs, of the last 1,000 runs."""
    return cofailing(*history.failures_by_run)


def flakes(history: History) -> list[Flake]:
    """Return the tests with opposite results on one commit, then those that went back and forth within a job."""
    by_case: dict[Case, list[JobSequence]] = {}
    for one in history.sequences:
        by_case.setdefault(one.case, []).append(one)
    equal = {_case(one): one for one in history.same_commit}
    found = [
        Flake(case, equal.get(case), sum(x.flips for x in xs), sum(x.runs - 1 for x in xs))
        for case, xs in by_case.items()
        if _is_flaky(equal.get(case)) or any(x.flips > 1 for x in xs)
    ]
    return sorted(found, key=lambda one: (-_flaky(one.same_commit), -one.flips, one.case[0], one.case[1] or ""))


def _flaky(pair: SameCommit | None) -> int:
    return pair.n_flaky if pair else 0


def _is_flaky(pair: SameCommit | None) -> bool:
    return _flaky(pair) > 0


def retries(history: History) -> Retries:
    """Return what retrying whole runs would leave, hide and cost, and whether second attempts are independent."""
    first = [run for run in history.measures.runs if (run.attempt or 1) == 1 and run.counts.judged]
    red = rate(sum(run.counts.failed > 0 for run in first), len(first))
    tables = [(one.both_failed, one.first_only, one.second_only, one.none) for one in history.attempt_pairs]
    costs = {cost.attempt: cost.runs for cost in history.attempt_costs}
    minutes = _minutes(history)
    found = independence_of_many(tables) if tables else None
    table = retry_table(red, MAX_RETRIES, minutes or 0.0)
    return Retries(red, minutes, table, sum(map(sum, tables)), found, costs)


def _minutes(history: History) -> float | None:
    """Return the mean minutes of a run whose results have durations, of the costliest kind that there is: retries."""
    timed = [cost for cost in history.attempt_costs if cost.milliseconds]
    costs = [cost for cost in timed if cost.attempt > 1] or timed
    runs = sum(cost.runs for cost in costs)
    return sum(cost.milliseconds or 0 for cost in costs) / runs / _MINUTE if runs else None


def is_synthetic(runs: Iterable[Run]) -> bool:
    """Return whether any of the runs was generated."""
    return any(run.synthetic for run in runs)
