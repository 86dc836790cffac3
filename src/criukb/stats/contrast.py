"""Two CRIU releases on one kernel: how much more one fails, through which causes, and whether a fix explains it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from criukb.match.versions import in_range, version_key
from criukb.stats.figures import Counts, Run, add_counts
from criukb.stats.measures import Measures
from criukb.stats.pairing import Pairs
from criukb.stats.rates import Rate
from criukb.stats.regressions import benjamini_hochberg
from criukb.stats.setups import setup_runs

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase
    from criukb.kb.model import Entry

_MOST = 0.5
_ALPHA = 0.05
_Place = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Side:
    """The runs of one release, summed."""

    criu: str
    runs: tuple[Run, ...]

    @property
    def counts(self) -> Counts:
        """The results of all its runs."""
        return add_counts(run.counts for run in self.runs)

    @property
    def rate(self) -> Rate:
        """Failed of judged results, with the 95 % Wilson interval."""
        return self.counts.failure_rate


@dataclass(frozen=True, slots=True)
class CauseShift:
    """One cause under both releases; ``extra`` is what the old release has beyond the new one's rate, rounded."""

    cause: str | None
    old: int
    new: int
    extra: int
    fixed: str | None
    kernel_range: str | None

    @property
    def explained(self) -> bool:
        """Whether a release after the old and not after the new one removes the cause."""
        return self.fixed is not None


@dataclass(frozen=True, slots=True)
class Contrast:
    """Old against new release on one kernel, architecture and set-up.

    ``q`` is the p value of the pairs, corrected for the ``compared`` contrasts that were made together.
    """

    kernel: str
    arch: str | None
    variant: str | None
    old: Side
    new: Side
    pairs: Pairs
    shifts: tuple[CauseShift, ...]
    q: float
    compared: int

    @property
    def ratio(self) -> float | None:
        """How many times as often the old release fails; None when the new one never does."""
        old, new = self.old.rate.value, self.new.rate.value
        return old / new if old is not None and new else None

    @property
    def worse(self) -> bool:
        """Whether the old release fails more, beyond chance: the intervals part and the pairs agree, corrected."""
        return self.old.rate.low > self.new.rate.high and self.q < _ALPHA

    @property
    def extra(self) -> int:
        """Additional failures of the old release, summed over the causes that gained."""
        return sum(shift.extra for shift in self.shifts)

    @property
    def explained(self) -> tuple[CauseShift, ...]:
        """The causes that a fix between the two releases removes."""
        return tuple(shift for shift in self.shifts if shift.explained)

    @property
    def explained_extra(self) -> int:
        """Additional failures whose cause is fixed between the two releases."""
        return sum(shift.extra for shift in self.explained)

    @property
    def fixed(self) -> str | None:
        """The newest release among the fixes: from there on all of them are in."""
        return max((s.fixed for s in self.explained if s.fixed), key=_order, default=None)

    @property
    def is_remedy(self) -> bool:
        """Whether the newer release is the remedy: worse, and a fix explains most of the difference."""
        return self.worse and self.extra > 0 and self.explained_extra / self.extra >= _MOST

    @property
    def kernel_newer(self) -> tuple[CauseShift, ...]:
        """Explained causes that occur from some kernel on, with this kernel among them."""
        return tuple(s for s in self.explained if s.kernel_range and ">" in s.kernel_range)


def contrasts(measures: Measures, kb: KnowledgeBase) -> list[Contrast]:
    """Compare neighbouring CRIU releases among runs of equal kernel, architecture and set-up.

    Runs that were set up badly are left out, and runs of which kernel or release are not known.
    The p values of all pairs of releases are corrected together by Benjamini and Hochberg (1995, see
    ``criukb.stats.regressions``): the more releases are compared, the more differ by chance.
    """
    left_out = {setup.run.run_id for setup in setup_runs(measures, kb)}
    groups: dict[_Place, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in measures.runs:
        if run.run_id not in left_out and run.counts.judged and run.kernel and run.criu_version:
            groups[run.kernel, run.arch, run.variant][run.criu_version].append(run)
    found = []
    for place, by_criu in sorted(groups.items(), key=lambda item: tuple(fact or "" for fact in item[0])):
        sides = [Side(criu, tuple(by_criu[criu])) for criu in sorted(by_criu, key=_order)]
        found += [_contrast(place, old, new, measures, kb) for old, new in pairwise(sides)]
    corrected = benjamini_hochberg([one.pairs.p_value for one in found])
    return [replace(one, q=q, compared=len(found)) for one, q in zip(found, corrected, strict=True)]


def _contrast(place: _Place, old: Side, new: Side, measures: Measures, kb: KnowledgeBase) -> Contrast:
    before, after = measures.by_cause(old.runs), measures.by_cause(new.runs)
    setting = _Setting(kb, place[0], old, new)
    shifts = [setting.shift(cause, n, after[cause]) for cause, n in before.items()]
    gained = sorted((s for s in shifts if s.extra > 0), key=lambda s: (-s.extra, s.cause or "~"))
    pairs = measures.pairs(old.runs, new.runs)
    return Contrast(*place, old, new, pairs, tuple(gained), q=pairs.p_value, compared=1)


@dataclass(frozen=True, slots=True)
class _Setting:
    kb: KnowledgeBase
    kernel: str
    old: Side
    new: Side

    def shift(self, cause: str | None, before: int, after: int) -> CauseShift:
        entry = self.kb.find(cause)
        kernel_range = entry.scope.kernel if entry else None
        fixed = None
        if entry and (kernel_range is None or in_range(self.kernel, kernel_range) is not False):
            fixed = self._fix_between(entry)
        extra = max(0, round(before - after * self.old.counts.judged / self.new.counts.judged))
        return CauseShift(cause, before, after, extra, fixed, kernel_range)

    def _fix_between(self, entry: Entry) -> str | None:
        """Return the first release after the old and not after the new one that has a fix."""
        releases = [fix.release for fix in entry.fixes if fix.side == "criu" and fix.release]
        first, last = _order(self.old.criu), _order(self.new.criu)
        return min((r for r in releases if first < _order(r) <= last), key=_order, default=None)


def _order(version: str) -> tuple[int, ...]:
    return version_key(version) or ()
