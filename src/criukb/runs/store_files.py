"""The files of the store: one run each, or parts of many; every file lists its runs, with a digest of each."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from criukb.errors import CriukbError
from criukb.runs.schema import READABLE_VERSIONS, SCHEMA, SCHEMA_VERSION

UNDATED = "unknown"
PART = "part-"
_MONTH = "month="
_PARQUET = ".parquet"
_VERSION = b"criukb.schema_version"
_RUNS = b"criukb.runs"
_BATCH = 16_384


class RunEntry(NamedTuple):
    """One run of a file: its rows stand together. ``started`` is ISO 8601 in UTC, or empty."""

    run_id: str
    rows: int
    digest: str
    started: str

    @property
    def month(self) -> str:
        """The month that the run belongs to, ``YYYY-MM``, or ``unknown``."""
        return self.started[:7] or UNDATED

    @property
    def key(self) -> tuple[str, str]:
        """The order of runs in a part."""
        return self.started, self.run_id


class FileIndex(NamedTuple):
    """What a file's own metadata says of it. ``listed`` is false for a file that was written without a list."""

    path: Path
    version: str
    rows: int
    runs: tuple[RunEntry, ...]
    listed: bool


def run_files(store: Path) -> list[Path]:
    """Return the files of all runs, sorted by path; a file may hold many runs."""
    folders = [store / name for name in _names(store) if name.startswith(_MONTH)]
    return sorted(folder / name for folder in folders for name in _names(folder) if name.endswith(_PARQUET))


def _names(folder: Path) -> list[str]:
    """Return the names in ``folder``; none when it is no folder."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - a tenth of the time of iterdir for thousands of files
    except (FileNotFoundError, NotADirectoryError):
        return []


def conform(table: pa.Table) -> pa.Table:
    """Return ``table`` with the columns of this format, in order; what an older format has not is null."""
    missing = [f for f in SCHEMA if f.name not in table.column_names]
    for field in missing:
        table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(SCHEMA.names).cast(SCHEMA).replace_schema_metadata(SCHEMA.metadata)


def run_digest(table: pa.Table) -> str:
    """Return a digest of a run's rows in order, 32 hexadecimal digits.

    It depends on values only, not on how they are encoded; a column without values does not count, so that a later
    format leaves the digests of older runs as they are.
    """
    total = hashlib.sha256()
    for name in sorted(table.column_names):
        column = table.column(name)
        if column.null_count < len(column):
            total.update(f"{name}\0{len(column)}\0".encode())
            _feed(total, pa.concat_arrays(column.chunks))
    return total.hexdigest()[:32]


def _feed(total: hashlib._Hash, array: pa.Array) -> None:
    total.update(np.packbits(pc.is_valid(array).to_numpy(zero_copy_only=False)).tobytes())
    values = array.drop_null()
    if pa.types.is_list(values.type):
        _feed_numbers(total, pc.list_value_length(values))
        _feed(total, values.flatten())
    elif pa.types.is_string(values.type):
        _feed_numbers(total, pc.binary_length(values))
        _, offsets, data = values.buffers()
        if len(values) and data is not None:
            ends = np.frombuffer(offsets, np.int32, len(values) + 1, values.offset * 4)
            total.update(memoryview(data)[int(ends[0]) : int(ends[-1])])
    elif pa.types.is_timestamp(values.type):
        _feed_numbers(total, values.cast(pa.int64()))
    else:
        _feed_numbers(total, values)


def _feed_numbers(total: hashlib._Hash, array: pa.Array) -> None:
    numbers = array.to_numpy(zero_copy_only=False)
    total.update(numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes())


def entry_of(table: pa.Table) -> RunEntry:
    """Return the entry of a run's rows, which are in this program's format."""
    started = table.column("started_at")[0].as_py()
    run = table.column("run_id")[0].as_py()
    return RunEntry(run, table.num_rows, run_digest(table), started.isoformat() if started else "")


def listing(runs: list[RunEntry]) -> dict[bytes, bytes]:
    """Return the metadata that lists ``runs``."""
    return {_RUNS: json.dumps([list(run) for run in runs], separators=(",", ":")).encode()}


def write_run(path: Path, table: pa.Table) -> RunEntry:
    """Write one run to ``path``."""
    table = conform(table)
    entry = entry_of(table)
    marked = table.replace_schema_metadata({**(SCHEMA.metadata or {}), **listing([entry])})
    pq.write_table(marked, path, compression="zstd", use_dictionary=True, write_statistics=True)
    return entry


def read_index(path: Path) -> FileIndex:
    """Return what ``path`` says of itself; CriukbError for a file that is no readable Parquet file."""
    try:
        footer = pq.read_metadata(path)
        metadata = footer.metadata or {}
        version = metadata.get(_VERSION, b"?").decode("ascii", "replace")
        if _RUNS in metadata:
            runs = tuple(_checked(RunEntry(*run)) for run in json.loads(metadata[_RUNS]))
            return FileIndex(path, version, footer.num_rows, runs, listed=True)
        return FileIndex(path, version, footer.num_rows, tuple(_scan(path)), listed=False)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, ValueError, TypeError, KeyError, OSError) as error:
        raise CriukbError.at(path, "not a readable Parquet file", "delete it and ingest its console again") from error


def _checked(entry: RunEntry) -> RunEntry:
    kinds = (str, int, str, str)
    if not all(isinstance(value, kind) for value, kind in zip(entry, kinds, strict=True)) or entry.rows < 1:
        raise TypeError(f"{entry!r} is no entry of a list of runs")
    return entry


def _scan(path: Path) -> Iterator[RunEntry]:
    """Make the list of a file that has none; without digests, and each run's rows stand together."""
    table = pq.read_table(path, columns=["run_id", "started_at"], partitioning=None)
    runs = table.column("run_id").to_pylist()
    starts = [0, *(i for i in range(1, len(runs)) if runs[i] != runs[i - 1])] if runs else []
    for start, end in zip(starts, [*starts[1:], len(runs)], strict=True):
        moment = table.column("started_at")[start].as_py()
        yield RunEntry(runs[start], end - start, "", moment.isoformat() if moment else "")


