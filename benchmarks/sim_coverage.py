"""How often each interval holds the truth: exact where it can be summed up, else over seeded synthetic histories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean

import numpy as np
from scipy.stats import binom

from criukb.stats.changepoints import ChangePoint, change_point
from criukb.stats.durations import duration_shift
from criukb.stats.flakes import flip_rate
from criukb.stats.proof import runs_needed
from criukb.stats.rates import wilson
from criukb.stats.timetofix import TimeToFix, median_time_to_fix

WILSON_SIZES = (10, 20, 50, 100, 200, 500, 1000)
WILSON_SHARES = tuple(k / 1000 for k in range(1, 1000))
RARE_SHARES = tuple(k / 1000 for k in range(5, 201))
FLIP_SETTINGS = tuple(
    (n, a, b) for n in (50, 200, 1000) for a, b in ((0.02, 0.98), (0.2, 0.8), (0.5, 0.5), (0.05, 0.3))
)
DURATION_SIZES = ((8, 8), (8, 30), (20, 20), (60, 60), (200, 50))
CHANGES = ((20, 0.02, 0.06), (20, 0.02, 0.1), (50, 0.05, 0.1), (20, 0.02, 0.3))
WEEKS = 52
MEDIAN_SIZES = (20, 50, 150)
PROOFS = tuple((n, p) for n in (20, 50, 200) for p in (0.02, 0.05, 0.2, 0.5))
_START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """In how many of ``of`` cases something held, for one setting."""

    setting: str
    hits: float
    of: float

    @property
    def share(self) -> float:
        """The share, or 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.setting}: {self.hits:.0f} of {self.of:.0f} ({100 * self.share:.1f} %)"


@dataclass(frozen=True, slots=True)
class Place:
    """What the change points of one setting gave."""

    found: Held
    held: Held
    held_if_found: Held
    width: float


def wilson_coverage(size: int, shares: Sequence[float]) -> list[float]:
    """Return the exact chance, for each true share, that Wilson's interval of ``size`` results holds it."""
    ends = np.array([wilson(k, size) for k in range(size + 1)])
    truth = np.array(shares)[:, None]
    weight = binom.pmf(np.arange(size + 1)[None, :], size, truth)
    return [float(x) for x in (weight * ((ends[:, 0] <= truth) & (truth <= ends[:, 1]))).sum(axis=1)]


def wrong_proofs(old_ran: int, share: float) -> tuple[float, float]:
    """Return the exact chance that a fault which nobody fixed counts as proved fixed, and that it was seen before."""
    seen = np.arange(1, old_ran + 1)
    needed = np.array([runs_needed(int(k), old_ran) or 0 for k in seen])
    weight = binom.pmf(seen, old_ran, share)
    return float((weight * (1 - share) ** needed).sum()), float(weight.sum())


def flip_coverage(size: int, a: float, b: float, times: int, seed: int = 0) -> Held:
    """Return how often the interval of the flip rate holds it, for a test that starts failing by a and ends by b."""
    draws = np.random.default_rng(seed).random((times, size))
    failed = np.empty((times, size), dtype=bool)
    failed[:, 0] = draws[:, 0] < a / (a + b)
    for k in range(1, size):
        failed[:, k] = np.where(failed[:, k - 1], draws[:, k] >= b, draws[:, k] < a)
    truth = 2 * a * b / (a + b)
    rates = (flip_rate(row) for row in failed.tolist())
    return Held(f"{size} results, starts by {a:g}, ends by {b:g}", sum(r.low <= truth <= r.high for r in rates), times)


def duration_coverage(before: int, after: int, times: int, seed: int = 0) -> Held:
    """Return how often the interval holds a factor of 1.3, for log-normal durations rounded to hundredths."""
    rng = np.random.default_rng(seed)
    first, second = np.exp(rng.normal(1, 0.4, (times, before))), 1.3 * np.exp(rng.normal(1, 0.4, (times, after)))
    hits = 0
    for a, b in zip(first.round(2).tolist(), second.round(2).tolist(), strict=True):
        shift = duration_shift(a, b)
        hits += shift is not None and (shift.low or 0) <= 1.3 <= (shift.high or np.inf)
    return Held(f"{before} and {after} durations", hits, times)


def median_coverage(size: int, times: int, seed: int = 0) -> Held:
    """Return how often the interval holds the median of exponential times to fix, of which a third are still open."""
    rng = np.random.default_rng(seed)
    truth = 30 * np.log(2)
    held = 0
    for days, ends in zip(rng.exponential(30, (times, size)), rng.exponential(60, (times, size)), strict=True):
        rows = [
            TimeToFix(_START, _START + timedelta(days=float(d)), float(min(d, e)), open=bool(d > e), began_before=False)
            for d, e in zip(days, ends, strict=True)
        ]
        median = median_time_to_fix(rows)
        held += (median.low or 0) <= truth <= (median.high or np.inf)
    return Held(f"{size} failures, a third still open", held, times)


def change_places(ran: int, before: float, after: float, times: int, seed: int = 0) -> Place:
    """Return how often a change in a year of weeks is found, and how often the interval holds its place."""
    rng = np.random.default_rng([seed, ran])
    truths = [int(truth) for truth in rng.integers(5, WEEKS - 4, times)]
    rates = [np.where(np.arange(WEEKS) < truth, before, after) for truth in truths]
    points = [_changed(ran, shares, rng, n) for n, shares in enumerate(rates)]
    held = [point.low <= truth <= point.high for point, truth in zip(points, truths, strict=True)]
    found = [point.p <= 0.05 for point in points]
    setting = f"{WEEKS} weeks of {ran} results, {before:g} to {after:g}"
    both = sum(h and f for h, f in zip(held, found, strict=True))
    width = mean([point.high - point.low + 1 for point, f in zip(points, found, strict=True) if f] or [WEEKS])
    return Place(
        Held(setting, sum(found), times), Held(setting, sum(held), times), Held(setting, both, sum(found)), width
    )


def _changed(ran: int, shares: np.ndarray, rng: np.random.Generator, seed: int) -> ChangePoint:
    failed = rng.binomial(ran, shares).tolist()
    while not sum(failed):
        failed = rng.binomial(ran, shares).tolist()
    point = change_point(failed, [ran] * WEEKS, alpha=1.0, seed=seed)
    if point is None:
        raise AssertionError("with alpha 1 every series with failures has a place")
    return point


def false_changes(times: int, seed: int = 0) -> Iterator[Held]:
    """Yield how often a stable series of weeks, some without runs, seems to change at the 5 % level."""
    rng = np.random.default_rng(seed)
    for share in (0.01, 0.05, 0.3):
        ran = rng.integers(0, 30, (times, WEEKS)) * (rng.random((times, WEEKS)) < 0.9)
        failed = rng.binomial(ran, share)
        pairs = zip(failed.tolist(), ran.tolist(), strict=True)
        hits = sum(change_point(f, n, seed=k) is not None for k, (f, n) in enumerate(pairs))
        yield Held(f"stable at {share:g}", hits, times)
