"""When a fix counts as proved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.stats.proof import FixProof, fix_proof, runs_needed
from criukb.stats.rates import wilson


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))), st.sampled_from([0.01, 0.05]))
def test_as_many_as_needed_and_not_one_more(old: tuple[int, int], alpha: float) -> None:
    """At the lower bound of the old rate so many clean results have at most the chance alpha; one fewer has more."""
    needed = runs_needed(*old, alpha)
    passes = 1 - wilson(*old)[0]
    assert needed is not None
    assert passes**needed <= alpha * (1 + 1e-9)
    assert passes ** (needed - 1) > alpha * (1 - 1e-9)


@pytest.mark.parametrize("old", [(0, 0), (0, 100)])
def test_what_never_failed_cannot_be_proved_fixed(old: tuple[int, int]) -> None:
    """No old failure: no number of clean results proves anything."""
    assert runs_needed(*old) is None
    assert fix_proof(*old, 10**6, 0) == FixProof(None, 10**6, 0, proved=False)


@pytest.mark.parametrize(
    ("clean", "failed", "proved", "missing"),
    [(0, 0, False, 21), (20, 0, False, 1), (21, 0, True, 0), (500, 1, False, None)],
)
def test_where_it_stands(clean: int, failed: int, *, proved: bool, missing: int | None) -> None:
    """20 of 100 before: the lower bound is 13.3 %, so that 21 clean results are needed; one failure refutes the fix."""
    found = fix_proof(20, 100, clean, failed)
    assert (found.needed, found.clean, found.failed_since) == (21, clean, failed)
    assert (found.proved, found.missing) == (proved, missing)


def test_a_test_that_always_failed() -> None:
    """5 of 5 before: the lower bound is 56.6 %, four passes are enough."""
    assert runs_needed(5, 5) == 4


@pytest.mark.parametrize(
    "call",
    [
        lambda: runs_needed(2, 1),
        lambda: runs_needed(1, 2, 0),
        lambda: fix_proof(1, 2, -1, 0),
        lambda: fix_proof(1, 2, 0, -1),
    ],
)
def test_out_of_range(call: object) -> None:
    """Counts and alpha out of range are refused."""
    with pytest.raises(ValueError, match=r"\w"):
        call()  # type: ignore[operator]
