"""Flip rate, streaks, and opposite results of one commit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.stats.flakes import Streaks, flip_rate, same_commit_flakes, streaks

P, F = False, True


@pytest.mark.parametrize(
    ("outcomes", "flips", "pairs"),
    [
        ([], 0, 0),
        ([F], 0, 0),
        ([P, P, P], 0, 2),
        ([F, F, F], 0, 2),  # broken is not flaky
        ([P, F, P, F], 3, 3),
        ([P, P, F, F, P], 2, 4),
    ],
)
def test_flip_rate(outcomes: list[bool], flips: int, pairs: int) -> None:
    """Changes between neighbours, of all neighbours."""
    found = flip_rate(outcomes)
    assert (found.numerator, found.denominator) == (flips, pairs)


def test_too_little_has_no_flip_rate() -> None:
    """One result alone flips nowhere: no value, and an interval that excludes nothing."""
    found = flip_rate([F])
    assert (found.value, found.low, found.high) == (None, 0.0, 1.0)


@given(st.lists(st.booleans(), min_size=2, max_size=80))
def test_flip_interval(outcomes: list[bool]) -> None:
    """The interval holds the share, and passes and failures may change places."""
    found = flip_rate(outcomes)
    assert found.value is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    turned = flip_rate([not failed for failed in outcomes])
    assert (turned.low, turned.high) == pytest.approx((found.low, found.high))


@pytest.mark.parametrize(
    ("outcomes", "want"),
    [
        ([], Streaks(0, 0, 0, 0)),
        ([P], Streaks(0, 1, 0, 1)),
        ([F, F], Streaks(2, 0, 2, 0)),
        ([F, F, F, P, F], Streaks(1, 0, 3, 1)),
        ([F, P, P, F, P], Streaks(0, 1, 1, 2)),
    ],
)
def test_streaks(outcomes: list[bool], want: Streaks) -> None:
    """The last run of equal results and the longest ones."""
    assert streaks(outcomes) == want


def test_same_commit() -> None:
    """Only a commit on which a test both passed and failed makes it a flake; rows of one commit are added up."""
    rows = [
        ("flaky", "c1", 1, 1),
        ("flaky", "c1", 0, 2),
        ("flaky", "c2", 0, 5),
        ("flaky", "c3", 1, 1),  # judged once: cannot show both
        ("broken", "c1", 0, 5),
        ("broken", "c2", 5, 5),
        ("worse", "c1", 2, 3),
        ("worse", "c2", 2, 3),
    ]
    worse, flaky = same_commit_flakes(rows)
    assert (worse.key, worse.commits.numerator, worse.commits.denominator) == ("worse", 2, 2)
    assert (flaky.key, flaky.commits.numerator, flaky.commits.denominator) == ("flaky", 1, 2)
    assert (flaky.results.numerator, flaky.results.denominator) == (1, 3)


def test_a_commit_that_is_not_known_proves_nothing() -> None:
    """Results without a commit may be of different ones."""
    assert same_commit_flakes([("t", None, 5, 10)]) == []
    assert same_commit_flakes([]) == []


def test_no_share() -> None:
    """More failures than results are refused."""
    with pytest.raises(ValueError, match="no share"):
        same_commit_flakes([("t", "c", 2, 1)])
