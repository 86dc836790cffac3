"""Changing a month in one instant: its folder is built anew beside the store, then both are swapped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pyarrow as pa

from criukb.errors import CriukbError
from criukb.runs import store_disk as disk
from criukb.runs.store_files import FileIndex, RunEntry, read_runs
from criukb.runs.store_parts import Limits, PartWriter
from criukb.runs.store_work import Workspace, locked

# So many times a month is built without the lock; then once with it, so that even a busy store gets on.
FREE_TRIES = 2

Identity = tuple[int, int, int]
Build = Callable[[Path], None]


def identity(path: Path) -> Identity:
    """Return what tells a file from another one that gets its name later."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def identities(paths: Collection[Path]) -> dict[Path, Identity]:
    """Return the identity of each file; FileNotFoundError when one is gone."""
    return {path: identity(path) for path in paths}


def _same(sources: dict[Path, Identity]) -> bool:
    try:
        return identities(sources) == sources
    except FileNotFoundError:
        return False


def swap_month(work: Workspace, folder: Path, sources: dict[Path, Identity], build: Build, *, held: bool) -> bool:
    """Replace the files ``sources`` of a month's ``folder`` by what ``build`` writes into the folder that it is given.

    Files that are no sources stay, also those that come while ``build`` works. Returns False, with nothing changed,
    when another writer changed a source meanwhile. ``held`` says that the caller holds the lock.
    Raises CriukbError where folders cannot be swapped.
    """
    room = work.new_aside()
    try:
        fresh = room / folder.name
        disk.make_folder(fresh)
        build(fresh)
        with nullcontext() if held else locked(work.places):
            if not _same(sources):
                return False
            _carry_over(folder, fresh, sources)
            disk.same_rights(fresh, folder)
            disk.sync(fresh)
            disk.exchange(fresh, folder)
            for path in (work.store, room):
                disk.sync(path)
            work.retire(room)
            return True
    finally:
        if room not in work.retired:
            disk.remove_tree(room)


def _carry_over(folder: Path, fresh: Path, sources: Collection[Path]) -> None:
    for path in sorted(p for p in folder.iterdir() if p not in sources):
        if path.is_dir():
            raise CriukbError.at(path, "a folder inside a month is no part of the store", "move it out of the store")
        try:
            disk.link(path, fresh / path.name)
        except FileExistsError:
            continue  # a part with the very same content, which has the same name
        except OSError as error:
            raise disk.cannot_exchange(path, error.strerror or str(error)) from error


def require_swap(work: Workspace) -> None:
    """Raise CriukbError unless folders can be swapped here, before anything long is begun."""
    room = work.new_aside()
    try:
        inside = work.folder / "probe"
        disk.make_folder(inside)
        disk.make_folder(room / "probe")
        disk.exchange(room / "probe", inside)
    finally:
        disk.remove_tree(room)


@contextmanager
def attempt(work: Workspace, number: int) -> Iterator[bool]:
    """Give whether the ``number``-th attempt at a change, from 0, is made with the lock held."""
    held = number >= FREE_TRIES
    with locked(work.places) if held else nullcontext():
        yield held


Replace = Callable[[RunEntry], tuple[RunEntry, pa.Table] | None]


def copy_part(source: FileIndex, target: Path, keep: Callable[[RunEntry], bool], replace: Replace) -> None:
    """Write a part into ``target`` without the runs that are not kept, and with those that are replaced."""
    writer = PartWriter(target, Limits(rows=max(1, 2 * source.rows), runs=max(1, len(source.runs))))
    try:
        for entry, table in read_runs(source):
            if keep(entry):
                writer.add(*(replace(entry) or (entry, table)))
        writer.close()
    finally:
        writer.abandon()
