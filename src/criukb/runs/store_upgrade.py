"""From an older format to this one: file by file, each replaced in one instant, the last of the store first.

A plain reader takes the columns of the first file that its pattern matches and wants them in every other one.
So the files of the older format, which has fewer columns, must stand first at every moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from criukb.errors import CriukbError
from criukb.progress import Progress, counted, silent
from criukb.runs import store_disk as disk
from criukb.runs.schema import SCHEMA_VERSION
from criukb.runs.store_files import FileIndex, is_current, read_index, read_runs, run_files, write_run
from criukb.runs.store_work import Places, Workspace, locked, workspace


@contextmanager
def open_store(store: Path, progress: Progress = silent) -> Iterator[Workspace]:
    """Open ``store`` for a change, and bring files of an older format to this one first."""
    with workspace(store) as work:
        upgrade(work, progress)
        yield work


def format_of(places: Places) -> int:
    """Return the format that all files of the store have, or 0 when that was not established.

    Raises CriukbError for a store of a later program.
    """
    try:
        text = places.version.read_text(encoding="ascii").strip()
        version = int(text)
    except (FileNotFoundError, ValueError):
        return 0
    if version > SCHEMA_VERSION:
        hint = "use the criukb that wrote it"
        raise CriukbError.at(places.store, f"format {version}, this program writes {SCHEMA_VERSION}", hint)
    return version


def upgrade(work: Workspace, progress: Progress = silent) -> int:
    """Bring every file of an older format to this one; return how many there were.

    Killed at any moment, the rest is done by the next writer. Other writers wait meanwhile.
    """
    if format_of(work.places) == SCHEMA_VERSION:
        return 0
    with locked(work.places):
        if format_of(work.places) == SCHEMA_VERSION:
            return 0
        old = _older(work)
        step = counted(progress, len(old))
        for index in reversed(old):
            _upgrade_file(work, index)
            step(index.path.name)
        _note(work)
    return len(old)


def _older(work: Workspace) -> list[FileIndex]:
    found = []
    for path in run_files(work.store):
        try:
            index = read_index(path)
        except CriukbError:
            continue  # verify names it; it does not keep others from their runs
        if index.version.isdigit() and not is_current(index) and len(index.runs) == 1:
            found.append(index)
    return found


def _upgrade_file(work: Workspace, index: FileIndex) -> None:
    staged = work.staged()
    for _, table in read_runs(index):
        write_run(staged, table)
    disk.sync(staged)
    disk.move(staged, index.path)
    disk.sync(index.path.parent)


def _note(work: Workspace) -> None:
    staged = work.staged()
    staged.write_text(f"{SCHEMA_VERSION}\n", encoding="ascii")
    disk.sync(staged)
    disk.move(staged, work.places.version)
    disk.sync(work.places.inner)
