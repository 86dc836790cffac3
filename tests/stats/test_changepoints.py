"""Change points: the place by brute force, p by enumeration, the interval, and what is no change."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from criukb.stats.changepoints import _gains, _Series, change_point, change_points

WEEKS = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def _gain(failed: list[int], ran: list[int], place: int) -> float:
    """Return the log likelihood ratio of one rate for all against one on each side, by scipy's binomial."""

    def fit(f: list[int], n: list[int]) -> float:
        return float(binom.logpmf(f, n, sum(f) / sum(n)).sum())

    return fit(failed[:place], ran[:place]) + fit(failed[place:], ran[place:]) - fit(failed, ran)


@given(st.lists(WEEKS, min_size=2, max_size=12))
def test_the_gain_is_the_log_likelihood_ratio(weeks: list[tuple[int, int]]) -> None:
    """As computed from binomial likelihoods, for each place."""
    failed, ran = (list(column) for column in zip(*weeks, strict=True))
    want = [_gain(failed, ran, place) for place in range(1, len(weeks))]
    assert _gains(np.array([failed]), np.array(ran))[0] == pytest.approx(want, abs=1e-8)


def test_p_by_enumeration() -> None:
    """Four failures in ten runs: the drawn p value is near that over all 210 orders."""
    failed = [0, 0, 0, 0, 0, 1, 0, 1, 1, 1]
    ones = np.ones(10, dtype=np.int64)
    orders = np.array([[int(run in chosen) for run in range(10)] for chosen in combinations(range(10), 4)])
    gains = _gains(orders, ones).max(axis=1)
    exact = (gains >= _gains(np.array([failed]), ones).max() - 1e-9).mean()
    drawn = _Series.of(failed, [1] * 10).p_value(99_999, np.random.default_rng(1))
    assert drawn == pytest.approx(exact, rel=0.5)
    many = [_Series.of(failed, [1] * 10).p_value(999, np.random.default_rng(n)) for n in range(200)]
    assert np.mean(many) == pytest.approx(exact, rel=0.1)


def test_a_clear_change() -> None:
    """From 1 of 50 to 10 of 50 a week: the week, an interval of that week alone, both rates."""
    found = change_point([1] * 10 + [10] * 6, [50] * 16)
    assert found is not None
    assert (found.index, found.low, found.high) == (10, 10, 10)
    assert (found.before.numerator, found.before.denominator) == (10, 500)
    assert (found.after.numerator, found.after.denominator) == (60, 300)
    assert found.p == pytest.approx(0.001)


def test_a_change_for_the_better_counts_as_well() -> None:
    """Fixes are change points too."""
    found = change_point([10] * 10 + [0] * 10, [50] * 20)
    assert found is not None
    assert found.index == 10


def test_weeks_without_runs_belong_to_the_interval() -> None:
    """Nothing ran around the change: it may have happened in any of these weeks, and the index has data."""
    found = change_point([0] * 8 + [0, 0] + [9] * 8, [20] * 8 + [0, 0] + [20] * 8)
    assert found is not None
    assert (found.index, found.low, found.high) == (10, 8, 10)
    assert found.before.denominator == 160


@pytest.mark.parametrize(
    ("failed", "ran"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([3], [5]),
        ([3, 0], [5, 0]),
        ([0] * 20, [50] * 20),
        ([50] * 20, [50] * 20),
        ([5] * 20, [50] * 20),
        ([0, 1, 0, 0, 1, 0], [9] * 6),
    ],
)
def test_no_change(failed: list[int], ran: list[int]) -> None:
    """Nothing ran, one week only, never failed, always failed, always the same, too little to tell."""
    assert change_point(failed, ran) is None


def test_the_same_numbers_give_the_same_answer() -> None:
    """The drawing is seeded; a week that did not run at the end changes nothing."""
    failed = np.random.default_rng(3).binomial(20, np.repeat([0.05, 0.2], 15)).tolist()
    found = change_point(failed, [20] * 30)
    assert found is not None
    assert found == change_point(failed, [20] * 30)
    assert found == change_point([*failed, 0], [20] * 30 + [0])


def test_a_long_series_is_joined() -> None:
    """Fifty thousand runs of one test: the change is found, the interval holds it, no result is lost."""
    truth = 30_000
    failed = (np.random.default_rng(4).random(50_000) < np.where(np.arange(50_000) < truth, 0.02, 0.06)).astype(int)
    found = change_point(failed.tolist(), [1] * 50_000)
    assert found is not None
    assert found.low <= truth <= found.high
    assert found.high - found.low < 3000
    assert found.before.denominator + found.after.denominator == 50_000
    assert found.before.numerator + found.after.numerator == failed.sum()


def test_large_counts() -> None:
    """A million results a week are beyond the table of logarithms, and no trouble."""
    found = change_point([1000] * 6 + [1300] * 6, [10**6] * 12)
    assert found is not None
    assert (found.index, found.low, found.high) == (6, 6, 6)


def test_many_series_are_corrected() -> None:
    """Of forty stable series and two that changed (synthetic) the two are found, each with its q."""
    rng = np.random.default_rng(5)
    rows = [(f"stable{n}", rng.binomial(20, 0.1, 20).tolist(), [20] * 20) for n in range(40)]
    rows += [(f"changed{n}", rng.binomial(20, np.repeat([0.05, 0.5], 10)).tolist(), [20] * 20) for n in range(2)]
    rows.append(("nothing ran", [0] * 20, [0] * 20))
    found = change_points(rows)
    assert sorted(one.key for one in found) == ["changed0", "changed1"]
    assert all(one.point.p < one.q <= 0.05 for one in found)
    assert [one.point.index for one in found] == [10, 10]
    assert change_points([]) == []


@pytest.mark.parametrize(("failed", "ran"), [([1], [1, 2]), ([3], [2]), ([-1], [2])])
def test_out_of_range(failed: list[int], ran: list[int]) -> None:
    """Series of unequal length and counts that are no share are refused."""
    with pytest.raises(ValueError, match="each element"):
        change_point(failed, ran)
