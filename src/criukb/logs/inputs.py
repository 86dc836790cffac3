"""The logs that a path stands for: a file, all logs below a folder, or the members of an archive.

Nothing is ever unpacked to disk, so links and absolute names in an archive lead nowhere. Limits on the number of
members, on the bytes and on the ratio of unpacking keep a hostile archive from filling memory or time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from criukb.errors import CriukbError
from criukb.logs.reader import Joined, Readable, decompressed, open_log, read_head, readable

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MAX_MEMBERS = 10_000
MAX_TOTAL = 8 * 1024**3
MAX_RATIO = 1000
# Below this size the ratio says nothing: a short log of equal lines packs very well.
RATIO_FROM = 256 * 1024**2
# A tar may announce a name, and a zip an index, of any length; both are read whole.
MAX_HEADER = 1024**2
MAX_INDEX = 16 * 1024**2
_SUFFIXES = {"", ".log", ".txt", ".out"}
_PACKED = {".gz", ".xz", ".bz2", ".zst"}
_BLOCK = 512
# Stored, deflated and bzip2; the others may ask for any amount of memory.
_ZIP_METHODS = {0, 8, 12}


class Source(NamedTuple):
    """One log to read: the name to show, its bytes, and whether the user named it (or only what holds it)."""

    path: Path
    stream: Readable
    named: bool


def shown(name: str) -> str:
    """Return ``name`` fit for a terminal: no control characters, no bytes that are no UTF-8."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def is_log(name: str) -> bool:
    """Whether a file or member has the name of a log: not hidden, with a suffix of logs or none."""
    path = PurePosixPath(name)
    if any(part.startswith(".") and part != ".." for part in path.parts) or not path.name:
        return False
    return (PurePosixPath(path.stem) if path.suffix in _PACKED else path).suffix in _SUFFIXES


def sources(path: Path, faults: list[CriukbError], wanted: Callable[[str], bool] = is_log) -> Iterator[Source]:
    """Yield the logs that ``path`` stands for, sorted in a folder; each must be read before the next is asked for.

    ``wanted`` chooses by the name: that of a file below a folder, the whole one of a member of an archive.
    What cannot be read is added to ``faults``, and the rest goes on.
    """
    for file in _files(path, faults, wanted, MAX_MEMBERS) if path.is_dir() else [path]:
        try:
            yield from _opened(file, faults, wanted, named=file == path)
        except CriukbError as error:
            faults.append(error)


def log_files(folder: Path, faults: list[CriukbError], limit: int) -> list[Path]:
    """Return at most ``limit`` logs below ``folder``, sorted, links left out; what is wrong is added to ``faults``."""
    return _files(folder, faults, is_log, limit)


def _files(folder: Path, faults: list[CriukbError], wanted: Callable[[str], bool], limit: int) -> list[Path]:
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [file for name in names if wanted(name) and not (file := Path(root, name)).is_symlink()]
        if len(found) > limit:
            message = f"more than {limit} files below it"
            faults.append(CriukbError.at(folder, message, "give the folders that hold the logs"))
            break
    if not found:
        message = "no .log, .txt or .out file and no file without a suffix below it"
        faults.append(CriukbError.at(folder, message, "give the folder that holds CRIU's logs"))
    return sorted(file for file in found if file.is_file())[:limit]


def _opened(file: Path, faults: list[CriukbError], wanted: Callable[[str], bool], *, named: bool) -> Iterator[Source]:
    with open_log(file) as stream:
        head = read_head(stream, _BLOCK)
        whole = Joined(head, stream)
        if named and head.startswith((b"PK\3\4", b"PK\5\6")):
            yield from _zip(file, faults, wanted)
        elif named and _is_tar(head):
            yield from _tar(file, whole, faults, wanted)
        else:
            yield Source(file, whole, named=named)


def _is_tar(head: bytes) -> bool:
    # The check sum stands there in octal digits, which no line of a log does by chance.
    if len(head) < _BLOCK or not head[148:154].strip(b" \0").isdigit():
        return False
    import tarfile  # noqa: PLC0415 - most logs are no archives

    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Limited:
    """A stream that refuses to give more than is sensible; ``packed`` is the size of what it is unpacked from."""

    def __init__(self, inner: Readable, place: Path, packed: int | None) -> None:
        self._inner = inner
        self._place = place
        self._limit = MAX_TOTAL if packed is None else min(MAX_TOTAL, max(RATIO_FROM, packed * MAX_RATIO))
        self._given = 0

    def read(self, size: int, /) -> bytes:
        with readable(self._place):
            data = self._inner.read(size)
        self._given += len(data)
        if self._given > self._limit:
            message = f"unpacks to more than {self._limit} bytes"
            raise CriukbError.at(self._place, message, "unpack it yourself, and give the logs that you want read")
        return data


