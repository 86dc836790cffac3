"""Unknown failures of the store, grouped: by their format where a catalogue knows it, else by their masked message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from criukb.catalogue.describe import describe
from criukb.catalogue.model import Call, Catalogue
from criukb.logs.criu import Event, parse_lines
from criukb.match.compiled import CompiledBase
from criukb.match.diagnose import mask
from criukb.runs.engine import query, window

# A failure without a line of CRIU is one that the test itself, or zdtm.py, complained of.
HARNESS = "zdtm-harness"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Failures that look alike. ``key`` is the format when ``call`` is known, else the masked message.

    ``tests`` and ``runs`` are sorted names; ``excerpt`` is one failure's log excerpt and ``line`` the line in it that
    the cluster is about, where there is one. ``first_seen`` and ``last_seen`` are None for runs without a date.
    """

    key: str
    call: Call | None
    area: str | None
    failures: int
    tests: tuple[str, ...]
    runs: tuple[str, ...]
    first_seen: datetime | None
    last_seen: datetime | None
    phase: str | None
    excerpt: str
    line: Event | None
    messages: tuple[str, ...]


def clusters(
    store: Path, base: CompiledBase, catalogues: Sequence[Catalogue] = (), bounds: dict[str, Any] | None = None
) -> list[Cluster]:
    """Return the clusters of all unknown failures in ``store``, largest first. Raises CriukbError.

    DuckDB groups the rows; here only the groups are looked at. The first catalogue that knows a line names its call.
    """
    table = query(store, "unknown_groups", **(bounds or window()))
    groups: dict[tuple[str, str], list[tuple[dict[str, Any], Event | None, Call | None]]] = {}
    for row in table.to_pylist():
        event = _line_of(row)
        call = _call(event, catalogues)
        key = (call.file, call.printed) if call else ("", row["unknown_key"])
        groups.setdefault(key, []).append((row, event, call))
    area_of = cache(base.area_of)
    found = [_cluster(key[1], rows, area_of) for key, rows in groups.items()]
    return sorted(found, key=lambda c: (-c.failures, c.key, c.call.file if c.call else ""))


def _line_of(row: dict[str, Any]) -> Event | None:
    """Return the line of the excerpt whose masked message is the row's key."""
    for number, line in enumerate((row["excerpt"] or "").splitlines(), start=1):
        for event in parse_lines([line]).events if "Error" in line or "Warn" in line else ():
            if event.level in {"error", "warn"} and mask(event.message) == row["unknown_key"]:
                return event._replace(line=number)
    return None


def _call(event: Event | None, catalogues: Sequence[Catalogue]) -> Call | None:
    if event is None:
        return None
    found = (describe(event.file, event.source_line, event.message, catalogue) for catalogue in catalogues)
    return next((call for call in found if call is not None), None)


def _cluster(
    key: str, rows: Sequence[tuple[dict[str, Any], Event | None, Call | None]], area_of: Callable[[str], str | None]
) -> Cluster:
    largest, event, call = max(rows, key=lambda row: (row[0]["failures"], row[0]["unknown_key"]))
    data = [row for row, _, _ in rows]
    file = call.file if call else event.file if event else None
    return Cluster(
        key=key,
        call=call,
        area=area_of(file) if file else HARNESS,
        failures=sum(row["failures"] for row in data),
        tests=tuple(sorted({test for row in data for test in row["tests"]})),
        runs=tuple(sorted({run for row in data for run in row["runs"]})),
        first_seen=min((row["first_seen"] for row in data if row["first_seen"]), default=None),
        last_seen=max((row["last_seen"] for row in data if row["last_seen"]), default=None),
        phase=largest["phase"],
        excerpt=largest["excerpt"] or "",
        line=event,
        messages=tuple(sorted({row["unknown_key"] for row in data})),
    )
