"""Each level of a factor against the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from criukb.stats.differences import differences, two_sided

SHARES = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(SHARES, SHARES)
def test_twice_the_smaller_tail(a: tuple[int, int], b: tuple[int, int]) -> None:
    """The p value is twice scipy's smaller one-sided one, at most 1."""
    table = [[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]
    tails = [fisher_exact(table, alternative=side)[1] for side in ("greater", "less")]
    (found,) = two_sided(np.array([[*a, *b]]))
    assert found == pytest.approx(min(1, 2 * min(tails)), abs=1e-12)


def test_the_level_that_differs() -> None:
    """One kernel of three fails more: it is named with its rate and the rest's, its rows added up."""
    rows = [("kernel", "6.1", 5, 100), ("kernel", "6.6", 20, 50), ("kernel", "6.6", 20, 50), ("kernel", "6.12", 5, 100)]
    first = differences(rows)[0]
    assert (first.factor, first.level) == ("kernel", "6.6")
    assert (first.rate.numerator, first.rate.denominator) == (40, 100)
    assert (first.rest.numerator, first.rest.denominator) == (10, 200)
    assert first.p < first.q < 1e-10


def test_two_levels_are_compared_once() -> None:
    """Of two levels the one that fails more is named, and the correction counts one comparison."""
    (found,) = differences([("arch", "x86_64", 2, 100), ("arch", "aarch64", 20, 100)])
    assert found.level == "aarch64"
    assert found.q == found.p


def test_an_unknown_level_is_left_out() -> None:
    """Results of which the level is not known are no level of their own, and not the rest."""
    assert differences([("arch", "x86_64", 0, 100), ("arch", None, 90, 100)]) == []


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("job", "only", 50, 100)],
        [("job", "a", 0, 100), ("job", "b", 0, 100)],
        [("job", "a", 100, 100), ("job", "b", 100, 100)],
        [("job", "a", 0, 100), ("job", "b", 4, 4)],  # too few results
        [("job", "a", 0, 0), ("job", "b", 50, 100)],
        [("job", "a", 5, 100), ("job", "b", 6, 100)],
    ],
)
def test_no_difference(rows: list[tuple[str, str, int, int]]) -> None:
    """One level alone, nothing failed, all failed, too little ran, chance."""
    assert differences(rows) == []


def test_all_comparisons_are_corrected_together() -> None:
    """A hundred tests by two kernels: a p value of 1 % in one of them is no finding any more."""
    quiet = [(("kernel", n), level, 5, 50) for n in range(99) for level in "ab"]
    lone = [(("kernel", 99), "a", 2, 50), (("kernel", 99), "b", 11, 50)]
    assert len(differences(lone)) == 1
    assert differences(quiet + lone) == []


def test_no_share() -> None:
    """More failures than results are refused."""
    with pytest.raises(ValueError, match="between 0 and ran"):
        differences([("job", "a", 5, 4), ("job", "b", 1, 4)])
