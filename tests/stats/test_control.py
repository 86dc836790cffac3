"""Control charts: limits by hand, weeks without data, and weeks that vary more than chance."""

from __future__ import annotations

import numpy as np
import pytest

from criukb.stats.control import p_chart


def test_limits_by_hand() -> None:
    """10 of 100 on average: 0.1 ± 3·0.03 for a week of 100, ± 3·0.06 (cut at 0) for one of 25."""
    chart = p_chart([10, 10, 3, 12], [100, 100, 25, 125])
    assert chart.centre == pytest.approx(0.1)
    assert [point.upper for point in chart.points[1:3]] == pytest.approx([0.19, 0.28])
    assert [point.lower for point in chart.points[1:3]] == pytest.approx([0.01, 0.0])
    assert not any(point.outside for point in chart.points)


def test_a_bad_and_a_good_week_stand_out() -> None:
    """Both directions count: many failures, and too few to be true."""
    chart = p_chart([50, 52, 90, 48, 50, 10], [500] * 6)
    assert [point.index for point in chart.points if point.outside] == [2, 5]


def test_weeks_that_did_not_run_have_no_point() -> None:
    """They are no zero, and do not move the centre."""
    chart = p_chart([5, 0, 5], [50, 0, 50])
    assert [point.index for point in chart.points] == [0, 2]
    assert chart.centre == pytest.approx(0.1)


@pytest.mark.parametrize(("failed", "ran"), [([], []), ([0, 0], [0, 0])])
def test_nothing_ran(failed: list[int], ran: list[int]) -> None:
    """No data: no centre and no point."""
    chart = p_chart(failed, ran)
    assert (chart.centre, chart.points) == (None, ())


@pytest.mark.parametrize(("failed", "share"), [([0, 0, 0], 0.0), ([9, 9, 9], 1.0), ([4], 4 / 9)])
def test_weeks_all_alike(failed: list[int], share: float) -> None:
    """Never failed, always failed, and a single week: nothing lies outside, with widened limits neither."""
    for widened in (False, True):
        chart = p_chart(failed, [9] * len(failed), widened=widened)
        assert [point.share for point in chart.points] == pytest.approx([share] * len(failed))
        assert not any(point.outside for point in chart.points)


def test_the_spread_of_independent_results_is_one() -> None:
    """For binomial weeks the spread is near 1, and few weeks lie outside."""
    failed = np.random.default_rng(3).binomial(2000, 0.05, 400).tolist()
    chart = p_chart(failed, [2000] * 400)
    assert chart.spread == pytest.approx(1, abs=0.1)
    assert sum(point.outside for point in chart.points) <= 6


def test_weeks_that_vary_more_need_wider_limits() -> None:
    """Rates that differ from week to week put many weeks outside of plain limits, and few outside of widened ones."""
    rng = np.random.default_rng(4)
    failed, ran = rng.binomial(20_000, rng.beta(50, 950, 400)).tolist(), [20_000] * 400
    plain, wide = p_chart(failed, ran), p_chart(failed, ran, widened=True)
    assert plain.spread == wide.spread > 3
    assert sum(point.outside for point in plain.points) > 100
    assert sum(point.outside for point in wide.points) <= 6


@pytest.mark.parametrize(("failed", "ran"), [([1], [1, 2]), ([3], [2]), ([-1], [2])])
def test_out_of_range(failed: list[int], ran: list[int]) -> None:
    """Series of unequal length and counts that are no share are refused."""
    with pytest.raises(ValueError, match="each week"):
        p_chart(failed, ran)
