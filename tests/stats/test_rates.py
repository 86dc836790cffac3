"""Rates and the arithmetic of rare failures, against statsmodels and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from criukb.stats.rates import after_retries, rate, rule_of_three, wilson


@settings(deadline=None)
@given(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95, 0.99])
)
def test_wilson_as_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    """The interval is that of statsmodels, for any counts."""
    low, high = wilson(*counts, confidence)
    want = proportion_confint(*counts, alpha=1 - confidence, method="wilson")
    assert (low, high) == pytest.approx(want, abs=1e-12)


def test_wilson_edges() -> None:
    """No trials say nothing; no failures start at zero exactly, all failures end at one."""
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 60)[0] == 0.0
    assert wilson(60, 60)[1] == 1.0
    assert rate(0, 0).value is None


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(1, 200))
def test_interval_holds_the_share(failed: int, more: int) -> None:
    """The share lies in its interval, and the interval within 0 to 1."""
    found = rate(failed, failed + more)
    assert found.value is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("passes", "bound"), [(60, 0.05), (300, 0.01), (1, 1.0)])
def test_rule_of_three(passes: int, bound: float) -> None:
    """60 passes in a row: below 5 %."""
    assert rule_of_three(passes) == pytest.approx(bound)


@settings(deadline=None)
@given(st.integers(30, 10_000))
def test_rule_of_three_is_close_to_exact(passes: int) -> None:
    """From 30 passes on the rule is within 6 % of the exact bound, on the safe side."""
    exact = 1 - 0.05 ** (1 / passes)
    assert exact <= rule_of_three(passes) <= 1.06 * exact


@pytest.mark.parametrize(
    ("p", "retries", "left"), [(0.05, 0, 0.05), (0.05, 1, 0.0025), (0.1, 2, 0.001), (1, 5, 1), (0, 3, 0)]
)
def test_after_retries(p: float, retries: int, left: float) -> None:
    """With k independent retries p^(k+1) is left."""
    assert after_retries(p, retries) == pytest.approx(left)


@pytest.mark.parametrize(
    "call",
    [
        lambda: wilson(2, 1),
        lambda: wilson(-1, 1),
        lambda: wilson(1, 2, 1.0),
        lambda: rule_of_three(0),
        lambda: after_retries(1.5, 1),
        lambda: after_retries(0.5, -1),
    ],
)
def test_out_of_range(call: object) -> None:
    """Counts and shares out of range are refused."""
    with pytest.raises(ValueError, match=r"\w"):
        call()  # type: ignore[operator]
