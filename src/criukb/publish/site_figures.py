"""The few figures of the home page, counted from the knowledge base and the stored results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from criukb.stats.measures import Measures

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

TOP_CAUSES = 8


@dataclass(frozen=True, slots=True)
class TopCause:
    """A cause and how many failing results name it, in how many runs."""

    id: str
    failures: int
    runs: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts. ``known`` of ``failures`` failing results have a cause; ``first`` and ``last`` are dates or empty.

    ``synthetic``: some of the runs were generated.
    """

    entries: int
    causes: int
    runs: int = 0
    results: int = 0
    failures: int = 0
    known: int = 0
    first: str = ""
    last: str = ""
    top: tuple[TopCause, ...] = ()
    synthetic: bool = False


def count(kb: KnowledgeBase, store: Path) -> Figures:
    """Count entries and stored results; a missing or empty store gives zeros."""
    measures = Measures(store)
    dates = [run.started_at.strftime("%Y-%m-%d") for run in measures.runs if run.started_at]
    return Figures(
        entries=len(kb.entries),
        causes=len(kb.causes()),
        runs=len(measures.runs),
        results=measures.total.records,
        failures=measures.total.failed,
        known=measures.total.known,
        first=min(dates, default=""),
        last=max(dates, default=""),
        top=_top(measures, kb),
        synthetic=any(run.synthetic for run in measures.runs),
    )


def _top(measures: Measures, kb: KnowledgeBase) -> tuple[TopCause, ...]:
    rows = [(kb.find(count.cause), count) for count in measures.causes]
    known = [TopCause(entry.id, count.failures, count.runs) for entry, count in rows if entry]
    return tuple(sorted(known, key=lambda row: (-row.failures, row.id))[:TOP_CAUSES])
