"""The exact test on pairs."""

from __future__ import annotations

import pytest
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar

from criukb.stats.pairing import Pairs, mcnemar


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 0), (5, 0), (97, 0), (10, 12), (3, 3)])
def test_mcnemar_as_statsmodels(only_a: int, only_b: int) -> None:
    """The exact test is that of statsmodels; pairs that agree have no say in it."""
    want = sm_mcnemar([[7, only_a], [only_b, 9]], exact=True).pvalue if only_a + only_b else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(want)
    assert Pairs(7, only_a, only_b, 9).p_value == mcnemar(only_a, only_b)
