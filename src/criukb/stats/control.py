"""Control charts of a weekly series: which weeks lie outside of what chance explains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SIGMAS = 3.0
_MEAN_RANGE = 1.128  # expected distance of two draws of a standard normal, 2/sqrt(pi)


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One week that ran (``index`` in the series): its share, its limits, and whether it lies outside of them."""

    index: int
    share: float
    lower: float
    upper: float
    outside: bool


@dataclass(frozen=True, slots=True)
class ControlChart:
    """The centre line (None: nothing ran), the points of the weeks that ran, and the spread.

    ``spread`` is how many times as much the weeks vary as single results drawn at random would (1: as much).
    """

    centre: float | None
    points: tuple[ControlPoint, ...]
    spread: float


def p_chart(failed: Sequence[int], ran: Sequence[int], *, widened: bool = False) -> ControlChart:
    """Return the control chart of a series of failed of judged results; weeks with ran = 0 have no point.

    Centre c = sum(failed)/sum(ran); limits of a week with n results c ± 3·sqrt(c(1 - c)/n), within 0 to 1. Source:
    W. A. Shewhart, "Economic Control of Quality of Manufactured Product", Van Nostrand 1931.
    Where results of one week share a cause or a machine, weeks vary more than that: ``widened`` multiplies the
    distance of the limits by the ``spread``, if above 1. With z = (share - c)/sqrt(c(1 - c)/n) it is the mean distance
    of neighbouring z by 1.128. Source: D. B. Laney, "Improved control charts for attributes", Quality Engineering 14
    (2002), 531-537. Raises ValueError for series of unequal length or counts that are no share.
    """
    if len(failed) != len(ran) or any(not 0 <= f <= n for f, n in zip(failed, ran, strict=True)):
        raise ValueError("each week needs failed and ran, with failed from 0 to ran")
    total = sum(ran)
    if not total:
        return ControlChart(None, (), 1.0)
    centre = sum(failed) / total
    weeks = [(index, f / n, _sigma(centre, n)) for index, (f, n) in enumerate(zip(failed, ran, strict=True)) if n]
    spread = _spread(centre, weeks)
    width = SIGMAS * (max(1.0, spread) if widened else 1.0)
    return ControlChart(centre, tuple(_point(index, share, centre, width * s) for index, share, s in weeks), spread)


def _sigma(centre: float, number: int) -> float:
    return math.sqrt(centre * (1 - centre) / number)


def _spread(centre: float, weeks: Sequence[tuple[int, float, float]]) -> float:
    scores = [(share - centre) / sigma for _, share, sigma in weeks if sigma]
    steps = [abs(b - a) for a, b in pairwise(scores)]
    return sum(steps) / len(steps) / _MEAN_RANGE if steps else 1.0


def _point(index: int, share: float, centre: float, distance: float) -> ControlPoint:
    lower, upper = max(0.0, centre - distance), min(1.0, centre + distance)
    return ControlPoint(index, share, lower, upper, not lower <= share <= upper)
