"""What the tests of the store share: runs of invented results, the plain reader, and a death at a chosen call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from criukb.runs import store_disk
from criukb.runs.schema import SCHEMA
from storefakes import row

# Without sync: a reader sees the same before and after it.
DISK = ("make_folder", "move", "link", "remove", "remove_tree", "remove_empty", "exchange")


FORMAT_1 = pa.schema(list(SCHEMA)[:-3], metadata={"criukb.schema_version": "1"})


def run(name: str, distro: str = "first", *, month: int = 11, tests: int = 3, **facts: Any) -> pa.Table:
    """Return one run with ``tests`` results; ``distro`` tells its versions apart."""
    start = datetime(2026, month, 1, 8, tzinfo=UTC) if month else None
    rows = [row(name, f"zdtm/static/t{n:03}", "pass", started_at=start, distro=distro, **facts) for n in range(tests)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def write_old(store: Path, name: str, month: int = 11) -> None:
    """Write a run as the first version of this program did."""
    folder = store / f"month=2026-{month}"
    folder.mkdir(parents=True, exist_ok=True)
    table = run(name, month=month).select(FORMAT_1.names).replace_schema_metadata(FORMAT_1.metadata)
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def glob_rows(store: Path) -> list[dict[str, Any]]:
    """Return all rows below ``store`` with all columns as anybody would ask for them: DuckDB's pattern alone."""
    if not list(store.rglob("*.parquet")):
        return []
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    try:
        found = connection.sql(f"SELECT * FROM read_parquet('{store}/**/*.parquet')")  # noqa: S608 - the test's own path
        return found.to_arrow_table().to_pylist()
    finally:
        connection.close()


def contents(store: Path) -> dict[str, tuple[int, str, str]]:
    """Return the number of rows, the version and the month of each run; AssertionError when one stands twice."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for found in glob_rows(store):
        runs.setdefault(found["run_id"], []).append(found)
    for name, rows in runs.items():
        tests = [r["test"] for r in rows]
        assert len(tests) == len(set(tests)), f"{name} stands twice"
    return {name: (len(rows), _only(rows, "distro"), _month(rows)) for name, rows in sorted(runs.items())}


def _only(rows: list[dict[str, Any]], name: str) -> str:
    return "+".join(sorted({str(r[name]) for r in rows}))


def _month(rows: list[dict[str, Any]]) -> str:
    return str(rows[0]["started_at"])[:7]


class Death(BaseException):
    """The process was killed."""


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, at: int) -> Iterator[list[str]]:
    """Let the ``at``-th call of the file system (from 1) and every later one not happen, as after a SIGKILL.

    Gives the list of the calls that were made.
    """
    calls: list[str] = []
    with monkeypatch.context() as patch:
        for name in DISK:
            patch.setattr(store_disk, name, _mortal(getattr(store_disk, name), name, calls, at))
        yield calls


def _mortal(call: Callable[..., None], name: str, calls: list[str], at: int) -> Callable[..., None]:
    def maybe(*args: Any) -> None:
        if len(calls) + 1 >= at:
            raise Death
        calls.append(name)
        call(*args)

    return maybe
