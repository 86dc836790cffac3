"""Rates with their interval, and the arithmetic of rare failures and retries.

A rate counts results that ran: passed and failed. Skipped and not-run results are no evidence, never a pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

DEFAULT_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """``numerator`` of ``denominator``, with the Wilson interval ``low`` to ``high``; 0 of 0 has no value."""

    numerator: int
    denominator: int
    low: float
    high: float
    confidence: float = DEFAULT_CONFIDENCE

    @property
    def value(self) -> float | None:
        """The share, or None when nothing ran."""
        return self.numerator / self.denominator if self.denominator else None


def wilson(successes: int, trials: int, confidence: float = DEFAULT_CONFIDENCE) -> tuple[float, float]:
    """Return the Wilson score interval of a binomial proportion.

    With z the normal quantile at 1 - (1 - confidence) / 2, n trials and the share s:
    (s + z²/2n ± z·sqrt(s(1 - s)/n + z²/4n²)) / (1 + z²/n).
    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    No trials give (0, 1). Raises ValueError for counts or a confidence out of range.
    """
    _check(successes, trials, confidence)
    if trials == 0:
        return 0.0, 1.0
    return score_interval(successes / trials, trials, confidence)


def score_interval(share: float, trials: float, confidence: float = DEFAULT_CONFIDENCE) -> tuple[float, float]:
    """Return ``wilson`` of a share of ``trials`` > 0, which may be an effective number: no whole one."""
    z = float(ndtri(1 - (1 - confidence) / 2))
    square = z * z / trials
    centre = share + square / 2
    spread = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    low = 0.0 if share == 0 else (centre - spread) / (1 + square)
    high = 1.0 if share == 1 else (centre + spread) / (1 + square)
    return max(0.0, low), min(1.0, high)


def rate(numerator: int, denominator: int, confidence: float = DEFAULT_CONFIDENCE) -> Rate:
    """Return ``numerator`` of ``denominator`` as a Rate."""
    low, high = wilson(numerator, denominator, confidence)
    return Rate(numerator, denominator, low, high, confidence)


def rule_of_three(passes: int) -> float:
    """Return 3/n: after n passes and no failure the failure rate is below it with 95 % confidence.

    An approximation of the exact 1 - 0.05^(1/n), good from about 30 passes on; never above 1.
    Source: J. A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all right?",
    JAMA 249 (1983), 1743-1745.
    """
    if passes < 1:
        raise ValueError("at least one pass is needed")
    return min(1.0, 3 / passes)


def after_retries(failure_rate: float, retries: int) -> float:
    """Return p^(k+1): what remains of failure rate p when k retries are independent of one another.

    A race against load or leftover state is not independent: the true figure is higher then.
    """
    _check_share(failure_rate, "failure rate")
    if retries < 0:
        raise ValueError("retries count from 0")
    return float(failure_rate ** (retries + 1))


def _check(successes: int, trials: int, confidence: float) -> None:
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share")
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")


def _check_share(value: float, name: str) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"the {name} must lie between 0 and 1")
