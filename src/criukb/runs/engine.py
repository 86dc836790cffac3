"""Questions to the store: named SQL files, run by DuckDB with bound parameters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from criukb.errors import CriukbError
from criukb.runs.schema import SCHEMA
from criukb.runs.store import check_file, run_files

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)
_GLOB = frozenset("*?[")
_TRIES = 10
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "2",
    "memory_limit": "2GB",
}


def window(start: datetime | None = None, end: datetime | None = None) -> dict[str, Any]:
    """Return the parameters of a query's window: ``start`` <= started_at < ``end``.

    Without both, runs whose start is not known belong to it too.
    """
    return {"since": start or _FIRST, "until": end or _LAST, "undated": start is None and end is None}


def week_window(week: str) -> dict[str, Any]:
    """Return the window of an ISO week such as ``2026-W48``, in UTC; CriukbError when it is none."""
    try:
        monday = datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=UTC)
        return window(monday, monday + timedelta(days=7))
    except (ValueError, OverflowError) as error:
        raise CriukbError.at(Path(week), "not an ISO week", "write it as 2026-W48") from error


@cache
def sql(name: str) -> str:
    """Return the text of ``queries/NAME.sql``; KeyError when there is none."""
    found = {f.name.removesuffix(".sql"): f for f in files("criukb.runs").joinpath("queries").iterdir()}
    return found[name].read_text(encoding="utf-8")


def query(store: Path, name: str, **params: Any) -> pa.Table:
    """Run ``queries/NAME.sql`` over the view ``results`` of all runs in ``store``.

    ``params`` are bound, never formatted into the text. A store without runs gives no rows.
    Raises CriukbError for a file that cannot be read.
    """
    text = sql(name)
    for _ in range(_TRIES):
        paths = run_files(store)
        try:
            return _ask(store, paths, text, params)
        except (duckdb.Error, OSError) as error:
            if run_files(store) != paths:
                continue  # another writer swapped files while they were read
            for path in paths:
                check_file(path)
            hint = "run criukb store verify; ingest the consoles of damaged files again"
            raise CriukbError.at(store, f"query {name} failed: {error}", hint) from error
    raise CriukbError.at(store, "the store changed each time it was read", "try again when its writers are done")


def _ask(store: Path, paths: list[Path], text: str, params: dict[str, Any]) -> pa.Table:
    connection = duckdb.connect(":memory:", config=_SETTINGS)
    try:
        _make_view(connection, store, paths)
        return connection.sql(text, params=params or None).to_arrow_table()
    finally:
        connection.close()


def _make_view(connection: duckdb.DuckDBPyConnection, store: Path, paths: list[Path]) -> None:
    connection.execute("SET TimeZone = 'UTC'")
    if not paths:
        connection.register("results", SCHEMA.empty_table())
    elif _GLOB & set(str(store)):
        # DuckDB would read these characters as a pattern.
        connection.register("results", pa.concat_tables([pq.read_table(path, partitioning=None) for path in paths]))
    else:
        names = [str(path) for path in paths]
        relation = connection.read_parquet(names, hive_partitioning=False, union_by_name=True)
        relation.create_view("results")
