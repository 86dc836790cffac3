"""Whether the store holds what it promises: every file, every run, every row's digest, and what lies about."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from criukb.errors import CriukbError
from criukb.progress import Progress, counted, silent
from criukb.runs.schema import READABLE_VERSIONS, SCHEMA
from criukb.runs.store_files import PART, FileIndex, RunEntry, entry_of, is_current, read_index, read_runs, run_files
from criukb.runs.store_swap import Identity, identity
from criukb.runs.store_work import Places, dead_folders

FAULTS: Final = ("unreadable", "format", "columns", "list", "digest", "twice", "month", "name", "stray", "mixed")
NOTES: Final = ("older", "unlisted", "moving", "leftover")
_PASSES = 10
_OLD_STAGED = ".parquet.staged"


class Finding(NamedTuple):
    """One thing that does not hold. ``kind`` is one of FAULTS, or of NOTES, which harm no reader."""

    path: Path
    kind: str
    detail: str = ""

    @property
    def fault(self) -> bool:
        """Whether the store does not hold its promise."""
        return self.kind in FAULTS


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked and found, sorted by path."""

    files: int
    runs: int
    rows: int
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether nothing but notes was found."""
        return not any(finding.fault for finding in self.findings)


class _File(NamedTuple):
    identity: Identity
    version: str
    runs: tuple[RunEntry, ...]
    findings: tuple[Finding, ...]


def verify(store: Path, progress: Progress = silent) -> Verified:
    """Read every row of the store and check it; nothing is changed, and writers are not kept waiting.

    Files that change meanwhile are read again, until one state of the store has been seen whole.
    Raises CriukbError when the store changes too often for that.
    """
    seen: dict[Path, _File] = {}
    for _ in range(_PASSES):
        present = dict(_present(store))
        seen = {path: file for path, file in seen.items() if present.get(path) == file.identity}
        if seen.keys() == present.keys():
            return _summed(store, seen)
        unread = sorted(present.keys() - seen.keys())
        step = counted(progress, len(unread))
        for path in unread:
            with suppress(FileNotFoundError):  # swapped out; the next pass sees what took its place
                seen[path] = _read(path, present[path])
            step(f"{path.parent.name}/{path.name}")
    raise CriukbError.at(store, "the store changed each time it was read", "try again when its writers are done")


def _present(store: Path) -> Iterator[tuple[Path, Identity]]:
    for path in run_files(store):
        try:
            yield path, identity(path)
        except FileNotFoundError:
            continue


def _read(path: Path, known: Identity) -> _File:
    try:
        index = read_index(path)
        wrong = _wrong_format(index)
        if wrong:
            return _File(known, index.version, (), (wrong,))
        runs, findings = _check_rows(index)
    except CriukbError as error:
        return _File(known, "?", (), (Finding(path, "unreadable", error.faults[0].message),))
    places = () if any(finding.fault for finding in findings) else _check_places(path, runs)
    return _File(known, index.version, runs, (*findings, *places))


def _wrong_format(index: FileIndex) -> Finding | None:
    if index.version not in map(str, READABLE_VERSIONS):
        return Finding(index.path, "format", index.version)
    schema = pq.read_schema(index.path)
    wanted = SCHEMA if is_current(index) else pa.schema([f for f in SCHEMA if f.name in schema.names])
    if schema.equals(wanted):
        return None
    return Finding(index.path, "columns", ", ".join(_odd(schema, wanted)))


def _odd(schema: pa.Schema, wanted: pa.Schema) -> list[str]:
    """Return the names of the columns that are missing, too many, of another type or at another place."""
    pairs = zip(schema, wanted, strict=False)
    changed = {a.name for a, b in pairs if not a.equals(b)}
    return sorted(changed | (set(schema.names) ^ set(wanted.names)))


def _check_rows(index: FileIndex) -> tuple[tuple[RunEntry, ...], list[Finding]]:
    """Return the runs as the rows show them, and where the file's own list says something else."""
    found: list[RunEntry] = []
    findings: list[Finding] = []
    for entry, table in read_runs(index):
        if table.num_rows != entry.rows or pc.any(pc.not_equal(table.column("run_id"), entry.run_id)).as_py():
            return tuple(found), [*findings, Finding(index.path, "list", entry.run_id)]
        real = entry_of(table)
        found.append(real)
        if real.digest != entry.digest:
            findings.append(Finding(index.path, "digest", entry.run_id))
        elif real != entry:
            findings.append(Finding(index.path, "list", entry.run_id))
    if sum(run.rows for run in found) != index.rows or not found:
        findings.append(Finding(index.path, "list", f"{index.rows} rows"))
    if not index.listed:
        findings.append(Finding(index.path, "unlisted"))
    return tuple(found), findings


def _check_places(path: Path, runs: tuple[RunEntry, ...]) -> Iterator[Finding]:
    month = path.parent.name.removeprefix("month=")
    for run in runs:
        if run.month != month:
            yield Finding(path, "month", f"{run.run_id}: {run.month}")
    if not path.name.startswith(PART) and [run.run_id for run in runs] != [path.stem]:
        yield Finding(path, "name", ", ".join(run.run_id for run in runs[:3]))


def _summed(store: Path, seen: dict[Path, _File]) -> Verified:
    findings = [finding for file in seen.values() for finding in file.findings]
    findings += [*_twice(seen), *_formats(seen), *_strays(store), *_leftovers(store)]
    return Verified(
        files=len(seen),
        runs=len({run.run_id for file in seen.values() for run in file.runs}),
        rows=sum(run.rows for file in seen.values() for run in file.runs),
        findings=tuple(sorted(findings)),
    )


def _twice(seen: dict[Path, _File]) -> Iterator[Finding]:
    places: dict[str, list[Path]] = defaultdict(list)
    for path, file in sorted(seen.items()):
        for run in file.runs:
            places[run.run_id].append(path)
    for run_id, paths in places.items():
        for path in paths[1:]:
            yield Finding(path, "twice", f"{run_id}: {paths[0].parent.name}/{paths[0].name}")


def _formats(seen: dict[Path, _File]) -> Iterator[Finding]:
    """A plain reader wants the columns of the first file in every other one."""
    known = [(path, int(f.version)) for path, f in sorted(seen.items()) if f.version in map(str, READABLE_VERSIONS)]
    for path, version in known:
        if version < known[0][1]:
            yield Finding(path, "mixed", str(version))
        elif version < max(READABLE_VERSIONS):
            yield Finding(path, "older", str(version))


def _strays(store: Path) -> Iterator[Finding]:
    """Everything else that the pattern ``**/*.parquet`` shows."""
    for folder, _, names in os.walk(store):
        here = Path(folder)
        if here.parent == store and here.name.startswith("month="):
            yield from (Finding(here / name, "leftover") for name in names if name.endswith(_OLD_STAGED))
        else:
            yield from (Finding(here / name, "stray") for name in names if name.endswith(".parquet"))


def _leftovers(store: Path) -> Iterator[Finding]:
    places = Places(store)
    yield from (Finding(path, "leftover") for path in dead_folders(places))
    yield from (Finding(path, "moving") for path in sorted(places.moves.glob("*")))
