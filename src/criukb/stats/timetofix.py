"""How long failures last: from the first to the last one, and what is still open."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from scipy.special import ndtri

from criukb.stats.rates import DEFAULT_CONFIDENCE

_DAY = timedelta(days=1)
_Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class TimeToFix:
    """From the first to the last failure of an entry, in days; a lower bound when ``censored``.

    ``open``: not proved fixed; its days then run to the last run. ``began_before``: it failed in the first run already.
    """

    first: datetime
    last: datetime
    days: float
    open: bool
    began_before: bool

    @property
    def censored(self) -> bool:
        """Whether the true time is longer than ``days``: not over yet, or begun before the history."""
        return self.open or self.began_before


@dataclass(frozen=True, slots=True)
class MedianTime:
    """The median of days to the fix with its interval; None where too few are fixed to tell."""

    days: float | None
    low: float | None
    high: float | None
    fixed: int
    censored: int


def time_to_fix(
    failures: Iterable[datetime], first_run: datetime, last_run: datetime, *, fixed: bool
) -> TimeToFix | None:
    """Return how long an entry or a cluster failed; None when it never did.

    ``fixed`` says that a fix is proved (see ``criukb.stats.proof``): mere silence leaves it open.
    The last failure is an early end, for the fix came after it. Raises ValueError for failures outside of the runs.
    """
    times = sorted(failures)
    if not times:
        return None
    if times[0] < first_run or times[-1] > last_run:
        raise ValueError("a failure lies outside of the runs")
    end = times[-1] if fixed else last_run
    return TimeToFix(times[0], times[-1], (end - times[0]) / _DAY, not fixed, times[0] == first_run)


def median_time_to_fix(times: Sequence[TimeToFix], confidence: float = DEFAULT_CONFIDENCE) -> MedianTime:
    """Return the median of days to the fix, with those still open counted as what they are: longer.

    The share still failing after t days is S(t) = product over fix times u <= t of (1 - fixed(u)/at_risk(u)); the
    median is the first t with S(t) <= 1/2. The interval holds the fix times t at which S(t) may be 1/2:
    |log(-log S(t)) - log(-log 1/2)| <= z·se, with Greenwood's variance. No end is given where the data hold none.
    Sources: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", Journal of the
    American Statistical Association 53 (1958), 457-481; R. Brookmeyer and J. Crowley, "A confidence interval for the
    median survival time", Biometrics 38 (1982), 29-41. It assumes that being open says nothing about the length.
    """
    days = np.array([one.days for one in times], dtype=np.float64)
    closed = np.array([not one.censored for one in times], dtype=bool)
    ends, ended = np.unique(days[closed], return_counts=True)
    at_risk = len(days) - np.searchsorted(np.sort(days), ends)
    share = np.cumprod(1 - ended / at_risk)
    reached, passed = _around_half(share, np.cumsum(ended / np.maximum(1, at_risk * (at_risk - ended))), confidence)
    fixed = int(closed.sum())
    return MedianTime(
        _first(ends, share <= 1 / 2), _first(ends, reached), _first(ends, passed), fixed, len(days) - fixed
    )


def _around_half(share: _Array, greenwood: _Array, confidence: float) -> tuple[Any, Any]:
    """Return where the share may be down to 1/2, and where it surely is below; nothing is left where it is 0."""
    z = float(ndtri(1 - (1 - confidence) / 2))
    inner = np.where(share > 0, share, 1 / 2)
    distance = np.log(-np.log(inner)) - math.log(math.log(2))
    error = z * np.sqrt(greenwood) / -np.log(inner)
    return (distance >= -error) | (share <= 0), (distance > error) | (share <= 0)


def _first(ends: _Array, holds: Any) -> float | None:
    return float(ends[int(np.argmax(holds))]) if holds.any() else None
