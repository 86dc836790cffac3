"""Tests that fail in the same runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from criukb.stats import cofailures
from criukb.stats.cofailures import cofailing


def _together(*names: str, runs: int) -> dict[int, set[str]]:
    return {run: set(names) for run in range(runs)}


def test_a_group_is_found() -> None:
    """Three tests fail in the same eight of a hundred runs, others elsewhere: one group, with its counts."""
    failures = _together("a", "b", "c", runs=8) | {run: {f"other{run % 4}"} for run in range(20, 60)}
    failures[30] = failures[30] | {"a"}
    (found,) = cofailing(failures, 100)
    assert found.tests == ("a", "b", "c")
    assert (found.together, found.any_failed, found.runs) == (8, 9, 100)


def test_the_p_value_is_the_hypergeometric_tail() -> None:
    """Two tests only: one pair, nothing to correct."""
    failures = {run: {"a", "b"} for run in range(5)} | {5: {"a"}, 6: {"b"}}
    (found,) = cofailing(failures, 40)
    assert found.q == pytest.approx(hypergeom.sf(4, 40, 6, 6))


def test_separate_groups_stay_apart() -> None:
    """The largest comes first."""
    failures = _together("a", "b", "c", runs=6) | {run: {"x", "y"} for run in range(10, 16)}
    assert [group.tests for group in cofailing(failures, 100)] == [("a", "b", "c"), ("x", "y")]


@pytest.mark.parametrize(
    ("failures", "runs"),
    [
        ({}, 0),
        ({}, 100),
        (_together("a", "b", runs=2), 100),  # too seldom
        (_together("a", "b", runs=10), 10),  # both always fail: no coincidence to explain
        ({run: {"a"} for run in range(9)}, 100),
        ({run: {"a"} if run % 2 else {"b"} for run in range(20)}, 20),  # never together
    ],
)
def test_no_group(failures: dict[int, set[str]], runs: int) -> None:
    """Nothing failed, too seldom, always, alone, never together."""
    assert cofailing(failures, runs) == []


def test_a_rare_companion_is_no_member() -> None:
    """A test that fails in a sixth of the other's failures only is linked to nothing, however sure the excess."""
    failures = {run: {"often"} for run in range(60)} | {run: {"often", "seldom"} for run in range(10)}
    assert cofailing(failures, 2000) == []


def test_independent_failures_are_rarely_grouped() -> None:
    """Sixty tests at 10 % in 300 runs, 1,770 pairs, no common cause (synthetic): no group."""
    table = np.random.default_rng(8).random((300, 60)) < 0.1
    failures = {run: {str(test) for test in np.flatnonzero(row)} for run, row in enumerate(table)}
    assert cofailing({run: tests for run, tests in failures.items() if tests}, 300) == []


def test_runs_that_did_not_judge_a_test_are_no_passes() -> None:
    """Both tests ran in the same six runs only and failed in all: without that knowledge it looked like a group."""
    failures = _together("a", "b", runs=6)
    judged = {run: {"a", "b", "c"} if run < 6 else {"c"} for run in range(100)}
    assert len(cofailing(failures, 100)) == 1
    assert cofailing(failures, 100, judged) == []


def test_pairs_are_counted_in_the_runs_that_judged_both() -> None:
    """The tail of the sixty common runs, not of all hundred."""
    failures = {run: {"a", "b"} for run in range(5)} | {90: {"b"}}
    judged = {run: {"a", "b"} if run < 60 else {"b"} for run in range(100)}
    (found,) = cofailing(failures, 100, judged)
    assert found.q == pytest.approx(hypergeom.sf(4, 60, 5, 5))


def test_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting the runs in slices gives the same groups."""
    failures = _together("a", "b", "c", runs=6) | {run: {"x", "y"} for run in range(10, 16)}
    judged = {run: {"a", "b", "c", "x", "y"} for run in range(50)}
    want = cofailing(failures, 50, judged)
    monkeypatch.setattr(cofailures, "_SLICE", 3)
    assert cofailing(failures, 50, judged) == want


def test_no_more_tests_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the tests that fail least are left out: time and memory stay bounded."""
    failures = _together("a", "b", runs=6) | {run: {"x", "y"} for run in range(10, 15)}
    monkeypatch.setattr(cofailures, "MAX_TESTS", 2)
    assert [group.tests for group in cofailing(failures, 50)] == [("a", "b")]


def test_out_of_range() -> None:
    """More failing runs than runs, and failures of tests that a run did not judge, are refused."""
    with pytest.raises(ValueError, match="more than 1 runs"):
        cofailing({1: {"a"}, 2: {"a"}}, 1)
    with pytest.raises(ValueError, match="did not judge"):
        cofailing(_together("a", runs=3), 3, {run: {"b"} for run in range(3)})
