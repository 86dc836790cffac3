"""Parts: files with many runs of a month, written with bounded memory under a name made of their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from criukb.runs import store_disk as disk
from criukb.runs.schema import SCHEMA
from criukb.runs.store_files import PART, RunEntry, listing

_GROUP_ROWS = 122_880
_GROUP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a part may get. A run is never divided, so a part of one run may be larger."""

    rows: int = 1_000_000
    runs: int = 4096

    def full(self, rows: int, runs: int) -> bool:
        """Return whether a part of this size is left as it is."""
        return 2 * rows >= self.rows or 2 * runs >= self.runs


@dataclass
class PartWriter:
    """Writes runs into parts in ``folder``, which no reader sees yet."""

    folder: Path
    limits: Limits = field(default_factory=Limits)
    paths: list[Path] = field(default_factory=list)
    _runs: list[RunEntry] = field(default_factory=list)
    _rows: int = 0
    _held: list[pa.Table] = field(default_factory=list)
    _held_rows: int = 0
    _held_bytes: int = 0
    _file: pq.ParquetWriter | None = None

    @property
    def _staged(self) -> Path:
        return self.folder / "part.staged"

    def add(self, entry: RunEntry, table: pa.Table) -> None:
        """Add a run, whose rows are in this program's format."""
        if self._runs and (self._rows + entry.rows > self.limits.rows or len(self._runs) >= self.limits.runs):
            self.close()
        self._runs.append(entry)
        self._rows += entry.rows
        self._held.append(table)
        self._held_rows += table.num_rows
        self._held_bytes += table.nbytes
        if self._held_rows >= _GROUP_ROWS or self._held_bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._file is None:
            self._file = pq.ParquetWriter(self._staged, SCHEMA, compression="zstd", write_statistics=True)
        if self._held:
            self._file.write_table(pa.concat_tables(self._held), row_group_size=_GROUP_ROWS)
        self._held, self._held_rows, self._held_bytes = [], 0, 0

    def close(self) -> None:
        """Finish the part that is being written, when there is one."""
        if not self._runs:
            return
        self._flush()
        assert self._file is not None  # noqa: S101 - _flush opened it
        self._file.add_key_value_metadata(listing(self._runs))
        self._file.close()
        disk.sync(self._staged)
        named = hashlib.sha256("".join(f"{r.run_id} {r.digest}\n" for r in self._runs).encode()).hexdigest()[:24]
        final = self.folder / f"{PART}{named}.parquet"
        disk.move(self._staged, final)
        self.paths.append(final)
        self._runs, self._rows, self._file = [], 0, None

    def abandon(self) -> None:
        """Give up the part that is being written, when there is one."""
        if self._file is not None:
            self._file.close()
            self._staged.unlink(missing_ok=True)
