"""Fisher, Benjamini-Hochberg and the floors, against scipy and statsmodels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests

from criukb.stats.regressions import benjamini_hochberg, fisher, fisher_all, regressions

Counts = tuple[int, int]
SHARES = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(SHARES, SHARES)
def test_fisher_as_scipy(a: Counts, b: Counts) -> None:
    """One-sided, b worse than a, as scipy's own test of one table."""
    table = [[b[0], b[1] - b[0]], [a[0], a[1] - a[0]]]
    assert fisher(*a, *b) == pytest.approx(fisher_exact(table, alternative="greater")[1], abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        ((0, 0, 5, 5), 1.0),  # nothing ran before
        ((5, 5, 0, 0), 1.0),
        ((0, 0, 0, 0), 1.0),
        ((0, 50, 0, 50), 1.0),
        ((50, 50, 50, 50), 1.0),
        ((0, 3, 3, 3), 1 / 20),  # 1 of C(6, 3) ways
        ((3, 3, 0, 3), 1.0),  # better is no regression
    ],
)
def test_fisher_edges(counts: tuple[int, int, int, int], p: float) -> None:
    """Nothing ran says nothing, and neither does a test that always or never fails."""
    assert fisher(*counts) == pytest.approx(p)


@pytest.mark.parametrize("counts", [(-1, 5, 0, 5), (6, 5, 0, 5), (0, 5, 6, 5), (0, 5, -1, 5)])
def test_no_share(counts: tuple[int, int, int, int]) -> None:
    """More failures than results are refused, alone and among many."""
    with pytest.raises(ValueError, match="between 0 and ran"):
        fisher(*counts)
    with pytest.raises(ValueError, match="between 0 and ran"):
        regressions([("fine", 0, 9, 9, 9), ("wrong", *counts)])


def test_ten_million_results() -> None:
    """Large counts are no trouble: the tail is a number between 0 and 1, and grows with the failures before."""
    (rising, equal) = fisher_all([1000, 1100], [10**7] * 2, [1200, 1100], [10**7] * 2)
    assert 0 < rising < 1e-4
    assert equal == pytest.approx(0.5, abs=0.02)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_benjamini_hochberg_as_statsmodels(values: list[float]) -> None:
    """The corrected values are those of statsmodels, in the order given."""
    want = multipletests(values, method="fdr_bh")[1].tolist() if values else []
    assert benjamini_hochberg(values) == pytest.approx(want, abs=1e-12)


def test_a_value_that_is_no_p() -> None:
    """A p value above 1 is refused."""
    with pytest.raises(ValueError, match=r"\w"):
        benjamini_hochberg([0.5, 1.5])


def test_the_regression_is_found_with_its_figures() -> None:
    """One test of three got worse: it comes with both rates, p as Fisher's, q corrected for the two compared."""
    rows = [("worse", 1, 50, 20, 50), ("flaky", 5, 50, 6, 50), ("quiet", 0, 50, 0, 50)]
    (found,) = regressions(rows)
    assert (found.key, found.before.numerator, found.after.numerator, found.after.denominator) == ("worse", 1, 20, 50)
    assert found.p == pytest.approx(fisher(1, 50, 20, 50))
    assert found.q == pytest.approx(2 * found.p)


@pytest.mark.parametrize(
    "row",
    [
        ("few before", 0, 4, 50, 50),
        ("few after", 0, 50, 4, 4),
        ("never ran before", 0, 0, 50, 50),
        ("one failure", 0, 1000, 1, 5),
        ("better", 50, 50, 0, 50),
        ("broken before and after", 50, 50, 50, 50),
    ],
)
def test_what_is_no_regression(row: tuple[str, int, int, int, int]) -> None:
    """Too few results, too few failures, no change, a change for the better."""
    assert regressions([row]) == []


def test_the_floor_comes_before_the_correction() -> None:
    """A thousand tests that cannot show anything cost nothing: q stays p."""
    hopeless = [(f"h{n}", 0, 40, 1, 40) for n in range(1000)]
    (found,) = regressions([("worse", 0, 40, 8, 40), *hopeless])
    assert found.q == pytest.approx(found.p)


def test_the_surest_comes_first() -> None:
    """Sorted by q, and nothing at all from nothing."""
    found = regressions([("b", 0, 40, 10, 40), ("a", 0, 40, 30, 40)])
    assert [one.key for one in found] == ["a", "b"]
    assert regressions([]) == []
