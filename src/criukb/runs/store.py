"""The store: one Parquet file per run under ``month=YYYY-MM/``, readable with ``read_parquet('DIR/**/*.parquet')``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from criukb.errors import CriukbError
from criukb.runs.schema import READABLE_VERSIONS

UNDATED = "unknown"
_STAGED = ".parquet.staged"


def run_files(store: Path) -> list[Path]:
    """Return the files of all runs, sorted by path."""
    return sorted(store.glob("month=*/*.parquet"))


def month_of(table: pa.Table) -> str:
    """Return the month of the run in ``table``, ``YYYY-MM``, or ``unknown``."""
    started = table.column("started_at")[0].as_py() if table.num_rows else None
    return started.strftime("%Y-%m") if started else UNDATED


def write_runs(store: Path, tables: Sequence[pa.Table]) -> list[tuple[Path, bool]]:
    """Write one file per run; all files are complete before the first gets its name.

    A run that is already there is replaced, also when its month changed. Returns each file and whether it is new.
    Raises CriukbError when the store cannot be written; nothing is left behind then.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for table in tables:
            staged.append(_stage(store, table))  # noqa: PERF401 - what is staged must be known when one fails
        return [_publish(store, temporary, final) for temporary, final in staged]
    except OSError as error:
        hint = "check permissions and free space, or choose another --store"
        raise CriukbError.at(store, f"cannot be written: {error.strerror or error}", hint) from error
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _stage(store: Path, table: pa.Table) -> tuple[Path, Path]:
    run = table.column("run_id")[0].as_py()
    folder = store / f"month={month_of(table)}"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{run}.{os.getpid()}-{secrets.token_hex(4)}{_STAGED}"
    try:
        pq.write_table(table, temporary, compression="zstd", use_dictionary=True, write_statistics=True)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary, folder / f"{run}.parquet"


def _publish(store: Path, temporary: Path, final: Path) -> tuple[Path, bool]:
    former = [path for path in store.glob(f"month=*/{final.name}") if path != final]
    new = not former and not final.exists()
    temporary.replace(final)
    for path in former:
        path.unlink(missing_ok=True)
    return final, new


def check_file(path: Path) -> None:
    """Raise CriukbError unless ``path`` is a run of this store's format."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise CriukbError.at(path, "not a readable Parquet file", "delete it and ingest its console again") from error
    version = (schema.metadata or {}).get(b"criukb.schema_version", b"?").decode("ascii", "replace")
    if version not in map(str, READABLE_VERSIONS):
        hint = "ingest the consoles again into a new store"
        raise CriukbError.at(path, f"format {version}, this program reads {READABLE_VERSIONS}", hint)
