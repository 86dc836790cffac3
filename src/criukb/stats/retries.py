"""Retry arithmetic: what retries leave, what they hide, what they cost, and whether attempts are independent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from criukb.stats.rates import Rate, after_retries, rate
from criukb.stats.regressions import fisher


@dataclass(frozen=True, slots=True)
class Retry:
    """What up to ``retries`` retries do to a test, if its attempts are independent.

    ``remaining``: share of results that stay red, ``low`` to ``high`` its interval; ``hidden``: share of results that
    fail first and turn green; ``extra_minutes``: expected minutes per result that the retries cost.
    """

    retries: int
    remaining: float
    low: float
    high: float
    hidden: float
    extra_minutes: float


@dataclass(frozen=True, slots=True)
class Independence:
    """Whether a second attempt fails more often after a failed first one: ``p`` and how many times as often.

    ``p`` is None without pairs of both kinds, ``ratio`` when nothing failed after a pass.
    """

    p: float | None
    ratio: float | None
    after_failure: Rate
    after_pass: Rate


def retry_table(failure_rate: Rate, retries: int, minutes_per_attempt: float) -> list[Retry]:
    """Return what 0 to ``retries`` retries do to a test of this rate; nothing when the test never ran.

    With failure rate p and k retries: p^(k+1) remains (its interval from the ends of p's, for the power is monotone),
    p - p^(k+1) is hidden, and minutes·(p + p² + ... + p^k) are spent on top. Source: the geometric distribution, e.g.
    W. Feller, "An Introduction to Probability Theory and Its Applications" I, 3rd ed., Wiley 1968, section VI.8.
    It holds for independent attempts only: see ``independence``. Raises ValueError for numbers below 0.
    """
    if retries < 0 or not minutes_per_attempt >= 0 or math.isinf(minutes_per_attempt):
        raise ValueError("retries and minutes count from 0")
    if failure_rate.value is None:
        return []
    return [_retry(failure_rate, failure_rate.value, k, minutes_per_attempt) for k in range(retries + 1)]


def _retry(failure_rate: Rate, p: float, k: int, minutes: float) -> Retry:
    remaining = after_retries(p, k)
    low, high = after_retries(failure_rate.low, k), after_retries(failure_rate.high, k)
    return Retry(k, remaining, low, high, p - remaining, minutes * sum(p**i for i in range(1, k + 1)))


def independence(both_failed: int, first_only: int, second_only: int, none: int) -> Independence:
    """Test whether second attempts fail more often after a failed first attempt than after a passed one.

    The four numbers count pairs of attempts by which of the two failed; the p value is that of ``fisher``, one-sided.
    The pairs must come from one test: pooled over tests of different rates, independent attempts look dependent
    (use ``independence_of_many``). Pairs exist where both attempts ran whatever the first one gave: where only
    failures are tried again, there are none after a pass, and nothing can be said (p is None).
    Raises ValueError for counts below 0.
    """
    if min(both_failed, first_only, second_only, none) < 0:
        raise ValueError("pairs count from 0")
    after_failure, after_pass = rate(both_failed, both_failed + first_only), rate(second_only, second_only + none)
    p = None
    if after_failure.denominator and after_pass.denominator:
        p = fisher(after_pass.numerator, after_pass.denominator, after_failure.numerator, after_failure.denominator)
    return Independence(p, _ratio(after_failure, after_pass), after_failure, after_pass)


def independence_of_many(tables: Iterable[tuple[int, int, int, int]]) -> Independence:
    """Test the independence over many tests, each against itself; ``tables`` are the arguments of ``independence``.

    With a_i pairs of test i failed twice, r_i first failures, c_i second failures and n_i pairs:
    z = (sum(a_i - r_i·c_i/n_i) - 1/2) / sqrt(sum(r_i·c_i·(n_i - r_i)·(n_i - c_i) / (n_i²·(n_i - 1)))), one-sided.
    ``ratio`` is the common risk ratio of Mantel and Haenszel. Source: N. Mantel and W. Haenszel, "Statistical aspects
    of the analysis of data from retrospective studies of disease", Journal of the National Cancer Institute 22 (1959),
    719-748. Tests with one pair, or that never or always failed, say nothing and change nothing.
    """
    counts = np.array(list(tables), dtype=np.float64).reshape(-1, 4)
    if (counts < 0).any():
        raise ValueError("pairs count from 0")
    both, first_only, second_only, _ = counts.T
    n, first, second = counts.sum(axis=1), both + first_only, both + second_only
    after_failure = rate(int(both.sum()), int(first.sum()))
    after_pass = rate(int(second_only.sum()), int((n - first).sum()))
    some = np.maximum(n, 1)
    variance = float(np.sum(first * second * (n - first) * (n - second) / (some**2 * np.maximum(n - 1, 1))))
    excess = float(np.sum(both - first * second / some))
    p = float(ndtr(-(excess - 0.5) / math.sqrt(variance))) if variance > 0 else None
    expected = float(np.sum(second_only * first / some))
    ratio = float(np.sum(both * (n - first) / some)) / expected if expected else None
    return Independence(p, ratio, after_failure, after_pass)


def _ratio(after_failure: Rate, after_pass: Rate) -> float | None:
    if after_failure.value is None or not after_pass.value:
        return None
    return after_failure.value / after_pass.value
