"""When a cause was last seen in the stored runs, told from the runs themselves and never from the clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from criukb.stats.measures import Measures


@dataclass(frozen=True, slots=True)
class Sightings:
    """``hits`` of ``judged`` results in ``hit_runs`` of ``runs``.

    ``days`` lie between the start of the last run with a hit and that of the newest run; None without a hit or date.
    """

    hits: int
    judged: int
    hit_runs: int
    runs: int
    days: int | None = None


def sightings(measures: Measures, causes: Iterable[str]) -> Sightings:
    """Count the results with one of ``causes`` (an id and its former names) in the runs that judged anything."""
    runs = [run for run in measures.runs if run.counts.judged]
    found = measures.hits(causes)
    starts = [(run.started_at, run.run_id in found) for run in runs if run.started_at is not None]
    newest = max((start for start, _ in starts), default=None)
    last = max((start for start, hit in starts if hit), default=None)
    days = (newest - last).days if newest is not None and last is not None else None
    return Sightings(sum(found.values()), sum(run.counts.judged for run in runs), len(found), len(runs), days)
