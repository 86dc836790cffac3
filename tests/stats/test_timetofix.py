"""From the first to the last failure, with what is still open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from criukb.stats.timetofix import MedianTime, TimeToFix, median_time_to_fix, time_to_fix

START = datetime(2026, 1, 1, tzinfo=UTC)


def _at(day: float) -> datetime:
    return START + timedelta(days=day)


@pytest.mark.parametrize(
    ("fixed", "first_run", "days", "censored"),
    [
        (True, 0, 4.5, False),
        (False, 0, 17.0, True),  # open: up to the last run, and longer
        (True, 3, 4.5, True),  # failed in the first run of the history already
    ],
)
def test_what_is_known(*, fixed: bool, first_run: int, days: float, censored: bool) -> None:
    """A proved fix ends at the last failure; silence alone leaves the entry open."""
    found = time_to_fix([_at(7.5), _at(3), _at(5)], _at(first_run), _at(20), fixed=fixed)
    assert found is not None
    assert (found.first, found.last, found.days) == (_at(3), _at(7.5), days)
    assert (found.open, found.censored) == (not fixed, censored)


def test_never_failed() -> None:
    """No failure: no time."""
    assert time_to_fix([], _at(0), _at(1), fixed=False) is None


@pytest.mark.parametrize("day", [-1, 11])
def test_a_failure_outside_of_the_runs(day: int) -> None:
    """A failure before the first or after the last run is a mistake of the caller."""
    with pytest.raises(ValueError, match="outside"):
        time_to_fix([_at(day)], _at(0), _at(10), fixed=True)


def _times(days: list[float], closed: list[bool]) -> list[TimeToFix]:
    return [
        TimeToFix(START, _at(day), day, open=not is_closed, began_before=False)
        for day, is_closed in zip(days, closed, strict=True)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_median_as_statsmodels(seed: int) -> None:
    """Kaplan and Meier's median and the interval by log(-log) are those of statsmodels, ties and all."""
    rng = np.random.default_rng(seed)
    days = (np.ceil(rng.exponential(20, 41) * 2) / 2).tolist()
    closed = (rng.random(41) < 0.75).tolist()
    found, want = median_time_to_fix(_times(days, closed)), SurvfuncRight(days, np.array(closed, dtype=int))
    with np.errstate(all="ignore"):  # of statsmodels, where nothing is left
        low, high = want.quantile_ci(0.5)
    assert found.days == want.quantile(0.5)
    assert (found.low, found.high) == (low, None if np.isinf(high) else high)
    assert (found.fixed, found.censored) == (sum(closed), 41 - sum(closed))


def test_nothing_is_fixed() -> None:
    """No entry, or only open ones: no median is made up."""
    assert median_time_to_fix([]) == MedianTime(None, None, None, 0, 0)
    assert median_time_to_fix(_times([3, 5], [False, False])) == MedianTime(None, None, None, 0, 2)


def test_one_fix() -> None:
    """One entry alone has a median, and an interval as wide as what is known."""
    found = median_time_to_fix(_times([3], [True]))
    assert (found.days, found.fixed) == (3.0, 1)


def test_open_entries_make_the_median_longer() -> None:
    """Leaving them out would flatter."""
    closed = _times([1, 2, 3], [True] * 3)
    still_open = _times([30, 40, 50], [False] * 3)
    assert median_time_to_fix(closed).days == 2
    assert median_time_to_fix(closed + still_open).days == 3
