"""Runs that say nothing about the tests: the machine, or the way it was set up, failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from statistics import median

from criukb.stats.figures import Run

MIN_SHARE = 0.5
MIN_JUDGED = 10
_MEDIAN_BELOW = 0.25  # of the outage's own share
MAX_LENGTH = 2


def outages(runs: Iterable[Run]) -> list[Run]:
    """Return the runs in which the environment was out, judged by their figures alone; undated runs are never one.

    An outage is a run with at least ten judged results of which at least half fail, although the median run of its job
    fails less than a quarter as often; it lasts for at most two runs of the job in a row, and a run without it came
    after. A commit that breaks everything fails longer, and what has not ended may be one: neither is called an outage.
    """
    jobs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        if run.started_at is not None and run.counts.judged:
            jobs[run.job, run.variant or ""].append(run)
    return [run for _, group in sorted(jobs.items()) for run in _of_job(group)]


def _of_job(runs: list[Run]) -> list[Run]:
    middle = median(_share(run) for run in runs)
    spans = [list(span) for _, span in groupby(runs, key=lambda run: _is_out(run, middle))]
    out = [span for span in spans[:-1] if _is_out(span[0], middle) and len(span) <= MAX_LENGTH]
    return [run for span in out for run in span]


def _is_out(run: Run, middle: float) -> bool:
    return run.counts.judged >= MIN_JUDGED and _share(run) >= MIN_SHARE and middle < _MEDIAN_BELOW * _share(run)


def _share(run: Run) -> float:
    return run.counts.failed / run.counts.judged
