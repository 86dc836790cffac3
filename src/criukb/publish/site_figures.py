"""The few figures of the home page, counted from the knowledge base and the stored results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

FAILED = ("fail", "timeout", "aborted")
TOP_CAUSES = 8


@dataclass(frozen=True, slots=True)
class TopCause:
    """A cause and how many failing results name it, in how many runs."""

    id: str
    failures: int
    runs: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts. ``known`` of ``failures`` failing results have a cause; ``first`` and ``last`` are dates or empty."""

    entries: int
    causes: int
    runs: int = 0
    results: int = 0
    failures: int = 0
    known: int = 0
    first: str = ""
    last: str = ""
    top: tuple[TopCause, ...] = ()


def count(kb: KnowledgeBase, store: Path) -> Figures:
    """Count entries and stored results; a missing or empty store gives zeros."""
    entries, causes = len(kb.entries), len(kb.causes())
    if not any(store.glob("**/*.parquet")):
        return Figures(entries, causes)
    columns = ["run_id", "started_at", "outcome", "cause"]
    source = ds.dataset([str(path) for path in sorted(store.glob("**/*.parquet"))], format="parquet")
    table = source.to_table(columns=columns)
    failed = table.filter(pc.is_in(table["outcome"], value_set=pa.array(FAILED)))
    named = failed.filter(pc.is_valid(failed["cause"]))
    return Figures(
        entries=entries,
        causes=causes,
        runs=pc.count_distinct(table["run_id"]).as_py(),
        results=table.num_rows,
        failures=failed.num_rows,
        known=named.num_rows,
        first=_date(pc.min(table["started_at"]).as_py()),
        last=_date(pc.max(table["started_at"]).as_py()),
        top=_top(named, kb),
    )


def _date(value: object) -> str:
    return str(value)[:10] if value is not None else ""


def _top(named: pa.Table, kb: KnowledgeBase) -> tuple[TopCause, ...]:
    grouped = named.group_by("cause").aggregate([("run_id", "count"), ("run_id", "count_distinct")])
    rows = [
        TopCause(kb.aliases.get(row["cause"], row["cause"]), row["run_id_count"], row["run_id_count_distinct"])
        for row in grouped.to_pylist()
    ]
    known = [row for row in rows if row.id in kb.entries]
    return tuple(sorted(known, key=lambda row: (-row.failures, row.id))[:TOP_CAUSES])