def _tar_header() -> Any:
    """Return a class of tar headers that do not announce a name of gigabytes."""
    import tarfile  # noqa: PLC0415 - most logs are no archives

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Header:
            """Read a header; HeaderError when it is damaged or too large."""
            info = super().frombuf(buf, encoding, errors)
            if info.size < 0 or (info.type not in tarfile.REGULAR_TYPES and info.size > MAX_HEADER):
                raise tarfile.HeaderError("header too large")
            return info

    return Header


def _tar(file: Path, stream: Readable, faults: list[CriukbError], wanted: Callable[[str], bool]) -> Iterator[Source]:
    import tarfile  # noqa: PLC0415 - most logs are no archives

    packed = None if str(file) == "-" else file.stat().st_size
    limited = _Limited(stream, file, packed)
    with readable(file), tarfile.open(fileobj=limited, mode="r|", tarinfo=_tar_header()) as archive:  # type: ignore[call-overload]
        for number, info in enumerate(archive):
            _check_number(number, file)
            if info.isreg() and wanted(info.name):
                yield from _member(file, info.name, archive.extractfile(info), faults, packed)


def _member(
    file: Path, name: str, inner: Readable | None, faults: list[CriukbError], packed: int | None
) -> Iterator[Source]:
    place = _inside(file, name)
    if inner is None:
        return
    try:
        with readable(place):
            # Twice: what a member holds may be packed once more.
            yield Source(place, _Limited(decompressed(_Limited(inner, place, packed)), place, packed), named=False)
    except CriukbError as error:
        faults.append(error)


def _inside(file: Path, name: str) -> Path:
    return Path(f"{file}!{str(PurePosixPath(shown(name))).lstrip('/')}")


def _zip(file: Path, faults: list[CriukbError], wanted: Callable[[str], bool]) -> Iterator[Source]:
    if str(file) == "-":
        raise CriukbError.at(file, "a zip file cannot be read from a pipe", "save it, and give its name")
    with readable(file), file.open("rb") as raw, open_zip(file, raw) as archive:
        for number, info in enumerate(archive.infolist()):
            _check_number(number, file)
            if not info.is_dir() and wanted(info.filename):
                yield from zip_member(file, archive, info, faults)


@contextmanager
def open_zip(file: Path, raw: IO[bytes]) -> Iterator[ZipFile]:
    """Open the zip ``file``, whose bytes ``raw`` gives; CriukbError when its index is damaged or too large."""
    import zipfile  # noqa: PLC0415 - most logs are no archives

    _check_index(file, raw.seek(0, os.SEEK_END), raw)
    with readable(file), zipfile.ZipFile(raw) as archive:
        yield archive


def zip_member(file: Path, archive: ZipFile, info: ZipInfo, faults: list[CriukbError]) -> Iterator[Source]:
    """Yield the log in one member, unpacked within limits; what is wrong with it goes to ``faults``."""
    place = _inside(file, info.filename)
    if info.flag_bits & 1 or info.compress_type not in _ZIP_METHODS:
        what = "encrypted" if info.flag_bits & 1 else "packed with an unusual method"
        faults.append(CriukbError.at(place, f"the member is {what}", "unpack it yourself, and give the log"))
        return
    try:
        with readable(place), archive.open(info) as inner:
            yield from _member(file, info.filename, inner, faults, info.compress_size)
    except CriukbError as error:
        faults.append(error)


def _check_number(number: int, file: Path) -> None:
    if number >= MAX_MEMBERS:
        raise CriukbError.at(file, f"more than {MAX_MEMBERS} members", "unpack it, and give the logs in it")


def _check_index(file: Path, size: int, raw: Any) -> None:
    """Refuse a zip whose index is too large to be read whole."""
    raw.seek(max(0, size - 66_000))
    tail = raw.read()
    at = tail.rfind(b"PK\5\6")
    if at >= 0 and int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_INDEX:
        raise CriukbError.at(file, "its index is too large", "unpack it, and give the logs in it")
