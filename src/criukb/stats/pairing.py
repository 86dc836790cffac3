"""Pairing two groups of runs by test, and the exact test on the pairs that differ."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True, slots=True)
class Pairs:
    """Tests judged under two releases: failed under both, only the old, only the new, or none."""

    both: int = 0
    only_old: int = 0
    only_new: int = 0
    none: int = 0

    @property
    def total(self) -> int:
        """All pairs."""
        return self.both + self.only_old + self.only_new + self.none

    @property
    def p_value(self) -> float:
        """The two-sided p value of McNemar's exact test."""
        return mcnemar(self.only_old, self.only_new)


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the two-sided p value of McNemar's exact test: a coin decides each test that failed in one group only.

    Source: Q. McNemar, Psychometrika 12 (1947), 153-157, with the binomial distribution in place of chi-squared.
    The tests of a suite share causes, so that they are no independent coins: read it as an order of magnitude.
    """
    if only_a + only_b == 0:
        return 1.0
    return float(binomtest(only_a, only_a + only_b).pvalue)
