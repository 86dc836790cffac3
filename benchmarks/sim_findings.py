"""False and true findings over seeded synthetic histories: regressions, flakes, groups, differences, durations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sim_coverage import Held

from criukb.stats.cofailures import cofailing
from criukb.stats.control import p_chart
from criukb.stats.differences import differences
from criukb.stats.durations import slower
from criukb.stats.flakes import same_commit_flakes
from criukb.stats.regressions import regressions
from criukb.stats.retries import independence, independence_of_many

TESTS = 400
WINDOWS = ((60, 20), (30, 30), (200, 15))
EFFECTS = (0.05, 0.1, 0.2, 0.4, 0.8)
FLAKE_RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
# Rates of the tests of a suite: mostly never failing, some flaky, some broken.
RATES = (0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 1.0)
WEIGHTS = (0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02)
Row = tuple[int, int, int, int, int]


def mixed_rates(rng: np.random.Generator, size: int = TESTS) -> np.ndarray:
    return rng.choice(RATES, size, p=WEIGHTS)


def history(rng: np.random.Generator, before: np.ndarray, after: np.ndarray, windows: tuple[int, int]) -> list[Row]:
    """Return one history: failed and judged per test and window; a tenth of the results is missing."""
    ran = [rng.binomial(runs, 0.9, len(before)) for runs in windows]
    failed = [rng.binomial(n, p) for n, p in zip(ran, (before, after), strict=True)]
    columns = (range(len(before)), failed[0].tolist(), ran[0].tolist(), failed[1].tolist(), ran[1].tolist())
    return list(zip(*columns, strict=True))


def stable_histories(times: int, seed: int = 0) -> Held:
    """Return how many stable histories show a regression: each is a false discovery, and the rate of them."""
    rng = np.random.default_rng(seed)
    hits = 0
    for n in range(times):
        rates = mixed_rates(rng)
        hits += bool(regressions(history(rng, rates, rates, WINDOWS[n % len(WINDOWS)])))
    return Held(f"stable histories of {TESTS} tests with a regression", hits, times)


def seeded_regressions(times: int, seed: int = 1) -> tuple[float, list[Held]]:
    """Return the mean share of false ones among the regressions found, and the recall by how much the rate rose."""
    rng = np.random.default_rng(seed)
    shares, found, made = [], dict.fromkeys(EFFECTS, 0), dict.fromkeys(EFFECTS, 0)
    for _ in range(times):
        rates = mixed_rates(rng)
        after, effect = rates.copy(), np.zeros(TESTS)
        chosen = rng.choice(np.flatnonzero(rates <= 0.05), 20, replace=False)
        effect[chosen] = np.tile(EFFECTS, 4)
        after[chosen] += effect[chosen]
        keys = [one.key for one in regressions(history(rng, rates, after, WINDOWS[0]))]
        shares.append(sum(effect[key] == 0 for key in keys) / max(1, len(keys)))
        for size in EFFECTS:
            made[size] += 4
            found[size] += sum(effect[key] == size for key in keys)
    return float(np.mean(shares)), [Held(f"{100 * e:g} points more", found[e], made[e]) for e in EFFECTS]


def outage_histories(times: int, seed: int = 2) -> Held:
    """Return how many stable histories show a regression when three of the later runs were an outage of half the tests.

    Results of one run then share a cause, which no test of single results knows: such runs must be left out before.
    """
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(times):
        rates = mixed_rates(rng)
        rows = history(rng, rates, rates, WINDOWS[0])
        hit = rng.random(TESTS) < 0.5
        rows = [(k, a, n, min(m, b + 3 * int(hit[k])), m) for k, a, n, b, m in rows]
        hits += bool(regressions(rows))
    return Held("the same with an outage of three runs of 20", hits, times)


def flakes(times: int, seed: int = 3) -> tuple[list[Held], Held]:
    """Return the recall of flakes by rate (20 commits judged three times), and steady tests that seem flaky."""
    rng = np.random.default_rng(seed)
    recall = []
    for share in FLAKE_RATES:
        failed = rng.binomial(3, share, (times, 20))
        rows = [(k, c, int(f), 3) for k, line in enumerate(failed) for c, f in enumerate(line)]
        recall.append(Held(f"fails {100 * share:g} %", len(same_commit_flakes(rows)), times))
    steady = 3 * (rng.random((times, 20)) < rng.choice((0.0, 0.1, 0.5, 1.0), (times, 1)))
    rows = [(k, c, int(f), 3) for k, line in enumerate(steady) for c, f in enumerate(line)]
    return recall, Held("steady on each commit", len(same_commit_flakes(rows)), times)


def stable_groups(times: int, seed: int = 4) -> Held:
    """Return how many histories of independent failures (60 tests, 200 runs) show a group."""
    rng = np.random.default_rng(seed)
    hits = sum(
        bool(cofailing(_runs(rng.random((200, 60)) < rng.choice((0.02, 0.1, 0.3), 60)), 200)) for _ in range(times)
    )
    return Held("independent histories with a group", hits, times)


def seeded_groups(times: int, seed: int = 5) -> Iterator[Held]:
    """Yield how often three of 60 tests that share a cause are found as one group, by the share of runs it hits."""
    rng = np.random.default_rng(seed)
    for share in (0.02, 0.05, 0.1):
        hits = 0
        for _ in range(times):
            failed = rng.random((200, 60)) < 0.03
            failed[:, :3] = (failed[:, :3] & (rng.random((200, 3)) < 0.2)) | (rng.random((200, 1)) < share)
            hits += any(group.tests == (0, 1, 2) for group in cofailing(_runs(failed), 200))
        yield Held(f"a cause in {100 * share:g} % of 200 runs", hits, times)


def _runs(failed: np.ndarray) -> dict[int, set[int]]:
    return {run: set(np.flatnonzero(row).tolist()) for run, row in enumerate(failed) if row.any()}


def stable_levels(times: int, seed: int = 6) -> Held:
    """Return how many histories without differences show one: 100 tests on five kernels and two architectures."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(times):
        rates = mixed_rates(rng, 100)
        rows = []
        for name, levels in (("kernel", 5), ("arch", 2)):
            ran = rng.integers(5, 60, (100, levels))
            failed = rng.binomial(ran, rates[:, None])
            rows += [
                ((name, t), level, int(failed[t, level]), int(ran[t, level]))
                for t in range(100)
                for level in range(levels)
            ]
        hits += bool(differences(rows))
    return Held("histories without differences with one", hits, times)


