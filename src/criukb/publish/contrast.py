"""Two CRIU releases on one kernel: how much more one fails, through which causes, and whether a fix explains it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from criukb.match.versions import in_range, version_key
from criukb.publish.measures import Measures, Pairs, Run
from criukb.stats.compare import mcnemar
from criukb.stats.rates import wilson

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase
    from criukb.kb.model import Entry

_SETUP = frozenset({"environment", "usage"})
_MANY = 0.5
_NOTABLE = 0.05  # of the judged results: a handful of set-up failures does not spoil a run
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Side:
    """The runs of one release, summed."""

    criu: str
    runs: tuple[Run, ...]

    @property
    def failed(self) -> int:
        """Failed results."""
        return sum(run.failed for run in self.runs)

    @property
    def judged(self) -> int:
        """Judged results."""
        return sum(run.judged for run in self.runs)

    @property
    def rate(self) -> float:
        """Failed share of the judged results."""
        return self.failed / self.judged if self.judged else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the rate."""
        return wilson(self.failed, self.judged)


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
    """Old against new release on one kernel, architecture and set-up."""

    kernel: str
    arch: str
    variant: str
    old: Side
    new: Side
    pairs: Pairs
    p_value: float
    shifts: tuple[CauseShift, ...]

    @property
    def ratio(self) -> float | None:
        """How many times as often the old release fails; None when the new one never does."""
        return self.old.rate / self.new.rate if self.new.rate else None

    @property
    def worse(self) -> bool:
        """Whether the old release fails more, beyond chance: the intervals part and the pairs agree."""
        return self.old.interval[0] > self.new.interval[1] and self.p_value < _ALPHA

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
        return self.worse and self.extra > 0 and self.explained_extra / self.extra >= _MANY

    @property
    def kernel_newer(self) -> tuple[CauseShift, ...]:
        """Explained causes that occur from some kernel on, with this kernel among them."""
        return tuple(s for s in self.explained if s.kernel_range and ">" in s.kernel_range)


def _order(version: str) -> tuple[int, ...]:
    return version_key(version) or ()


@dataclass(frozen=True, slots=True)
class Setup:
    """A run whose failures come from how it was set up; ``cause`` is the most frequent of them."""

    run: Run
    failures: int
    cause: str


def setup_runs(runs: Iterable[Run], measures: Measures, kb: KnowledgeBase) -> list[Setup]:
    """Return the runs that fail notably, most of it for causes of the class environment or usage."""
    found = []
    for run in runs:
        counts = {cause: n for cause, n in _by_cause(measures, (run,)).items() if cause and _class(kb, cause) in _SETUP}
        failures = sum(counts.values())
        if failures > _MANY * run.failed and failures >= _NOTABLE * run.judged:
            top = max(sorted(counts), key=lambda cause: counts[cause])
            found.append(Setup(run, failures, top))
    return found


def _class(kb: KnowledgeBase, cause: str) -> str | None:
    entry = _entry(kb, cause)
    return entry.flake_class if entry else None


def _entry(kb: KnowledgeBase, cause: str | None) -> Entry | None:
    try:
        return kb.get(cause).entry if cause else None
    except KeyError:
        return None


def contrasts(runs: Sequence[Run], measures: Measures, kb: KnowledgeBase) -> list[Contrast]:
    """Compare neighbouring CRIU releases among runs of equal kernel, architecture and set-up."""
    left_out = {setup.run.run_id for setup in setup_runs(runs, measures, kb)}
    groups: dict[tuple[str, str, str], dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        if run.run_id not in left_out and run.judged and "?" not in {run.kernel, run.criu}:
            groups[run.kernel, run.arch, run.variant][run.criu].append(run)
    found = []
    for key, by_criu in sorted(groups.items()):
        sides = [Side(criu, tuple(by_criu[criu])) for criu in sorted(by_criu, key=_order)]
        found += [_contrast(key, old, new, measures, kb) for old, new in pairwise(sides)]
    return found


def _contrast(key: tuple[str, str, str], old: Side, new: Side, measures: Measures, kb: KnowledgeBase) -> Contrast:
    pairs = measures.pairs(old.runs, new.runs)
    p_value = mcnemar(pairs.only_old, pairs.only_new)
    before, after = _by_cause(measures, old.runs), _by_cause(measures, new.runs)
    setting = _Setting(kb, key[0], old, new)
    shifts = [setting.shift(cause, n, after.get(cause, 0)) for cause, n in before.items()]
    gained = sorted((s for s in shifts if s.extra > 0), key=lambda s: (-s.extra, s.cause or "~"))
    return Contrast(*key, old, new, pairs, p_value, tuple(gained))


def _by_cause(measures: Measures, runs: Sequence[Run]) -> dict[str | None, int]:
    ids = {run.run_id for run in runs}
    counts: dict[str | None, int] = defaultdict(int)
    for row in measures.causes:
        if row.run_id in ids:
            counts[row.cause] += row.n
    return counts


@dataclass(frozen=True, slots=True)
class _Setting:
    kb: KnowledgeBase
    kernel: str
    old: Side
    new: Side

    def shift(self, cause: str | None, before: int, after: int) -> CauseShift:
        entry = _entry(self.kb, cause)
        kernel_range = entry.scope.kernel if entry else None
        fixed = None
        if entry and (kernel_range is None or in_range(self.kernel, kernel_range) is not False):
            fixed = self._fix_between(entry)
        extra = max(0, round(before - after * self.old.judged / self.new.judged))
        return CauseShift(cause, before, after, extra, fixed, kernel_range)

    def _fix_between(self, entry: Entry) -> str | None:
        """Return the first release after the old and not after the new one that has a fix."""
        releases = [fix.release for fix in entry.fixes if fix.side == "criu" and fix.release]
        first, last = _order(self.old.criu), _order(self.new.criu)
        return min((r for r in releases if first < _order(r) <= last), key=_order, default=None)
