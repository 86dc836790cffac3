"""Durations: the shift as a ratio against scipy, its interval by enumeration, and the tests that got slower."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from criukb.stats.durations import _nth_difference, _u_counts, duration_shift, slower

SECONDS = st.lists(st.integers(1, 30).map(float), min_size=3, max_size=30)


@given(SECONDS, SECONDS)
def test_as_scipy(before: list[float], after: list[float]) -> None:
    """The two-sided p value is scipy's, ties included; equal samples throughout say nothing."""
    found = duration_shift(before, after)
    assert found is not None
    with np.errstate(all="ignore"):
        want = mannwhitneyu(before, after, method="asymptotic").pvalue
    assert found.p == pytest.approx(1.0 if np.isnan(want) else want, abs=1e-9)


@given(SECONDS, SECONDS)
def test_the_ratio_is_the_median_of_all_ratios(before: list[float], after: list[float]) -> None:
    """Hodges and Lehmann's estimate, and it lies in its interval."""
    found = duration_shift(before, after)
    assert found is not None
    logs = np.log(np.array(after)[:, None] / np.array(before)[None, :]).ravel()
    assert found.ratio == pytest.approx(np.exp(np.median(logs)))
    assert (found.median_before, found.median_after) == pytest.approx((np.median(before), np.median(after)))
    if found.low is not None and found.high is not None:
        assert found.low <= found.ratio * (1 + 1e-9)
        assert found.ratio <= found.high * (1 + 1e-9)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (4, 4), (3, 5)])
def test_the_distribution_of_u(n: int, m: int) -> None:
    """As many orders give each U as enumerating all of them finds."""
    want = np.zeros(n * m + 1)
    for places in combinations(range(n + m), n):
        want[sum(place - i for i, place in enumerate(places))] += 1
    assert _u_counts(n, m).tolist() == want.tolist()


@given(SECONDS, SECONDS, st.data())
def test_nth_difference(a: list[float], b: list[float], data: st.DataObject) -> None:
    """Bisection finds the n-th smallest difference without making them all."""
    differences = np.sort(np.subtract.outer(b, a).ravel())
    n = data.draw(st.integers(1, len(differences)))
    assert _nth_difference(np.sort(a), np.sort(b), n) == pytest.approx(differences[n - 1], abs=1e-9)


def test_the_interval_by_hand() -> None:
    """Five against five: P(U <= 2) = 4/252 is within 2.5 %, so the ends are the third ratios from outside."""
    before, after = [1.0, 2.0, 4.0, 8.0, 16.0], [32.0, 64.0, 128.0, 256.0, 512.0]
    ratios = sorted(b / a for a in before for b in after)
    found = duration_shift(before, after)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((ratios[2], ratios[-3]))


def test_too_small_for_an_interval() -> None:
    """Three against three hold no 95 % interval: none is made up."""
    found = duration_shift([1, 2, 3], [2, 4, 6])
    assert found is not None
    assert (found.low, found.high) == (None, None)


def test_large_samples() -> None:
    """Forty thousand against forty thousand, 1.6 billion ratios, without making them: twice as slow is found."""
    rng = np.random.default_rng(1)
    found = duration_shift(rng.lognormal(0, 1, 40_000).tolist(), (2 * rng.lognormal(0, 1, 40_000)).tolist())
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 2 < found.high < found.low * 1.05


@pytest.mark.parametrize(("before", "after"), [([], [1.0]), ([1.0], []), ([], [])])
def test_nothing_ran(before: list[float], after: list[float]) -> None:
    """An empty sample has no shift."""
    assert duration_shift(before, after) is None


def test_durations_of_zero() -> None:
    """Shorter than the clock resolves: the ratio stays finite, and equal zeros differ in nothing."""
    found = duration_shift([0.0] * 6, [0.0] * 6)
    assert found is not None
    assert (found.ratio, found.p) == (1.0, 1.0)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_no_duration(value: float) -> None:
    """Durations below zero and no numbers are refused."""
    with pytest.raises(ValueError, match="seconds from 0"):
        duration_shift([1.0, value], [1.0])


def test_what_got_slower() -> None:
    """Twice as long is found; equal, faster, slightly slower and rarely run tests are not."""
    rng = np.random.default_rng(2)
    base = rng.lognormal(0, 0.1, (5, 2, 40))
    factors = [1.0, 2.0, 0.5, 1.05, 3.0]
    rows = [(f, pair[0].tolist(), (f * pair[1]).tolist()) for f, pair in zip(factors, base, strict=True)]
    rows[4] = (3.0, rows[4][1][:7], rows[4][2])
    (found,) = slower(rows)
    assert found.key == 2.0
    assert found.shift.ratio == pytest.approx(2, rel=0.1)
    assert found.p < found.q < 1e-6


def test_the_factor_that_matters_is_tested_itself() -> None:
    """A change of 5 %, shown by 4,000 results, is no finding at 10 %, and one at 1 %."""
    rng = np.random.default_rng(6)
    before, after = rng.lognormal(0, 0.2, (2, 4000))
    row = ("t", before.tolist(), (1.05 * after).tolist())
    assert slower([row]) == []
    assert len(slower([row], at_least=1.01)) == 1


def test_one_sided_p_as_scipy() -> None:
    """Many tests of unequal size at once have the p values of scipy one by one."""
    rng = np.random.default_rng(7)
    rows = [(n, rng.integers(1, 50, n + 8).tolist(), rng.integers(5, 90, 2 * n + 8).tolist()) for n in range(20)]
    found = {one.key: one.p for one in slower(rows, alpha=1.0, at_least=1.0)}
    assert len(found) == 20
    for key, before, after in rows:
        want = mannwhitneyu(after, before, alternative="greater", method="asymptotic").pvalue
        assert found[key] == pytest.approx(want, abs=1e-12)


def test_no_tests() -> None:
    """Nothing to compare: nothing slower; a factor of nothing is refused."""
    assert slower([]) == []
    with pytest.raises(ValueError, match="above 0"):
        slower([], at_least=0)
