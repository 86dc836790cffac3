"""Questions to the store: named SQL files, run with bound parameters by DuckDB, or by another engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from criukb.errors import CriukbError
from criukb.runs.schema import SCHEMA
from criukb.runs.store import UNDATED, check_file, run_files

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)
_GLOB = frozenset("*?[")
_TRIES = 10
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "2",
    "memory_limit": "1GB",
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


class Engine(Protocol):
    """What runs a query over a store. The rows, their order and their types are those of DuckDB."""

    def run(self, store: Path, name: str, params: Mapping[str, Any]) -> pa.Table:
        """Run ``queries/NAME.sql``; raises CriukbError."""
        ...


class DuckDBEngine:
    """DuckDB within this process, with bounded memory."""

    def run(self, store: Path, name: str, params: Mapping[str, Any]) -> pa.Table:
        """Run ``queries/NAME.sql``; raises CriukbError."""
        return read_steadily(store, name, params, lambda paths: _ask(store, paths, name, params), duckdb.Error)


DUCKDB: Final = DuckDBEngine()


def query(store: Path, name: str, *, engine: Engine = DUCKDB, **params: Any) -> pa.Table:
    """Run ``queries/NAME.sql`` over the view ``results`` of all runs in ``store``.

    ``params`` are bound, never formatted into the text. A query with the parameters ``since`` and ``until`` reads only
    the months that they touch. A store without runs gives no rows. Raises CriukbError for a file that cannot be read.
    """
    return engine.run(store, name, params)


def read_steadily(
    store: Path,
    name: str,
    params: Mapping[str, Any],
    ask: Callable[[list[Path]], pa.Table],
    failing: type[Exception],
) -> pa.Table:
    """Return what ``ask`` answers from the files of the window; again when another writer swapped them meanwhile.

    Raises CriukbError, with the place of a damaged file, when it raises ``failing`` or OSError.
    """
    for _ in range(_TRIES):
        paths = files_of_window(store, params)
        try:
            return ask(paths)
        except (failing, OSError) as error:
            if files_of_window(store, params) != paths:
                continue  # another writer swapped files while they were read
            for path in paths:
                check_file(path)
            hint = "run criukb store verify; ingest the consoles of damaged files again"
            raise CriukbError.at(store, f"query {name} failed: {_first_line(error)}", hint) from error
    raise CriukbError.at(store, "the store changed each time it was read", "try again when its writers are done")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:500]


def _ask(store: Path, paths: list[Path], name: str, params: Mapping[str, Any]) -> pa.Table:
    # What does not fit into memory goes here; without it DuckDB would write into the working directory.
    with TemporaryDirectory(prefix="criukb-duckdb-", ignore_cleanup_errors=True) as spill, closing(connect()) as found:
        found.execute("SET temp_directory = ?", [spill])
        _make_view(found, store, paths)
        return found.sql(sql(name), params=dict(params) or None).to_arrow_table()


def files_of_window(store: Path, params: Mapping[str, Any]) -> list[Path]:
    """Return the files that can hold a run of the window in ``params``; all files when there is none."""
    found = run_files(store)
    if "since" not in params:
        return found
    last = (params["until"] - timedelta(microseconds=1)).strftime("%Y-%m")
    months = (params["since"].strftime("%Y-%m"), last)
    return [path for path in found if _touches(path.parent.name.removeprefix("month="), months, params)]


def _touches(month: str, months: tuple[str, str], params: Mapping[str, Any]) -> bool:
    if month == UNDATED:
        return bool(params.get("undated"))
    return months[0] <= month <= months[1]


def connect() -> duckdb.DuckDBPyConnection:
    """Return a connection to an empty database that writes nothing into the output."""
    connection = duckdb.connect(":memory:", config=_SETTINGS)
    # In a Jupyter kernel without ipywidgets this cannot be set, and is off.
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _make_view(connection: duckdb.DuckDBPyConnection, store: Path, paths: list[Path]) -> None:
    if not paths:
        connection.register("results", SCHEMA.empty_table())
    elif _GLOB & set(str(store)):
        # DuckDB would read these characters as a pattern.
        connection.register("results", pa.concat_tables([pq.read_table(path, partitioning=None) for path in paths]))
    else:
        names = [str(path) for path in paths]
        relation = connection.read_parquet(names, hive_partitioning=False, union_by_name=True)
        relation.create_view("results")
