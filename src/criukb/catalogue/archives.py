"""Source trees in tar archives and Debian source packages, read as a stream."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import re
import tarfile
import zlib
from pathlib import Path
from typing import IO, Any, Self

from criukb.catalogue.sources import (
    MAX_TOTAL,
    Limits,
    Source,
    check_path,
    release_in_name,
    sources_only,
    strip_root,
    with_links,
)
from criukb.errors import CriukbError

MAX_DSC = 256 * 1024
MAX_HEADER = 64 * 1024
_READ = 1 << 20
_AGAIN = "get the archive again"
_SHA256 = re.compile(r"^ ([0-9a-f]{64}) (\d{1,12}) ([A-Za-z0-9][A-Za-z0-9.+~_-]*)$", re.MULTILINE)
_VERSION = re.compile(r"^Version:[ \t]*(?:\d+:)?([A-Za-z0-9.+~-]+)[ \t]*$", re.MULTILINE)
_ORIG = re.compile(r"\.orig\.tar\.(?:gz|xz|bz2)\Z")
_OPENERS = ((b"\x1f\x8b", gzip.open), (b"\xfd7zXZ", lzma.open), (b"BZh", bz2.open))
_DAMAGED = (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, ValueError, OSError)


class _Bounded:
    """A reader that raises once it has given MAX_TOTAL bytes: what an archive unpacks to is not known before."""

    def __init__(self, stream: IO[bytes], where: Path) -> None:
        self._stream = stream
        self._where = where
        self._left = MAX_TOTAL

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, _READ) if size >= 0 else _READ)
        self._left -= len(data)
        if self._left < 0:
            raise CriukbError.at(self._where, f"unpacks to more than {MAX_TOTAL} bytes", "give CRIU's own source")
        return data


class _Member(tarfile.TarInfo):
    """A member whose extended header is of sane size: tarfile reads those whole, with costly expressions."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        extended = member.type in {b"x", b"g", b"X", b"L", b"K"}
        if (extended and member.size > MAX_HEADER) or member.type == tarfile.GNUTYPE_SPARSE:
            raise CriukbError.at(Path("archive"), "holds a header of a kind that no source archive has", _AGAIN)
        return member


def tar_source(path: Path) -> Source:
    """Return the tree in a tar archive, plain or compressed with gzip, xz or bzip2."""
    return Source(path.name, release_in_name(path.name), _digest(path), lambda: _read_tar(path))


def dsc_source(path: Path) -> Source:
    """Return the upstream tree of a Debian source package; its tarball lies beside ``path`` and is checked."""
    text = _dsc_text(path)
    listed = [row for row in _SHA256.findall(text.partition("Checksums-Sha256:")[2]) if _ORIG.search(row[2])]
    if len(listed) != 1:
        raise CriukbError.at(path, "names no single .orig.tar with its SHA-256", "get it again: apt-get source criu")
    digest, _, name = listed[0]
    tarball = path.parent / name
    if not tarball.is_file():
        raise CriukbError.at(path, f"{name} is not beside it", "get it again: apt-get source --download-only criu")
    actual = _digest(tarball)
    if actual != digest:
        raise CriukbError.at(tarball, f"SHA-256 {actual} differs from the one in {path.name}", _AGAIN)
    version = _VERSION.search(text)
    return Source(path.name, version[1] if version else None, digest, lambda: _read_tar(tarball))


def _dsc_text(path: Path) -> str:
    with path.open("rb") as stream:
        data = stream.read(MAX_DSC + 1)
    if len(data) > MAX_DSC:
        raise CriukbError.at(path, f"larger than {MAX_DSC} bytes", "give the .dsc file of a source package")
    return data.decode("utf-8", "replace")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise CriukbError.at(path, error.strerror or str(error), "make the file readable") from error


def _read_tar(path: Path) -> dict[str, str]:
    limits = Limits(path)
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    try:
        with _opened(path) as stream:
            bounded: Any = _Bounded(stream, path)
            with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Member) as archive:
                for number, member in enumerate(archive, start=1):
                    limits.entry(number)
                    if member.issym():
                        links[check_path(member.name, path)] = member.linkname
                    _take(archive, member, files, limits)
                    archive.members.clear()  # type: ignore[attr-defined] # a stream keeps every header it saw
    except CriukbError:
        raise
    except _DAMAGED as error:
        raise CriukbError.at(path, f"not a readable tar archive: {error}", _AGAIN) from error
    return _tree(with_links(files, links), path)


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, str], limits: Limits) -> None:
    name = check_path(member.name, limits.where)
    if not member.isreg() or not (name.endswith((".c", ".h")) or "Makefile" in name.rsplit("/", 1)[-1]):
        return
    limits.add(member.size)
    stream = archive.extractfile(member)
    files[name] = stream.read().decode("utf-8", "replace") if stream else ""


def _tree(files: dict[str, str], path: Path) -> dict[str, str]:
    tree = sources_only(strip_root(files))
    if not any(name.endswith((".c", ".h")) for name in tree):
        raise CriukbError.at(path, "no C source in it", "give CRIU's source archive, such as criu-4.2.tar.gz")
    return tree


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        head = stream.read(6)
    opener: Any = next((opener for magic, opener in _OPENERS if head.startswith(magic)), open)
    opened: IO[bytes] = opener(path, "rb")
    return opened
