"""When a cause was last seen is told from the runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from criukb.stats.measures import Measures
from criukb.stats.sightings import Sightings, sightings
from storefakes import START, many


def test_days_lie_between_runs(make_store: Callable[..., Path]) -> None:
    """Nine days lie between the last run with a hit and the newest run; former names count."""
    runs = [
        many("a", 8, 2, "old-name", started_at=START - timedelta(days=30)),
        many("b", 9, 1, "new-name", started_at=START - timedelta(days=9)),
        many("c", 10, 0, started_at=START),
    ]
    found = sightings(Measures(make_store(*runs)), ["new-name", "old-name"])
    assert found == Sightings(hits=3, judged=30, hit_runs=2, runs=3, days=9)


def test_never_seen_has_no_days(make_store: Callable[..., Path]) -> None:
    """No hit is no day, and nothing is not-run; an empty store has no runs."""
    store = make_store(many("a", 8, 2, "other"))
    assert sightings(Measures(store), ["mine"]) == Sightings(0, 10, 0, 1, None)
    assert sightings(Measures(store / "none"), ["mine"]) == Sightings(0, 0, 0, 0, None)
