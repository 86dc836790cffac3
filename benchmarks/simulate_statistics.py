"""Simulations of the statistics: coverage of intervals, false discoveries, recall; status 1 when a target is missed.

All histories are synthetic and seeded: the same program prints the same figures. ``--share`` makes it shorter.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterable
from statistics import mean

import sim_coverage as cover
import sim_findings as find
from sim_coverage import Held

NOMINAL, LEVEL = 0.95, 0.05


class Report:
    """Prints the figures with their targets and remembers whether all were met."""

    def __init__(self) -> None:
        self.met = True

    def head(self, title: str) -> None:
        """Begin a section."""
        print(f"\n{title}")

    def line(self, text: object, *, met: bool | None = None) -> None:
        """Print a figure, with whether its target is met, if it has one."""
        self.met &= met is not False
        print(f"  {text}" + {None: "", True: "  met", False: "  MISSED"}[met])

    def within(self, name: str, shares: Iterable[float]) -> None:
        """Check that the mean coverage is within 2 points of 95 %."""
        found = list(shares)
        value = mean(found)
        text = f"{name}: mean coverage {100 * value:.2f} % of {len(found)} settings, worst {100 * min(found):.2f} %"
        self.line(text, met=abs(value - NOMINAL) <= 0.02)

    def at_most(self, held: Held, nominal: float = LEVEL) -> None:
        """Check that a share does not exceed its nominal value by more than chance has it."""
        error = 2 * math.sqrt(nominal * (1 - nominal) / held.of)
        self.line(f"{held} (nominal {100 * nominal:g} %)", met=held.share <= nominal + error)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--share", type=float, default=1.0, help="share of the repetitions, e.g. 0.1 [default: 1]")
    share = options.parse_args().share
    report, start = Report(), time.perf_counter()

    def times(full: int) -> int:
        return max(10, round(full * share))

    _rates(report)
    _flips_and_durations(report, times(1000))
    _places(report, times(400), times(1000))
    _regressions(report, times(1000), times(300))
    _other_findings(report, times(300))
    _speed(report)
    print(f"\n{time.perf_counter() - start:.0f} s in all")
    return 0 if report.met else 1


def _rates(report: Report) -> None:
    report.head("Wilson's interval, exact, over the true shares 0.001, 0.002, ..., 0.999")
    for size in cover.WILSON_SIZES:
        shares = cover.wilson_coverage(size, cover.WILSON_SHARES)
        worst = cover.WILSON_SHARES[shares.index(min(shares))]
        report.within(f"n = {size}, worst at p = {worst:g}", shares)
    report.within(
        "all n above, p = 0.005 to 0.2",
        [s for n in cover.WILSON_SIZES for s in cover.wilson_coverage(n, cover.RARE_SHARES)],
    )
    report.head("Proof of fix, exact: the chance that a fault which nobody fixed counts as proved")
    for size, share in cover.PROOFS:
        wrong, seen = cover.wrong_proofs(size, share)
        text = f"rate {share:g}, {size} old results: {100 * wrong:.2f} % (seen before with {100 * seen:.1f} %)"
        report.line(text, met=wrong <= LEVEL + 0.025)


def _flips_and_durations(report: Report, times: int) -> None:
    report.head("Interval of the flip rate")
    flips = [cover.flip_coverage(*setting, times) for setting in cover.FLIP_SETTINGS]
    for held in flips:
        report.line(held)
    report.within("flip rate", [held.share for held in flips])
    report.head("Interval of Hodges and Lehmann")
    shifts = [cover.duration_coverage(*sizes, times) for sizes in cover.DURATION_SIZES]
    for held in shifts:
        report.line(held)
    report.within("factor of durations", [held.share for held in shifts])
    report.head("Interval of the median time to fix")
    medians = [cover.median_coverage(size, times) for size in cover.MEDIAN_SIZES]
    for held in medians:
        report.line(held)
    report.within("median time to fix", [held.share for held in medians])


def _places(report: Report, times: int, stable: int) -> None:
    report.head("Change points: found at the 5 % level, place within its interval (at least 93 %)")
    for setting in cover.CHANGES:
        place = cover.change_places(*setting, times)
        report.line(f"found, {place.found}")
        report.line(f"place held, {place.held}", met=place.held.share >= NOMINAL - 0.02)
        report.line(f"place held where found, {place.held_if_found}; mean width {place.width:.1f} weeks")
    for held in cover.false_changes(stable):
        report.at_most(held)


def _regressions(report: Report, stable: int, seeded: int) -> None:
    report.head("Regressions, q <= 5 %")
    report.at_most(find.stable_histories(stable))
    false, recall = find.seeded_regressions(seeded)
    report.line(f"false ones among those found, mean of {seeded} histories: {100 * false:.2f} %", met=false <= LEVEL)
    for held in recall:
        report.line(f"found, {held}")
    report.line(f"{find.outage_histories(seeded)}: outages must be left out before")


def _other_findings(report: Report, times: int) -> None:
    report.head("Flakes: opposite results of one commit, 20 commits judged three times")
    recall, steady = find.flakes(10 * times)
    for held in recall:
        report.line(f"found, {held}")
    report.line(steady, met=steady.hits == 0)
    report.head("Groups, differences, durations, control charts, attempts")
    report.at_most(find.stable_groups(times))
    for held in find.seeded_groups(times):
        report.line(f"found, {held}")
    report.at_most(find.stable_levels(times))
    false, slow = find.durations(times)
    report.at_most(false)
    for held in slow:
        report.line(f"found, {held}")
    plain, varying, widened, skewed = find.weeks_outside(100 * times)
    report.at_most(plain, 0.0027)
    report.line(f"{varying}: hence widened limits")
    report.at_most(widened, 0.0027)
    report.line(skewed)
    apart, pooled, dependent = find.attempts(times)
    report.at_most(apart)
    report.line(f"{pooled}: hence test by test")
    report.line(f"found, {dependent}")


def _speed(report: Report) -> None:
    report.head("100,000 tests at once")
    for name, call in find.hundred_thousand().items():
        start = time.process_time()
        call()
        report.line(f"{name}: {time.process_time() - start:.2f} s CPU")


if __name__ == "__main__":
    sys.exit(main())
