"""How reports name runs: their label, their start, a fact that is not known."""

from __future__ import annotations

from collections.abc import Sequence

from criukb.publish.texts import Texts
from criukb.stats.figures import Run

UNKNOWN = "?"


def fact(value: str | None) -> str:
    """Return a fact of a run, or the mark of an unknown one."""
    return value or UNKNOWN


def when(run: Run) -> str:
    """Return the start in UTC, to the minute."""
    return run.started_at.strftime("%Y-%m-%d\u00a0%H:%M") if run.started_at else UNKNOWN


def label(run: Run) -> str:
    """Return a name for charts: the job and its start."""
    return f"{run.job}, {when(run)[5:]}"


def window_note(t: Texts, runs: Sequence[Run]) -> str:
    """Say which runs, in order of their start, a picture rests on."""
    names = t("article.runs_n", n=len(runs))
    return t("figure.window", runs=names, first=when(runs[0]), last=when(runs[-1]))
