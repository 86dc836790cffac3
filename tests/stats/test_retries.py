"""Retry arithmetic by hand, and the independence of attempts against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact, norm
from statsmodels.stats.contingency_tables import StratifiedTable

from criukb.stats.rates import rate
from criukb.stats.retries import independence, independence_of_many, retry_table


def test_the_table() -> None:
    """A test that fails 10 of 100 times and takes two minutes: what each retry leaves, hides and costs."""
    rows = retry_table(rate(10, 100), 2, 2.0)
    assert [row.retries for row in rows] == [0, 1, 2]
    assert [row.remaining for row in rows] == pytest.approx([0.1, 0.01, 0.001])
    assert [row.hidden for row in rows] == pytest.approx([0.0, 0.09, 0.099])
    assert [row.extra_minutes for row in rows] == pytest.approx([0.0, 0.2, 0.22])
    assert (rows[1].low, rows[1].high) == pytest.approx((rate(10, 100).low ** 2, rate(10, 100).high ** 2))


def test_a_broken_test_costs_all_retries_and_a_sound_one_none() -> None:
    """Retries of what always fails hide nothing and cost the full time; what never failed may still fail."""
    broken, sound = retry_table(rate(9, 9), 3, 2.0)[3], retry_table(rate(0, 9), 3, 2.0)[3]
    assert (broken.remaining, broken.hidden, broken.extra_minutes) == (1.0, 0.0, 6.0)
    assert (sound.remaining, sound.hidden, sound.extra_minutes) == (0.0, 0.0, 0.0)
    assert sound.high > 0


def test_nothing_ran() -> None:
    """No data has no table: it is no promise that nothing remains."""
    assert retry_table(rate(0, 0), 3, 2.0) == []


def test_simulated_attempts_agree_with_the_table() -> None:
    """Of 200,000 simulated results the shares red and turned green, and the minutes, are those of the table."""
    draws = np.random.default_rng(5).random((200_000, 3)) < 0.3
    red = draws.all(axis=1).mean()
    row = retry_table(rate(30, 100), 2, 1.5)[2]
    assert red == pytest.approx(row.remaining, abs=0.001)
    assert draws[:, 0].mean() - red == pytest.approx(row.hidden, abs=0.003)
    tried = draws[:, 0].astype(int) + (draws[:, 0] & draws[:, 1])
    assert 1.5 * tried.mean() == pytest.approx(row.extra_minutes, abs=0.01)


def test_dependent_attempts() -> None:
    """Twice failed more often than chance has it: scipy's p value, and the ratio of the two rates."""
    found = independence(8, 2, 10, 80)
    assert found.p == pytest.approx(fisher_exact([[8, 2], [10, 80]], alternative="greater")[1])
    assert found.ratio == pytest.approx((8 / 10) / (10 / 90))


@pytest.mark.parametrize(
    ("pairs", "p", "ratio"),
    [
        ((0, 0, 0, 0), None, None),
        ((3, 4, 0, 0), None, None),  # only failures were tried again
        ((0, 0, 3, 90), None, None),
        ((0, 0, 0, 9), None, None),
        ((5, 0, 0, 5), 1 / 252, None),  # nothing failed after a pass: no ratio, but a small p
        ((0, 5, 5, 0), 1.0, 0.0),
    ],
)
def test_independence_edges(pairs: tuple[int, int, int, int], p: float | None, ratio: float | None) -> None:
    """Without pairs of both kinds nothing can be said, and nothing is."""
    found = independence(*pairs)
    assert found.p == (p if p is None else pytest.approx(p))
    assert found.ratio == ratio


def test_many_tests_as_statsmodels() -> None:
    """The statistic and the common ratio are those of Mantel and Haenszel."""
    tables = [(5, 7, 9, 80), (1, 3, 2, 40), (6, 4, 5, 12), (0, 1, 0, 0), (0, 0, 0, 30)]
    found = independence_of_many(tables)
    cube = [np.array([[a, b], [c, d]], dtype=float) for a, b, c, d in tables[:3]]
    chi_squared = StratifiedTable(cube).test_null_odds(correction=True).statistic
    assert found.p == pytest.approx(norm.sf(np.sqrt(chi_squared)))
    upper = sum(a * (c + d) / (a + b + c + d) for a, b, c, d in tables)
    lower = sum(c * (a + b) / (a + b + c + d) for a, b, c, d in tables)
    assert found.ratio == pytest.approx(upper / lower)


def test_different_tests_are_not_mistaken_for_dependent_attempts() -> None:
    """A test at 2 % and one at 60 %, both with independent attempts: pooled they look dependent, apart they do not."""
    rare, frequent = (1, 49, 49, 2401), (900, 600, 600, 400)
    pooled = independence(*(x + y for x, y in zip(rare, frequent, strict=True)))
    apart = independence_of_many([rare, frequent])
    assert pooled.p is not None
    assert apart.p is not None
    assert pooled.p < 1e-6
    assert apart.p > 0.3
    assert apart.ratio == pytest.approx(1)


@pytest.mark.parametrize("tables", [[], [(0, 0, 0, 0)], [(1, 0, 0, 0)], [(0, 0, 0, 50)], [(9, 0, 0, 0)]])
def test_tests_that_say_nothing(tables: list[tuple[int, int, int, int]]) -> None:
    """Never ran, ran once, never failed, always failed."""
    found = independence_of_many(tables)
    assert (found.p, found.ratio) == (None, None)


@pytest.mark.parametrize(
    "call",
    [
        lambda: retry_table(rate(1, 2), -1, 1.0),
        lambda: retry_table(rate(1, 2), 1, -1.0),
        lambda: retry_table(rate(1, 2), 1, float("nan")),
        lambda: retry_table(rate(1, 2), 1, float("inf")),
        lambda: independence(-1, 0, 0, 0),
        lambda: independence_of_many([(0, 0, 0, -1)]),
    ],
)
def test_out_of_range(call: object) -> None:
    """Counts below 0 and minutes that are no number are refused."""
    with pytest.raises(ValueError, match=r"from 0"):
        call()  # type: ignore[operator]
