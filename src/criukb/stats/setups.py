"""Whether a run was set up well enough to say something about CRIU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from criukb.stats.figures import Run
from criukb.stats.measures import Measures

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

_CLASSES = frozenset({"environment", "usage"})
_MANY = 0.5
_NOTABLE = 0.05  # of the judged results: a handful of set-up failures does not spoil a run


@dataclass(frozen=True, slots=True)
class Setup:
    """A run whose failures come from how it was set up; ``cause`` is the most frequent of them."""

    run: Run
    failures: int
    cause: str


def setup_runs(measures: Measures, kb: KnowledgeBase) -> list[Setup]:
    """Return the runs that fail notably, most of it for causes of the class environment or usage."""
    found = []
    for run in measures.runs:
        counts = {cause: n for cause, n in measures.by_cause([run]).items() if cause and _is_setup(kb, cause)}
        failures = sum(counts.values())
        if failures > _MANY * run.counts.failed and failures >= _NOTABLE * run.counts.judged:
            found.append(Setup(run, failures, max(sorted(counts), key=counts.__getitem__)))
    return found


def _is_setup(kb: KnowledgeBase, cause: str) -> bool:
    entry = kb.find(cause)
    return entry is not None and entry.flake_class in _CLASSES
