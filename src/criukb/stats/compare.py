"""Comparing two groups of runs, such as two CRIU versions on one kernel: per test, and as whole suites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.stats import binomtest, fisher_exact

MIN_RESULTS = 5
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Cell:
    """One test in one flavor: failed of ran, in group a and in group b."""

    test: str
    flavor: str
    failed_a: int
    ran_a: int
    failed_b: int
    ran_b: int
    cause_a: str | None = None
    cause_b: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A cell with its p value and the corrected one; both None when the counts are below the floor."""

    cell: Cell
    p: float | None
    q: float | None

    @property
    def differs(self) -> bool:
        """Whether the difference holds after correction at ALPHA."""
        return self.q is not None and self.q <= ALPHA


@dataclass(frozen=True, slots=True)
class Paired:
    """Tests by where they failed: in a only, in b only, in both, in neither; ``p`` is McNemar's exact test."""

    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    both: tuple[str, ...]
    neither: int
    p: float


def fisher(cell: Cell) -> float:
    """Return the two-sided p value of Fisher's exact test on failed and passed in both groups."""
    table = [[cell.failed_a, cell.ran_a - cell.failed_a], [cell.failed_b, cell.ran_b - cell.failed_b]]
    return float(min(1.0, fisher_exact(table)[1]))


def benjamini_hochberg(values: Sequence[float]) -> list[float]:
    """Return the p values corrected for the false discovery rate, in the order given.

    q(i) = min over j >= i of p(j)·m/j, with p sorted ascending and m values.
    Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1995), 289-300.
    """
    count = len(values)
    order = sorted(range(count), key=values.__getitem__, reverse=True)
    corrected = [0.0] * count
    lowest = 1.0
    for place, index in enumerate(order):
        lowest = min(lowest, values[index] * count / (count - place))
        corrected[index] = lowest
    return corrected


def compare_cells(cells: Sequence[Cell], min_results: int = MIN_RESULTS) -> list[Compared]:
    """Compare the cells; those with fewer than ``min_results`` results in a group are listed, not tested.

    Sorted by corrected p value, then by difference, then by name. A test that never failed in either group is not
    tested: it has no difference to find, and would only make the correction harsher.
    """
    results = [Compared(c, _p_value(c, min_results), None) for c in cells]
    tested = [r for r in results if r.p is not None]
    corrected = dict(zip((id(r) for r in tested), benjamini_hochberg([r.p or 0.0 for r in tested]), strict=True))
    done = [replace(r, q=corrected.get(id(r))) for r in results]
    return sorted(done, key=_order)


def _p_value(cell: Cell, min_results: int) -> float | None:
    if min(cell.ran_a, cell.ran_b) < min_results or cell.failed_a + cell.failed_b == 0:
        return None
    return fisher(cell)


def _order(result: Compared) -> tuple[float, float, str, str]:
    c = result.cell
    difference = abs(c.failed_a / max(1, c.ran_a) - c.failed_b / max(1, c.ran_b))
    return (2.0 if result.q is None else result.q, -difference, c.test, c.flavor)


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the two-sided p value of McNemar's exact test: a coin decides each test that failed in one group only.

    Source: Q. McNemar, Psychometrika 12 (1947), 153-157, with the binomial distribution in place of chi-squared.
    The tests of a suite share causes, so that they are no independent coins: read it as an order of magnitude.
    """
    if only_a + only_b == 0:
        return 1.0
    return float(binomtest(only_a, only_a + only_b).pvalue)


def pair_suites(cells: Sequence[Cell]) -> Paired:
    """Pair the groups by test: a test fails in a group when it failed there in any flavor or run.

    Tests that ran in one group only are left out. Flavors are joined because a failing flavor hides the later ones,
    and their order is random.
    """
    failed: dict[str, list[bool]] = {}
    for cell in cells:
        if cell.ran_a or cell.ran_b:
            sides = failed.setdefault(cell.test, [False, False, False, False])
            sides[0] |= cell.failed_a > 0
            sides[1] |= cell.failed_b > 0
            sides[2] |= cell.ran_a > 0
            sides[3] |= cell.ran_b > 0
    paired = {test: (s[0], s[1]) for test, s in sorted(failed.items()) if s[2] and s[3]}
    groups = {want: tuple(t for t, got in paired.items() if got == want) for want in _SIDES}
    only_a, only_b = groups[True, False], groups[False, True]
    return Paired(only_a, only_b, groups[True, True], len(groups[False, False]), mcnemar(len(only_a), len(only_b)))


_SIDES = ((True, False), (False, True), (True, True), (False, False))
