"""The statistics over seeded synthetic histories, in small; all of it: ``benchmarks/simulate_statistics.py``."""

from __future__ import annotations

from statistics import mean

import pytest
import sim_coverage as cover
import sim_findings as find


@pytest.mark.parametrize("size", [10, 50, 200])
def test_wilson_holds_the_rate(size: int) -> None:
    """Over all true rates the interval holds the rate with 95 % within two points: exact, not drawn."""
    assert mean(cover.wilson_coverage(size, cover.WILSON_SHARES)) == pytest.approx(0.95, abs=0.02)
    assert mean(cover.wilson_coverage(size, cover.RARE_SHARES)) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("size", "share"), [(20, 0.05), (200, 0.05), (200, 0.5)])
def test_what_nobody_fixed_is_seldom_proved(size: int, share: float) -> None:
    """Both errors together: at most 5 % and 2.5 %."""
    wrong, seen = cover.wrong_proofs(size, share)
    assert 0 < wrong <= 0.075 * seen


def test_flip_rate_is_held() -> None:
    """A flaky test, one at one half, and one that fails in stretches: 95 % within two points."""
    helds = [cover.flip_coverage(150, a, b, 300) for a, b in ((0.1, 0.9), (0.5, 0.5), (0.05, 0.3))]
    assert mean(held.share for held in helds) == pytest.approx(0.95, abs=0.02)


def test_the_factor_of_durations_is_held() -> None:
    """Hodges and Lehmann's interval, counted out and normal."""
    helds = [cover.duration_coverage(*sizes, 200) for sizes in ((8, 8), (20, 20), (40, 30))]
    assert mean(held.share for held in helds) == pytest.approx(0.95, abs=0.02)


def test_the_median_time_to_fix_is_held() -> None:
    """With a third of the entries still open."""
    assert cover.median_coverage(50, 400).share == pytest.approx(0.95, abs=0.025)


def test_the_place_of_a_change_is_held_and_the_change_found() -> None:
    """From 2 to 10 %: nearly always found, its place in the interval with 93 % or more, a quarter of a year wide."""
    place = cover.change_places(20, 0.02, 0.1, 30)
    assert place.found.share > 0.85
    assert place.held.share >= 0.93
    assert 3 < place.width < 16


def test_stable_series_seldom_change() -> None:
    """At the 5 % level: 5 % of them, as far as 80 series tell."""
    for held in cover.false_changes(80):
        assert held.share <= 0.1


def test_stable_histories_show_no_regression() -> None:
    """Two hundred histories of 400 tests, flaky and broken ones among them: 5 % of them at most, within chance."""
    assert find.stable_histories(200).share <= 0.08


def test_seeded_regressions_are_found_by_their_size() -> None:
    """The false ones among those found stay below 5 %; large rises are found, small ones are not in 20 runs."""
    false, recall = find.seeded_regressions(25)
    shares = [held.share for held in recall]
    assert false <= 0.05
    assert shares[-1] == 1.0
    assert shares[-2] > 0.85
    assert shares == sorted(shares) or shares[:2] == pytest.approx([0.05, 0.05], abs=0.1)


def test_flakes_are_found_and_steady_tests_are_none() -> None:
    """Twenty commits judged three times show nearly every test that fails a tenth of the time; steady ones never."""
    recall, steady = find.flakes(100)
    assert [held.share for held in recall][-2:] == pytest.approx([1, 1], abs=0.05)
    assert recall[0].share < 0.5
    assert steady.hits == 0


def test_groups_levels_and_durations() -> None:
    """Histories without a finding have none in 5 % at most; seeded ones are found."""
    assert find.stable_groups(15).share <= 0.15
    assert [held.share for held in find.seeded_groups(10)][-1] == 1.0
    assert find.stable_levels(20).share <= 0.1
    steady, recall = find.durations(8)
    assert steady.share <= 0.15
    assert recall[-1].share > 0.95


def test_weeks_outside_of_the_limits() -> None:
    """Independent weeks: 0.27 %; weeks that vary by themselves need widened limits."""
    plain, varying, widened, _ = find.weeks_outside(5000)
    assert plain.share <= 0.006
    assert varying.share > 0.1
    assert widened.share <= 0.006


def test_attempts() -> None:
    """Independent attempts seem dependent when tests are pooled, and not when each is compared with itself."""
    apart, pooled, dependent = find.attempts(100)
    assert apart.share <= 0.1
    assert pooled.share == dependent.share == 1.0
