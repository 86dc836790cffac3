"""Flaky tests: opposite results of one commit, the flip rate, and streaks.

A sequence of outcomes holds the judged results of one test in order, True where it failed; skipped and not-run
results are left out before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Generic, TypeVar

from criukb.stats.rates import Rate, rate, score_interval

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Streaks:
    """Lengths of runs of equal results: the failures and passes that the sequence ends with, and the longest ones."""

    current_failed: int
    current_passed: int
    longest_failed: int
    longest_passed: int


@dataclass(frozen=True, slots=True)
class SameCommitFlake(Generic[Key]):
    """A test that passed and failed on one commit: ``commits`` with both of those judged twice or more, ``results``.

    ``results`` are failed of judged on the commits with both.
    """

    key: Key
    commits: Rate
    results: Rate


def flip_rate(outcomes: Sequence[bool]) -> Rate:
    """Return how many adjacent results differ, of all adjacent pairs: 0 for stable and for broken tests alike.

    The interval is Wilson's score interval with the number of pairs divided by the design effect d, since neighbouring
    flips depend on each other (one lone failure makes two flips). With a and b the shares of passes and of failures
    that the opposite follows (half a pair of each kind added), an alternating renewal process has
    mean cycle m = 1/a + 1/b, variance v = (1 - a)/a² + (1 - b)/b², flip rate 2/m, and d = 4v/m³ / (2/m·(1 - 2/m)).
    Sources: D. R. Cox, "Renewal Theory", Methuen 1962, chapter 7; the design effect: L. Kish, "Survey Sampling",
    Wiley 1965. Fewer than two results have no flip rate.
    """
    flips = sum(a != b for a, b in pairwise(outcomes))
    pairs = max(0, len(outcomes) - 1)
    if not pairs:
        return rate(0, 0)
    effect = _design_effect(outcomes)
    low, high = score_interval(flips / pairs, pairs / effect)
    return Rate(flips, pairs, low, high)


def _design_effect(outcomes: Sequence[bool]) -> float:
    after_pass = [failed for was, failed in pairwise(outcomes) if not was]
    after_fail = [not failed for was, failed in pairwise(outcomes) if was]
    a, b = ((sum(changed) + 0.5) / (len(changed) + 1) for changed in (after_pass, after_fail))
    cycle = 1 / a + 1 / b
    variance = (1 - a) / a**2 + (1 - b) / b**2
    flips = 2 / cycle
    return max(1.0, 4 * variance / cycle**3 / (flips * (1 - flips)))


def streaks(outcomes: Sequence[bool]) -> Streaks:
    """Return the current and the longest runs of equal results; all zero when nothing ran."""
    lengths = [(failed, len(list(run))) for failed, run in groupby(outcomes)]
    longest = {kind: max((n for failed, n in lengths if failed == kind), default=0) for kind in (True, False)}
    last, current = lengths[-1] if lengths else (False, 0)
    return Streaks(current if last else 0, 0 if last else current, longest[True], longest[False])


def same_commit_flakes(rows: Iterable[tuple[Key, Hashable | None, int, int]]) -> list[SameCommitFlake[Key]]:
    """Return the tests that both passed and failed on one commit, in one configuration; the most frequent first.

    ``rows`` are (key, commit, failed, ran), one or more per key and commit; the commit may be any value that says
    what was equal, such as (commit, job, kernel). A commit that is not known (None) proves nothing. Source of the
    definition: Q. Luo, F. Hariri, L. Eloussi and D. Marinov, "An empirical analysis of flaky tests", FSE 2014, 643-653.
    Raises ValueError for counts that are no share.
    """
    sums: dict[Key, dict[Hashable, tuple[int, int]]] = defaultdict(dict)
    for key, commit, failed, ran in rows:
        if not 0 <= failed <= ran:
            raise ValueError(f"{failed} of {ran} is no share")
        if commit is not None:
            had_failed, had_ran = sums[key].get(commit, (0, 0))
            sums[key][commit] = had_failed + failed, had_ran + ran
    flaky = [_same_commit(key, list(by_commit.values())) for key, by_commit in sums.items()]
    return sorted((one for one in flaky if one.commits.numerator), key=lambda one: -one.commits.numerator)


def _same_commit(key: Key, counts: list[tuple[int, int]]) -> SameCommitFlake[Key]:
    repeated = [(failed, ran) for failed, ran in counts if ran > 1]
    mixed = [(failed, ran) for failed, ran in repeated if 0 < failed < ran]
    results = rate(sum(failed for failed, _ in mixed), sum(ran for _, ran in mixed))
    return SameCommitFlake(key, rate(len(mixed), len(repeated)), results)
