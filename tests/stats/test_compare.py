"""Comparisons of groups: exact tests, correction and floor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.multitest import multipletests

from criukb.stats.compare import Cell, benjamini_hochberg, compare_cells, fisher, mcnemar, pair_suites


def cell(test: str, a: tuple[int, int], b: tuple[int, int], flavor: str = "h") -> Cell:
    return Cell(test, flavor, *a, *b)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_correction_as_statsmodels(values: list[float]) -> None:
    """Corrected values are those of statsmodels."""
    assert benjamini_hochberg(values) == pytest.approx(list(multipletests(values, method="fdr_bh")[1]))


def test_correction_of_nothing() -> None:
    """Nothing to correct gives nothing."""
    assert benjamini_hochberg([]) == []


@pytest.mark.parametrize(("a", "b", "p"), [((5, 5), (0, 5), 2 / 252), ((2, 2), (0, 2), 1 / 3), ((1, 5), (1, 5), 1.0)])
def test_fisher(a: tuple[int, int], b: tuple[int, int], p: float) -> None:
    """By hand: 5 of 5 against 0 of 5 is 2 of the 252 ways; with 2 against 2 nothing can be shown."""
    assert fisher(cell("t", a, b)) == pytest.approx(p)


def test_floor_and_order() -> None:
    """Cells below the floor, or without any failure, are listed and not tested; differences come first."""
    cells = [
        cell("never", (0, 9), (0, 9)),
        cell("few", (2, 2), (0, 2)),
        cell("same", (3, 9), (3, 9)),
        cell("differs", (9, 9), (0, 9)),
    ]
    found = compare_cells(cells)
    assert [r.cell.test for r in found] == ["differs", "same", "few", "never"]
    assert [r.differs for r in found] == [True, False, False, False]
    assert [r.p is None for r in found] == [False, False, True, True]


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 0), (5, 0), (97, 0), (10, 12), (3, 3)])
def test_mcnemar_as_statsmodels(only_a: int, only_b: int) -> None:
    """The exact test is that of statsmodels."""
    want = sm_mcnemar([[7, only_a], [only_b, 9]], exact=True).pvalue if only_a + only_b else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(want)


def test_pairing() -> None:
    """Flavors of a test are joined; what ran on one side only is left out."""
    cells = [
        cell("a", (1, 2), (0, 2)),
        cell("a", (0, 2), (0, 2), "ns"),
        cell("b", (0, 2), (1, 2)),
        cell("c", (1, 1), (0, 0)),
        cell("c", (0, 0), (1, 1), "ns"),
        cell("d", (0, 2), (0, 2)),
        cell("e", (1, 1), (0, 0)),
    ]
    found = pair_suites(cells)
    assert (found.only_a, found.only_b, found.both, found.neither, found.p) == (("a",), ("b",), ("c",), 1, 1.0)