def durations(times: int, seed: int = 7) -> tuple[Held, list[Held]]:
    """Return how many histories of 100 steady tests show a slower one, and the recall by factor (20 against 20)."""
    rng = np.random.default_rng(seed)

    def rows(factors: np.ndarray) -> list[tuple[int, list[float], list[float]]]:
        base = np.exp(rng.normal(1, 0.25, (2, len(factors), 20))).round(2)
        return [(k, base[0, k].tolist(), (f * base[1, k]).tolist()) for k, f in enumerate(factors)]

    steady = sum(bool(slower(rows(np.ones(100)))) for _ in range(times))
    recall = []
    for factor in (1.2, 1.5, 2.0):
        factors = np.r_[np.full(5, factor), np.ones(95)]
        hits = sum(sum(one.key < 5 for one in slower(rows(factors))) for _ in range(times))
        recall.append(Held(f"{factor:g} times as long", hits, 5 * times))
    return Held("steady histories with a slower test", steady, times), recall


def weeks_outside(times: int, seed: int = 8) -> Iterator[Held]:
    """Yield the share of stable weeks outside of the limits: independent results, and weeks that vary by themselves.

    The rates of varying weeks are normal, or skewed to the right as a beta distribution of the same spread is.
    """
    rng = np.random.default_rng(seed)
    rates = np.stack([np.full(times, 0.05), rng.normal(0.05, 0.01, times).clip(0, 1), rng.beta(25, 475, times)])
    even, normal, skewed = rng.binomial(4000, rates)
    weeks = (("independent, plain limits", even, False), ("normally varying, plain limits", normal, False))
    weeks += (("normally varying, widened limits", normal, True), ("skewed, widened limits", skewed, True))
    for name, row, widened in weeks:
        outside = (point.outside for point in p_chart(row.tolist(), [4000] * times, widened=widened).points)
        yield Held(name, sum(outside), times)


def attempts(times: int, seed: int = 9) -> tuple[Held, Held, Held]:
    """Return how often attempts seem dependent: independent ones test by test, the same pooled, and dependent ones."""
    rng = np.random.default_rng(seed)
    counted = [0, 0, 0]
    for _ in range(times):
        rates = rng.choice((0.02, 0.05, 0.3), 30)[:, None]
        first, fresh = rng.random((30, 60)) < rates, rng.random((30, 60)) < rates
        again = np.where(rng.random((30, 60)) < 0.3, first, fresh)
        apart, dependent = _pairs(first, fresh), _pairs(first, again)
        pooled = tuple(sum(column) for column in zip(*apart, strict=True))
        values = (independence_of_many(apart).p, independence(*pooled).p, independence_of_many(dependent).p)
        counted = [n + (p is not None and p <= 0.05) for n, p in zip(counted, values, strict=True)]
    names = ("independent attempts, test by test", "independent attempts, pooled", "three of ten repeat the first")
    one, two, three = (Held(name, n, times) for name, n in zip(names, counted, strict=True))
    return one, two, three


def _pairs(first: np.ndarray, second: np.ndarray) -> list[tuple[int, int, int, int]]:
    kinds = (first & second, first & ~second, ~first & second, ~first & ~second)
    return list(zip(*(kind.sum(axis=1).tolist() for kind in kinds), strict=True))


def hundred_thousand() -> dict[str, Callable[[], object]]:
    """Return what to time: each statistic over 100,000 tests at once."""
    rng = np.random.default_rng(10)
    rates = mixed_rates(rng, 100_000)
    rows = history(rng, rates, rates, (60, 20))
    levels = [(("kernel", k), level, f, n) for k, a, m, b, o in rows for level, f, n in ((0, a, m), (1, b, o))]
    seconds = np.exp(rng.normal(1, 0.3, (100_000, 2, 10))).tolist()
    timed = [(k, a, b) for k, (a, b) in enumerate(seconds)]
    return {
        "regressions": lambda: regressions(rows),
        "differences": lambda: differences(levels),
        "slower": lambda: slower(timed),
    }
