"""Where a failure rate changed: the place, the interval that holds it, and whether it changed at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from scipy.special import xlogy

from criukb.stats.rates import Rate, rate
from criukb.stats.regressions import benjamini_hochberg

Key = TypeVar("Key")
MAX_PLACES = 200  # longer series are joined to so many stretches before the search
_DRAWS = 999
_MOST_DRAWS = 99_999
_ENOUGH = 20
_PLACE_DRAWS = 199
_MISSED = 0.05
_TABLE_BITS = 20
_COUNTED = 1_000_000  # results, each a number in memory while they are drawn
_SLACK = 1e-9  # between log likelihoods that differ by rounding only
_Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """``index`` of the first element after the change, within ``low`` to ``high``; the rates on both sides; and p."""

    index: int
    low: int
    high: int
    before: Rate
    after: Rate
    p: float


@dataclass(frozen=True, slots=True)
class KeyedChange(Generic[Key]):
    """The change point of one series of many (``key``); ``q`` is its p corrected for all series."""

    key: Key
    point: ChangePoint
    q: float


def change_point(failed: Sequence[int], ran: Sequence[int], alpha: float = 0.05, seed: int = 0) -> ChangePoint | None:
    """Return where the failure rate of a series of runs or weeks changed; None when no change shows (p > ``alpha``).

    Elements with ran = 0 are no data: they are passed over, and the interval reaches across them.
    With l(f, n) = f·ln(f/n) + (n - f)·ln(1 - f/n) and F of N results failed, the gain of a change before element j is
    l(failed before, ran before) + l(failed from j on, ran from j on) - l(F, N); the place is where it is largest.
    p: the share, of 999 series in which as many failures fall on the results by chance, whose largest gain reaches
    it, the own series counted in; the drawing stops after 20 of them (J. Besag and P. Clifford, "Sequential Monte
    Carlo p-values", Biometrika 78 (1991), 301-304).
    Interval: the places whose gain lies within a drop of the largest one, calibrated for each place: no larger than in
    95 % of 199 series that change there, with the failures of each side redrawn within it. It holds the true place
    with 95 % or more, whatever the rates. Drops above 2·ln(2·places/0.05) are beyond that without drawing, by
    Hoeffding's bound for draws without putting back (Journal of the American Statistical Association 58 (1963), 13-30).
    Source of both: K. J. Worsley, "The power of likelihood ratio and cumulative sum tests for a change in a binomial
    probability", Biometrika 70 (1983), 455-464, and "Confidence regions and tests for a change-point in a sequence of
    exponential family random variables", Biometrika 73 (1986), 91-104.
    Series longer than MAX_PLACES are first joined to stretches of about equally many results.
    It assumes independent results: give it the runs or weeks of one test, not a whole suite whose results share a run.
    The same numbers and ``seed`` give the same answer. Raises ValueError for series of unequal length, counts that are
    no share, and a billion results or more.
    """
    series = _Series.of(failed, ran)
    rng = np.random.default_rng(seed)
    p = series.p_value(_DRAWS, rng)
    return series.point(p, rng) if p <= alpha else None


def change_points(
    rows: Iterable[tuple[Key, Sequence[int], Sequence[int]]], alpha: float = 0.05, seed: int = 0
) -> list[KeyedChange[Key]]:
    """Return the series, of many, whose rate changed, with q <= ``alpha``; the surest first.

    ``rows`` are (key, failed, ran); each is tested as in ``change_point``, with as many draws as its share of the
    correction by Benjamini and Hochberg (1995) needs, at most 99,999. Series that cannot change are left out before:
    fewer than two elements with data, no failures, or nothing but failures.
    """
    listed = [(key, _Series.of(failed, ran)) for key, failed, ran in rows]
    able = [(key, series, np.random.default_rng([seed, n])) for n, (key, series) in enumerate(listed) if series.able]
    draws = min(_MOST_DRAWS, max(_DRAWS, math.ceil(2 * len(able) / alpha)))
    p_values = [series.p_value(draws, rng) for _, series, rng in able]
    corrected = zip(able, p_values, benjamini_hochberg(p_values), strict=True)
    found = [KeyedChange(key, series.point(p, rng), q) for (key, series, rng), p, q in corrected if q <= alpha]
    return sorted(found, key=lambda one: (one.q, one.point.p))


@dataclass(frozen=True, slots=True)
class _Series:
    """Stretches with data: failed and ran of each, and the first and last element that it is made of."""

    failed: _Array
    ran: _Array
    first: _Array
    last: _Array

    @classmethod
    def of(cls, failed: Sequence[int], ran: Sequence[int]) -> _Series:
        """Drop the elements without data and join long series; ValueError for counts that are no share."""
        if len(failed) != len(ran) or any(not 0 <= f <= n for f, n in zip(failed, ran, strict=True)):
            raise ValueError("each element needs failed and ran, with failed from 0 to ran")
        counts = np.array([failed, ran], dtype=np.int64).reshape(2, -1)
        kept = np.flatnonzero(counts[1])
        starts = _stretches(counts[1][kept])
        failed_sums, ran_sums = np.add.reduceat(counts[:, kept], starts, axis=1) if len(kept) else counts[:, :0]
        ends = np.r_[starts[1:], len(kept)] - 1
        return cls(failed_sums, ran_sums, kept[starts], kept[ends] if len(kept) else kept)

    @property
    def able(self) -> bool:
        """Whether anything could have changed."""
        return len(self.ran) > 1 and 0 < int(self.failed.sum()) < int(self.ran.sum())

    def p_value(self, draws: int, rng: np.random.Generator) -> float:
        """Return the chance of a gain this large without a change, by drawing."""
        if not self.able:
            return 1.0
        limit = float(_gains(self.failed[None, :], self.ran).max()) - _SLACK
        done = reached = 0
        while done < draws:
            size = min(draws - done, 100 if done == 0 else 900)
            hits = np.flatnonzero(_gains(_redrawn(self.failed, self.ran, size, rng), self.ran).max(axis=1) >= limit)
            if reached + len(hits) >= _ENOUGH:
                return _ENOUGH / (done + int(hits[_ENOUGH - reached - 1]) + 1)
            done, reached = done + size, reached + len(hits)
        return (reached + 1) / (draws + 1)

    def point(self, p: float, rng: np.random.Generator) -> ChangePoint:
        """Return the place of the largest gain, with its interval."""
        gains = _gains(self.failed[None, :], self.ran)[0]
        drops = gains.max() - gains
        near = np.flatnonzero(drops <= 2 * math.log(2 * len(gains) / _MISSED))
        held = [int(place) for place in near if self._holds(int(place), float(drops[place]), rng)]
        best = int(gains.argmax())
        sides = (slice(best + 1), slice(best + 1, None))
        before, after = (rate(int(self.failed[side].sum()), int(self.ran[side].sum())) for side in sides)
        low, high = int(self.first[min(held)]) + 1, int(self.last[max(held) + 1])
        return ChangePoint(int(self.first[best + 1]), low, high, before, after, p)

    def _holds(self, place: int, drop: float, rng: np.random.Generator) -> bool:
        """Return whether series that change after stretch ``place`` drop so much in more than the missed share."""
        if drop <= _SLACK:
            return True
        parts = (slice(place + 1), slice(place + 1, None))
        enough = math.floor(_MISSED * (_PLACE_DRAWS + 1))
        reached = 0
        for size in (40, _PLACE_DRAWS - 40):
            drawn = np.hstack([_redrawn(self.failed[part], self.ran[part], size, rng) for part in parts])
            gains = _gains(drawn, self.ran)
            reached += int((gains.max(axis=1) - gains[:, place] >= drop - _SLACK).sum())
            if reached >= enough:
                return True
        return False


def _stretches(ran: _Array) -> _Array:
    """Return where the stretches begin: every element, or MAX_PLACES stretches of about equally many results."""
    if len(ran) <= MAX_PLACES:
        return np.arange(len(ran))
    middle = np.cumsum(ran) - ran / 2
    number = np.floor(middle * MAX_PLACES / ran.sum())
    return np.flatnonzero(np.r_[True, number[1:] != number[:-1]])


def _redrawn(failed: _Array, ran: _Array, size: int, rng: np.random.Generator) -> _Array:
    """Return ``size`` series in which as many failures fall on the same results by chance."""
    number, results = int(failed.sum()), int(ran.sum())
    few = min(number, results - number) < 8 * len(ran) and results < _COUNTED
    method: Literal["count", "marginals"] = "count" if few else "marginals"  # the faster one
    drawn: _Array = rng.multivariate_hypergeometric(ran, number, size=size, method=method)
    return drawn


def _gains(failed: _Array, ran: _Array) -> _Array:
    """Return, for each row of ``failed``, the gain in log likelihood of a change after each stretch but the last."""
    before, ran_before = np.cumsum(failed, axis=1), np.cumsum(ran)
    total, ran_total = before[:, -1:], ran_before[-1]
    left, ran_left = before[:, :-1], ran_before[:-1]
    bits = int(ran_total).bit_length()
    table = _table(bits) if bits <= _TABLE_BITS else None
    split = _likelihood(left, ran_left, table) + _likelihood(total - left, ran_total - ran_left, table)
    gains: _Array = split - _likelihood(total, ran_total, table)
    return gains


def _likelihood(failed: _Array, ran: Any, table: _Array | None) -> Any:
    return _n_log_n(failed, table) + _n_log_n(ran - failed, table) - _n_log_n(ran, table)


def _n_log_n(counts: Any, table: _Array | None) -> Any:
    return xlogy(counts, counts) if table is None else table[counts]


@lru_cache(maxsize=4)
def _table(bits: int) -> _Array:
    numbers = np.arange(2**bits)
    found: _Array = xlogy(numbers, numbers)
    return found
