"""A writer's room: the lock of the store, a place for unfinished files, and the leftovers of writers that died.

``DIR/.criukb`` holds the lock, what is staged (no name there ends with .parquet) and the journal of moves.
DuckDB's ``**`` enters hidden folders, so whole folders of finished files never lie below DIR: they are built in, and
swapped with, ``.DIR.criukb`` beside DIR.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from criukb.errors import CriukbError
from criukb.runs import store_disk as disk

INNER = ".criukb"
# A folder that was swapped out stays this long (seconds), for readers that had opened it to list it.
GRACE = 2.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where a store keeps what is no run."""

    store: Path

    @property
    def inner(self) -> Path:
        """The folder inside the store."""
        return self.store / INNER

    @property
    def work(self) -> Path:
        """One folder per living writer."""
        return self.inner / "work"

    @property
    def moves(self) -> Path:
        """One empty file per run that is on its way to another month."""
        return self.inner / "moves"

    @property
    def version(self) -> Path:
        """The file that names the format of all files of the store."""
        return self.inner / "format"

    @property
    def aside(self) -> Path:
        """The folder beside the store, where months are built and swapped out."""
        real = self.store.resolve()
        return real.parent / f".{real.name}.criukb"


@contextmanager
def locked(places: Places) -> Iterator[None]:
    """Hold the store's lock; the kernel releases it when the process dies."""
    descriptor = os.open(places.inner / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@dataclass
class Workspace:
    """One writer's unfinished files. ``folder`` is for staged files, ``new_aside`` for whole folders."""

    places: Places
    token: str
    _count: int = 0
    retired: list[Path] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The store that is written."""
        return self.places.store

    @property
    def folder(self) -> Path:
        """Where files are staged."""
        return self.places.work / self.token

    @property
    def aside(self) -> Path:
        """Where this writer builds folders."""
        return self.places.aside / self.token

    def staged(self) -> Path:
        """Return a new name for a staged file."""
        self._count += 1
        return self.folder / f"{self._count}.staged"

    def new_aside(self) -> Path:
        """Make a folder beside the store, for a month that is built."""
        self._count += 1
        path = self.aside / str(self._count)
        try:
            disk.make_folder(path)
        except OSError as error:
            raise disk.cannot_exchange(path.parent, error.strerror or str(error)) from error
        return path

    def retire(self, path: Path) -> None:
        """Keep what was swapped out for GRACE seconds; what is older goes now."""
        self.retired.append(path)
        for old in [p for p in self.retired if is_old(p)]:
            disk.remove_tree(old)
            self.retired.remove(old)

    def settle(self) -> None:
        """Wait until what was swapped out may go, and remove it."""
        if self.retired:
            time.sleep(GRACE)
        disk.remove_tree(self.aside)
        self.retired.clear()


def is_old(path: Path) -> bool:
    """Return whether nothing was swapped out to ``path`` within the last GRACE seconds."""
    try:
        return time.time() - path.stat().st_mtime >= GRACE
    except FileNotFoundError:
        return True


@contextmanager
def workspace(store: Path) -> Iterator[Workspace]:
    """Open a workspace in ``store``, which is made when absent; leftovers of dead writers are removed first.

    Raises CriukbError when the store cannot be written.
    """
    places = Places(store)
    work = Workspace(places, f"{os.getpid()}-{secrets.token_hex(4)}")
    try:
        disk.make_folder(places.work)
        disk.make_folder(places.moves)
        with locked(places):
            clean(places)
            alive = _enter(work)
        try:
            yield work
        finally:
            disk.remove_tree(work.folder)
            os.close(alive)
            if not work.retired:
                disk.remove_tree(work.aside)
                disk.remove_empty(places.aside)
    except OSError as error:
        hint = "check permissions and free space, or choose another --store"
        raise CriukbError.at(store, f"cannot be written: {error.strerror or error}", hint) from error


def _enter(work: Workspace) -> int:
    work.folder.mkdir()
    descriptor = os.open(work.folder / "alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def clean(places: Places) -> None:
    """Remove what dead writers left. The lock must be held, so that no writer is just entering."""
    for folder in dead_folders(places):
        disk.remove_tree(folder)


def dead_folders(places: Places) -> list[Path]:
    """Return the folders of dead writers, staged files and swapped-out months, that may go now."""
    inside = {path.name: path for path in places.work.glob("*")}
    dead = [path for path in inside.values() if not _is_alive(path)]
    living = inside.keys() - {path.name for path in dead}
    beside = [path for path in places.aside.glob("*") if path.name not in living]
    return sorted(dead + [p for p in beside if all(is_old(q) for q in (p, *p.glob("*")))])


def _is_alive(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / "alive", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
