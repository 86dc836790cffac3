"""The few file system calls that the store is built of, in one place, so that a test can let each of them be the last.

Every call is either atomic for plain readers of the store or touches only what no reader sees.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from criukb.errors import CriukbError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_TRIES = 10
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EBUSY)


def make_folder(path: Path) -> None:
    """Make ``path`` and what is above it, also while another writer removes empty folders."""
    for _ in range(_TRIES):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:
            continue
        return
    path.mkdir(parents=True, exist_ok=True)


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Give ``source`` the name ``target``; what had that name is replaced in the same instant."""
    source.replace(target)


def link(source: Path, target: Path) -> None:
    """Give the file ``source`` a second name."""
    os.link(source, target)


def remove(path: Path) -> None:
    """Remove a file; one that is gone already is no error."""
    path.unlink(missing_ok=True)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it."""
    shutil.rmtree(path, ignore_errors=True)


def remove_empty(path: Path) -> None:
    """Remove a folder when nothing is in it."""
    try:
        path.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise


def same_rights(path: Path, like: Path) -> None:
    """Give a new folder the mode and, when that is allowed, the group of ``like``."""
    model = like.stat()
    with suppress(OSError):
        os.chown(path, -1, model.st_gid)
    path.chmod(stat.S_IMODE(model.st_mode))


def exchange(one: Path, other: Path) -> None:
    """Swap two folders in one instant (renameat2 with RENAME_EXCHANGE); CriukbError where that cannot be done."""
    libc = ctypes.CDLL(None, use_errno=True)
    call = getattr(libc, "renameat2", None)
    if call is None:
        raise cannot_exchange(one, "this C library has no renameat2")
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return
    number = ctypes.get_errno()
    if number in _CANNOT:
        raise cannot_exchange(one, os.strerror(number))
    raise OSError(number, os.strerror(number), str(one))


def cannot_exchange(path: Path, reason: str) -> CriukbError:
    """Return the error for a place where two folders cannot be swapped."""
    hint = (
        "keep the store on ext4, xfs, btrfs or tmpfs, in a folder below the mount point whose parent folder is "
        "writable and on the same file system; until then runs can be added, but not compacted"
    )
    return CriukbError.at(path, f"a month cannot be swapped in one instant here ({reason})", hint)
