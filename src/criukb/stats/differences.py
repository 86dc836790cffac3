"""Differences by kernel, CRIU version, architecture, flavor, job: each level against the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from criukb.stats.rates import Rate, rate
from criukb.stats.regressions import benjamini_hochberg, fisher_all

Factor = TypeVar("Factor", bound=Hashable)
Level = TypeVar("Level", bound=Hashable)
_Sums = Mapping[Any, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Difference(Generic[Factor, Level]):
    """One level of a factor that fails more or less often than all other levels together; ``q`` is ``p`` corrected."""

    factor: Factor
    level: Level
    rate: Rate
    rest: Rate
    p: float
    q: float


def differences(
    rows: Iterable[tuple[Factor, Level | None, int, int]], alpha: float = 0.05, min_ran: int = 5, min_failed: int = 2
) -> list[Difference[Factor, Level]]:
    """Return the levels whose failure rate differs from the rest's, with q <= ``alpha``; the surest first.

    ``rows`` are (factor, level, failed, ran); rows of one level are added up, and an unknown level (None) belongs
    neither to a level nor to the rest. The factor may hold more than a name, such as ("kernel", test).
    p is Fisher's exact test, two-sided as twice the smaller tail, at most 1; all comparisons of all factors are
    corrected by Benjamini and Hochberg together. Of two levels only one comparison is made, for the second is the same.
    Left out before are comparisons with fewer than ``min_ran`` results on a side or ``min_failed`` failures in all:
    sums that the test holds fixed. Source of the doubling: G. J. G. Upton, "Fisher's exact test", Journal of the Royal
    Statistical Society A 155 (1992), 395-402. Factors come together (one job, one kernel): a difference names where to
    look and no cause. Raises ValueError for counts that are no share.
    """
    sums: dict[Factor, dict[Level, tuple[int, int]]] = defaultdict(dict)
    for factor, level, failed, ran in rows:
        if level is not None:
            had_failed, had_ran = sums[factor].get(level, (0, 0))
            sums[factor][level] = had_failed + failed, had_ran + ran
    compared = [(factor, *row) for factor, by_level in sums.items() for row in _against_rest(by_level)]
    counts = np.array([row[2:] for row in compared], dtype=np.int64).reshape(-1, 4)
    p_values = two_sided(counts)
    enough = np.minimum(counts[:, 1], counts[:, 3]) >= max(1, min_ran)
    tested = np.flatnonzero(enough & (counts[:, 0] + counts[:, 2] >= min_failed))
    q_values = benjamini_hochberg(p_values[tested].tolist())
    corrected = zip(tested, q_values, strict=True)
    found = [_difference(compared[i], float(p_values[i]), q) for i, q in corrected if q <= alpha]
    return sorted(found, key=lambda one: (one.q, one.p))


def two_sided(counts: Any) -> Any:
    """Return Fisher's two-sided p value of each row (a_failed, a_ran, b_failed, b_ran)."""
    a_failed, a_ran, b_failed, b_ran = counts.T
    more, fewer = fisher_all(a_failed, a_ran, b_failed, b_ran), fisher_all(b_failed, b_ran, a_failed, a_ran)
    return np.minimum(1.0, 2 * np.minimum(more, fewer))


def _against_rest(by_level: _Sums) -> list[tuple[Any, int, int, int, int]]:
    """Return (level, failed, ran, rest failed, rest ran); of two levels the one that fails more."""
    failed, ran = (sum(counts[side] for counts in by_level.values()) for side in (0, 1))
    rows = [(level, f, n, failed - f, ran - n) for level, (f, n) in by_level.items()]
    if len(rows) == 2:  # noqa: PLR2004
        return [max(rows, key=lambda row: row[1] * row[4] - row[3] * row[2])]
    return rows


def _difference(row: tuple[Any, Any, int, int, int, int], p: float, q: float) -> Difference[Any, Any]:
    factor, level, failed, ran, rest_failed, rest_ran = row
    return Difference(factor, level, rate(failed, ran), rate(rest_failed, rest_ran), p, q)
