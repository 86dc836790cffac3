"""Which tests fail more often in one window than in another: exact tests, corrected for their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from scipy.stats import false_discovery_control, hypergeom

from criukb.stats.rates import Rate, rate

Key = TypeVar("Key")
Row = tuple[Key, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Regression(Generic[Key]):
    """One test (``key``) that fails more often after than before; ``q`` is ``p`` corrected for all tests compared."""

    key: Key
    before: Rate
    after: Rate
    p: float
    q: float


def fisher(a_failed: int, a_ran: int, b_failed: int, b_ran: int) -> float:
    """Return the p value of Fisher's exact test, one-sided: that b fails as often as a, and not more.

    With f failures among the n results of both groups and m results in b, it is the chance that m results drawn
    without putting back hold ``b_failed`` failures or more:
    sum over i >= b_failed of C(f, i)·C(n - f, m - i) / C(n, m).
    Nothing ran in a group: 1. Source: R. A. Fisher, "The logic of inductive inference",
    Journal of the Royal Statistical Society 98 (1935), 39-82. Raises ValueError for counts that are no share.
    """
    return float(fisher_all([a_failed], [a_ran], [b_failed], [b_ran])[0])


def fisher_all(a_failed: Any, a_ran: Any, b_failed: Any, b_ran: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return ``fisher`` of each element of four arrays of equal length; ValueError for counts that are no share."""
    a, n, b, m = (np.asarray(counts, dtype=np.int64) for counts in (a_failed, a_ran, b_failed, b_ran))
    if ((a < 0) | (a > n) | (b < 0) | (b > m)).any():
        raise ValueError("failed must lie between 0 and ran, in both groups")
    tail = hypergeom.sf(b - 1, n + m, a + b, m)
    return np.clip(np.where((b == 0) | (n == 0), 1.0, tail), 0.0, 1.0)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return the p values corrected for the false discovery rate, in the order given.

    q(i) = min over j >= i of p(j)·m/j, with the m values sorted ascending. Taking those with q <= alpha keeps the
    expected share of false ones among them at or below alpha, for tests that are independent or depend positively.
    Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate: a practical and powerful approach to
    multiple testing", Journal of the Royal Statistical Society B 57 (1995), 289-300; positive dependence:
    Y. Benjamini and D. Yekutieli, The Annals of Statistics 29 (2001), 1165-1188.
    Raises ValueError for a value outside of 0 to 1.
    """
    return [float(q) for q in false_discovery_control(p_values)] if len(p_values) else []


def regressions(
    rows: Iterable[Row[Key]], alpha: float = 0.05, min_ran: int = 5, min_failed: int = 2
) -> list[Regression[Key]]:
    """Return the tests that fail more often after than before, with q <= ``alpha``; the surest first.

    ``rows`` are (key, before_failed, before_ran, after_failed, after_ran); ran means judged. Each is compared by
    ``fisher``, all of them are corrected by ``benjamini_hochberg``. Before the correction those are left out that
    cannot show anything: fewer than ``min_ran`` results in a window, fewer than ``min_failed`` failures in both
    windows together, or no way to reach ``alpha`` with these failures. All three look at the sums that Fisher's test
    holds fixed, never at how the failures fall on the windows: a floor on the failures after would spoil the p values.
    Sources: R. E. Tarone, "A modified Bonferroni method for discrete data", Biometrics 46 (1990), 515-522;
    R. Bourgon, R. Gentleman and W. Huber, "Independent filtering increases detection power for high-throughput
    experiments", PNAS 107 (2010), 9546-9551. Results count as independent: leave the runs of an outage out before, for
    their failures share one cause. Raises ValueError for counts that are no share.
    """
    listed = list(rows)
    counts = np.array([row[1:] for row in listed], dtype=np.int64).reshape(-1, 4)
    p_values = fisher_all(*counts.T)
    tested = np.flatnonzero(_testable(counts, alpha, min_ran, min_failed))
    q_values = np.asarray(benjamini_hochberg(p_values[tested].tolist()))
    found = [
        Regression(listed[i][0], rate(*listed[i][1:3]), rate(*listed[i][3:5]), float(p_values[i]), float(q))
        for i, q in zip(tested, q_values, strict=True)
        if q <= alpha
    ]
    return sorted(found, key=lambda one: (one.q, one.p, -_rise(one)))


def _testable(counts: Any, alpha: float, min_ran: int, min_failed: int) -> Any:
    before_failed, before_ran, after_failed, after_ran = counts.T
    failed = before_failed + after_failed
    most = np.minimum(failed, after_ran)  # all failures that fit fall on the window after
    smallest_p = fisher_all(failed - most, before_ran, most, after_ran)
    enough = (before_ran >= max(1, min_ran)) & (after_ran >= max(1, min_ran)) & (failed >= min_failed)
    return enough & (smallest_p <= alpha)


def _rise(one: Regression[Any]) -> float:
    return (one.after.value or 0.0) - (one.before.value or 0.0)