def read_runs(index: FileIndex) -> Iterator[tuple[RunEntry, pa.Table]]:
    """Give the runs of a file one after the other, in this program's format; never the whole of a part at once.

    Entries have their digests, also those of a file without a list.
    Raises CriukbError where the file is damaged, and FileNotFoundError when it is gone.
    """
    try:
        yield from _read_runs(index)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        hint = "run criukb store verify; delete the file and ingest its consoles again"
        raise CriukbError.at(index.path, f"cannot be read: {error}", hint) from error


def _read_runs(index: FileIndex) -> Iterator[tuple[RunEntry, pa.Table]]:
    if not index.runs:
        return
    with pq.ParquetFile(index.path) as file:
        held = pa.Table.from_batches([], file.schema_arrow)
        batches = file.iter_batches(batch_size=_BATCH)
        for entry in index.runs:
            while held.num_rows < entry.rows and (batch := next(batches, None)) is not None:
                held = pa.concat_tables([held, pa.Table.from_batches([batch])])
            table = conform(held.slice(0, entry.rows))
            yield (entry if index.listed else entry_of(table)), table
            held = held.slice(entry.rows)


def is_current(index: FileIndex) -> bool:
    """Return whether a file has this program's format."""
    return index.version == str(SCHEMA_VERSION)


def check_version(index: FileIndex) -> None:
    """Raise CriukbError for a file of a format that this program does not read."""
    if index.version not in map(str, READABLE_VERSIONS):
        hint = "use the criukb that wrote it, or ingest the consoles again into a new store"
        raise CriukbError.at(index.path, f"format {index.version}, this program reads {READABLE_VERSIONS}", hint)
