"""Durations and their regressions: the shift between two samples as a ratio, with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np
from scipy.special import ndtr, ndtri

from criukb.stats.rates import DEFAULT_CONFIDENCE
from criukb.stats.regressions import benjamini_hochberg

Key = TypeVar("Key")
RESOLUTION = 0.001  # seconds; shorter durations count as this long, for a ratio needs more than nothing
_EXACT = 30  # largest sample for which the distribution of U is counted out
_STEPS = 80
_Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class DurationShift:
    """Medians in seconds, and how many times as long the results after are: ``ratio``, from ``low`` to ``high``.

    An end is None where the samples are too small to hold it; ``p`` is two-sided.
    """

    median_before: float
    median_after: float
    ratio: float
    p: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Slower(Generic[Key]):
    """One test (``key``) that takes longer: one-sided ``p``, ``q`` corrected for all compared, and the shift."""

    key: Key
    shift: DurationShift
    p: float
    q: float


def duration_shift(
    before: Sequence[float], after: Sequence[float], confidence: float = DEFAULT_CONFIDENCE
) -> DurationShift | None:
    """Return how durations in seconds changed; None when a sample is empty.

    ``ratio`` is the Hodges-Lehmann estimate on logarithms: the median of all after_j / before_i. Its interval runs
    from the k-th smallest of these n·m ratios to the k-th largest, with k the largest number for which
    P(U <= k - 1) <= (1 - confidence)/2, U being Mann and Whitney's statistic (counted out for samples up to 30, else
    normal). p is the two-sided Mann-Whitney test in its normal approximation, corrected for ties and continuity.
    Sources: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947), 50-60; J. L. Hodges and
    E. L. Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34 (1963), 598-611;
    the interval: P. K. Sen, "On the estimation of relative potency in dilution (-direct) assays by distribution-free
    methods", Biometrics 19 (1963), 532-552. Raises ValueError for durations below 0 or no number.
    """
    a, b = _logs(before), _logs(after)
    if not len(a) or not len(b):
        return None
    greater, less = _p_values([a], [b])
    k = _rank_of_end(len(a), len(b), confidence)
    pairs = len(a) * len(b)
    middle = (_nth_difference(a, b, (pairs + 1) // 2) + _nth_difference(a, b, pairs // 2 + 1)) / 2
    low, high = (math.exp(_nth_difference(a, b, n)) if k else None for n in (k, pairs - k + 1))
    p = min(1.0, 2 * min(float(greater[0]), float(less[0])))
    return DurationShift(_median(a), _median(b), math.exp(middle), p, low, high)


def slower(
    rows: Iterable[tuple[Key, Sequence[float], Sequence[float]]],
    alpha: float = 0.05,
    min_results: int = 8,
    at_least: float = 1.1,
) -> list[Slower[Key]]:
    """Return the tests that take longer, by the factor ``at_least`` and more, with q <= ``alpha``; the surest first.

    ``rows`` are (key, seconds before, seconds after). Tests with fewer than ``min_results`` on a side are left out.
    Mann and Whitney's test, one-sided, compares after with ``at_least`` times before, so that a change too small to
    matter is none, however many results show it; Benjamini and Hochberg correct for all tests compared.
    Raises ValueError for durations below 0 or no number, and for ``at_least`` below or at 0.
    """
    if not at_least > 0:
        raise ValueError("at_least must be above 0")
    listed = [row for row in rows if min(len(row[1]), len(row[2])) >= max(1, min_results)]
    shift = math.log(at_least)
    greater, _ = _p_values([_logs(row[1]) + shift for row in listed], [_logs(row[2]) for row in listed])
    q_values = benjamini_hochberg(greater.tolist())
    found = []
    for (key, before, after), p, q in zip(listed, greater, q_values, strict=True):
        change = duration_shift(before, after) if q <= alpha else None
        if change:
            found.append(Slower(key, change, float(p), q))
    return sorted(found, key=lambda one: (one.q, one.p, -one.shift.ratio))


def _logs(seconds: Sequence[float]) -> _Array:
    values = np.asarray(seconds, dtype=np.float64)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError("a duration is a number of seconds from 0 on")
    return np.sort(np.log(np.maximum(values, RESOLUTION)))


def _median(logs: _Array) -> float:
    return float(np.median(np.exp(logs)))


def _p_values(before: Sequence[_Array], after: Sequence[_Array]) -> tuple[_Array, _Array]:
    """Return the one-sided p values, after greater and after less, of all pairs of samples at once."""
    sizes = np.array([[len(a), len(b)] for a, b in zip(before, after, strict=True)], dtype=np.int64).reshape(-1, 2)
    total = sizes.sum(axis=1)
    if not len(sizes):
        return np.zeros(0), np.zeros(0)
    values = np.concatenate([part for pair in zip(before, after, strict=True) for part in pair])
    case = np.repeat(np.arange(len(sizes)), total)
    is_after = np.repeat(np.tile([False, True], len(sizes)), sizes.ravel())
    order = np.lexsort((values, case))
    values, case, is_after = values[order], case[order], is_after[order]
    new = np.r_[True, (values[1:] != values[:-1]) | (case[1:] != case[:-1])]
    starts = np.flatnonzero(new)
    lengths = np.diff(np.r_[starts, len(values)])
    first = np.r_[0, np.cumsum(total)[:-1]]
    rank = starts - first[case[starts]] + (lengths + 1) / 2
    sums = np.bincount(case[is_after], np.repeat(rank, lengths)[is_after], minlength=len(sizes))
    ties = np.bincount(case[starts], lengths**3.0 - lengths, minlength=len(sizes))
    return _normal(sums, sizes, ties)


def _normal(rank_sums: _Array, sizes: Any, ties: _Array) -> tuple[_Array, _Array]:
    n, m = sizes.T.astype(np.float64)
    distance = rank_sums - m * (m + 1) / 2 - n * m / 2
    deviation = np.sqrt(n * m / 12 * (n + m + 1 - ties / np.maximum(1, (n + m) * (n + m - 1))))
    scale = np.maximum(deviation, 1e-300)
    tails = (np.where(deviation > 0, ndtr(-(side * distance - 0.5) / scale), 1.0) for side in (1, -1))
    greater, less = tails
    return greater, less


@lru_cache(maxsize=1024)
def _rank_of_end(n: int, m: int, confidence: float) -> int:
    """Return k: the ends are the k-th smallest and k-th largest difference; 0 when the samples are too small."""
    tail = (1 - confidence) / 2
    if max(n, m) > _EXACT:
        deviation = math.sqrt(n * m * (n + m + 1) / 12)
        return max(0, math.floor(n * m / 2 + float(ndtri(tail)) * deviation + 0.5))
    below = np.cumsum(_u_counts(n, m)) / math.comb(n + m, n)
    return int(np.searchsorted(below, tail, side="right"))


def _u_counts(n: int, m: int) -> _Array:
    """Return how many orders of n and m values give U = 0, 1, ...: the coefficients of the Gaussian binomial."""
    counts = [1] + [0] * (n * m)
    for i in range(1, n + 1):
        for u in range(n * m, m + i - 1, -1):
            counts[u] -= counts[u - m - i]
        for u in range(i, n * m + 1):
            counts[u] += counts[u - i]
    return np.array(counts, dtype=np.float64)


def _nth_difference(a: _Array, b: _Array, n: int) -> float:
    """Return the n-th smallest of all b_j - a_i by bisection, without making them all; both are sorted."""
    low, high = float(b[0] - a[-1]), float(b[-1] - a[0])
    if n <= 1:
        return low
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if int(np.searchsorted(b, a + middle, side="right").sum()) >= n:
            high = middle
        else:
            low = middle
    return high
