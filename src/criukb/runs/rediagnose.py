"""The failures of stored runs, diagnosed again from their evidence with the present knowledge base and facts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import pyarrow as pa

from criukb.match.diagnose import Outer
from criukb.progress import Progress, silent
from criukb.runs.rows import Diagnoses, Row, diagnosed
from criukb.runs.schema import FAILED, SCHEMA

UNKNOWN: Final = "unknown"
# What a diagnosis decides; an excerpt is only made anew where the evidence is there to make it from.
_DECIDED: Final = ("verdict", "cause", "confidence", "chain", "unknown_key", "log_excerpt")
_FACTS: Final = ("phase", "test", "flavor", "criu_version", "kernel", "arch")
_AT_ONCE: Final = 1000
_EVERY: Final = 20
_READ: Final = (*_DECIDED, *_FACTS, "step", "evidence")


class Cause(NamedTuple):
    """A change of what failures are said to come from: ids of entries, or ``unknown``."""

    old: str
    new: str


@dataclass(slots=True)
class Tally:
    """Failures of one run or of all: ``causes`` counts them by their change of cause, also where there is none.

    ``details`` are those with the same cause and another chain, confidence, key or excerpt. ``from_excerpt`` are
    those of format 1, which kept no evidence; ``kept`` those among them whose known cause their excerpt does not show,
    and which stay as they are; ``bare`` those without any line, whose diagnosis cannot be repeated.
    """

    runs: int = 0
    failures: int = 0
    causes: Counter[Cause] = field(default_factory=Counter)
    details: int = 0
    from_excerpt: int = 0
    kept: int = 0
    bare: int = 0

    def add(self, other: Tally, sign: int = 1) -> None:
        """Count ``other`` in, or out with ``sign`` -1."""
        for name in ("runs", "failures", "details", "from_excerpt", "kept", "bare"):
            setattr(self, name, getattr(self, name) + sign * getattr(other, name))
        for cause, count in other.causes.items():
            self.causes[cause] += sign * count

    @property
    def changed(self) -> list[tuple[Cause, int]]:
        """The changes of cause with their failures, the most frequent first."""
        found = [(cause, count) for cause, count in self.causes.items() if cause.old != cause.new and count]
        return sorted(found, key=lambda item: (-item[1], item[0]))


class Rediagnosis:
    """A change of stored runs for ``criukb.runs.store.rewrite_runs``, which counts what it does.

    It may be asked about a run more than once; the last answer counts. Memory: one run, and a tally per run.
    """

    def __init__(self, diagnoser: Diagnoses, progress: Progress = silent, *, dry: bool = False) -> None:
        self._diagnoser = diagnoser
        self._progress = progress
        self._dry = dry
        self._by_run: dict[str, Tally] = {}
        self.total = Tally()

    def __call__(self, table: pa.Table) -> pa.Table | None:
        """Return the rows of one run as they are now, or None when they stay (always None in a dry run)."""
        run = table.column("run_id")[0].as_py()
        tally = Tally(runs=1)
        fresh = self._again(table, tally)
        if run in self._by_run:
            self.total.add(self._by_run[run], -1)
        self._by_run[run] = tally
        self.total.add(tally)
        if self.total.runs % _EVERY == 0:
            self._progress(f"{self.total.runs} runs, {self.total.failures} failures")
        return None if self._dry else fresh

    def _again(self, table: pa.Table, tally: Tally) -> pa.Table | None:
        outcomes = table.column("outcome").to_pylist()
        places = [place for place, outcome in enumerate(outcomes) if outcome in FAILED]
        tally.failures = len(places)
        changes: dict[int, Row] = {}
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            for place, row in zip(some, table.select(_READ).take(some).to_pylist(), strict=True):
                fresh = self._row(row, tally)
                if fresh is not None:
                    changes[place] = fresh
        return _with(table, changes) if changes else None

    def _row(self, row: Row, tally: Tally) -> Row | None:
        """Return the decided columns of a failure when one of them changes, else None."""
        fresh = self._diagnosed(row, tally)
        old = {name: row[name] for name in _DECIDED}
        cause = Cause(old["cause"] or UNKNOWN, (fresh or old)["cause"] or UNKNOWN)
        tally.causes[cause] += 1
        if fresh is None or fresh == old:
            return None
        tally.details += cause.old == cause.new
        return fresh

    def _diagnosed(self, row: Row, tally: Tally) -> Row | None:
        text = row["evidence"] if row["evidence"] is not None else row["log_excerpt"]
        if not text and row["step"] is None:
            tally.bare += 1
            return None
        outer = Outer(
            phase=row["phase"],
            test=row["test"],
            flavor=row["flavor"],
            criu=row["criu_version"],
            kernel=row["kernel"],
            arch=row["arch"],
        )
        fresh = dict.fromkeys(_DECIDED) | diagnosed(
            text.split("\n") if text else [], row["step"], outer, self._diagnoser
        )
        return fresh if row["evidence"] is not None else _from_excerpt(row, fresh, tally)


def _from_excerpt(row: Row, fresh: Row, tally: Tally) -> Row | None:
    """Return what an excerpt newly shows; it holds only deciding lines, so what it does not show stays as it was."""
    tally.from_excerpt += 1
    if fresh["cause"] is None:
        tally.kept += row["cause"] is not None
        return None
    return None if fresh["cause"] == row["cause"] else fresh | {"log_excerpt": row["log_excerpt"]}


def _with(table: pa.Table, changes: dict[int, Row]) -> pa.Table:
    for name in _DECIDED:
        values: list[Any] = table.column(name).to_pylist()
        for place, row in changes.items():
            values[place] = row[name]
        index = table.schema.get_field_index(name)
        table = table.set_column(index, SCHEMA.field(name), pa.array(values, SCHEMA.field(name).type))
    return table
