"""Reading a log from disk or standard input: compressed or not, with limits, never half."""

from __future__ import annotations

import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from criukb.errors import CriukbError

MAX_BYTES = 512 * 1024 * 1024
_CHUNK = 1024 * 1024
_SNIFF = 8192

# What an xz stream may ask for while it is unpacked; xz -9 needs 65 MiB, a hostile header asks for 4 GiB.
XZ_MEMORY = 128 * 1024 * 1024
_MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


# Their errors are told by the module's name, because most logs need none of them imported.
_ARCHIVE_MODULES = {"_lzma", "tarfile", "zipfile"}


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


class NoLogError(CriukbError):
    """The input can be read and is no log: an error when it was named, and passed over when its folder was."""


def check_text(path: Path, head: bytes) -> None:
    """Raise CriukbError when ``head``, the beginning of the log at ``path``, is empty or binary."""
    if not head.strip():
        raise NoLogError.at(path, "the file is empty", "give the log of a run; CRIU writes it with -o FILE -v4")
    if b"\0" in head[:_SNIFF]:
        raise NoLogError.at(path, "this is no log: it holds binary data", "give dump.log, restore.log or a console")


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Return the text of the log at ``path`` (``-`` is standard input); invalid UTF-8 becomes U+FFFD.

    Raises CriukbError for an empty, binary, truncated or too large file.
    """
    data = read_bytes(path, limit)
    check_text(path, data)
    return data.decode("utf-8", "replace")


@contextmanager
def open_log(path: Path) -> Iterator[Readable]:
    """Open ``path`` (``-`` is standard input) for reading, decompressed; CriukbError when that goes wrong."""
    if str(path) == "-":
        with readable(path):
            yield decompressed(sys.stdin.buffer)
        return
    if path.is_dir():
        raise CriukbError.at(path, "this is a folder", "give the log files in it")
    with readable(path), path.open("rb", buffering=0) as raw:
        yield decompressed(raw)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong while ``path`` is read into CriukbError."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of the output went away
    except (EOFError, OSError, zlib.error) as error:
        raise _unreadable(path, error) from error
    except Exception as error:
        if type(error).__module__ not in _ARCHIVE_MODULES:
            raise
        raise _unreadable(path, error) from error


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the decompressed bytes of ``path``; CriukbError when they are too many or end too early."""
    with open_log(path) as stream:
        return _bounded(stream, path, limit)


class _Xz:
    """An xz stream, or several behind each other, read with bounded memory."""

    def __init__(self, raw: Readable) -> None:
        self._raw = raw
        self._inner = self._fresh()

    @staticmethod
    def _fresh() -> Any:
        import lzma  # noqa: PLC0415 - only this format needs it

        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def read(self, size: int, /) -> bytes:
        while True:
            if self._inner.eof:
                rest = self._inner.unused_data.lstrip(b"\0") or self._raw.read(_CHUNK)
                if not rest:
                    return b""
                self._inner, data = self._fresh(), rest
            else:
                data = self._raw.read(_CHUNK) if self._inner.needs_input else b""
                if not data and self._inner.needs_input:
                    raise EOFError
            out: bytes = self._inner.decompress(data, size)
            if out:
                return out


def decompressed(raw: Readable) -> Readable:
    """Return ``raw`` without its compression, which its first bytes tell."""
    head = read_head(raw, max(map(len, _MAGIC)))
    kind = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "plain")
    whole = Joined(head, raw)
    if kind == "gzip":
        import gzip  # noqa: PLC0415 - only this format needs it

        return gzip.GzipFile(fileobj=whole)
    if kind == "xz":
        return _Xz(whole)
    if kind == "zstd":
        import pyarrow as pa  # noqa: PLC0415 - heavy, and only this format needs it

        stream: Readable = pa.CompressedInputStream(pa.PythonFile(whole, mode="r"), "zstd")
        return stream
    if kind == "bzip2":
        import bz2  # noqa: PLC0415 - only this format needs it

        return bz2.BZ2File(whole)
    return whole


def _bounded(stream: Readable, path: Path, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise CriukbError.at(path, f"more than {limit} bytes after decompression", "split the log, or cut it")
        chunks.append(chunk)
    return b"".join(chunks)


def _unreadable(path: Path, error: Exception) -> CriukbError:
    if isinstance(error, FileNotFoundError):
        return CriukbError.at(path, "no such file", "check the path")
    if isinstance(error, PermissionError):
        return CriukbError.at(path, "not readable", "CRIU's logs belong to root: copy the log, or use sudo")
    if isinstance(error, EOFError) or "ended before" in str(error) or "Truncated" in str(error):
        return CriukbError.at(path, "the compressed file is truncated", "copy it again; it ends in the middle")
    return CriukbError.at(path, f"cannot be read: {error}", "check that the file is whole: gzip -t, xz -t")


def read_head(stream: Readable, size: int) -> bytes:
    """Return the first ``size`` bytes of ``stream``; fewer only when it ends before."""
    head = b""
    while len(head) < size and (data := stream.read(size - len(head))):
        head += data
    return head


class Joined(io.RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        """Return True: this is for reading."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, first of the beginning."""
        if self._head:
            data = bytes(self._head[:size])
            self._head = self._head[size:]
            return data
        return self._rest.read(size)

    def readinto(self, buffer: Any, /) -> int:
        """Fill ``buffer`` and return how many bytes were put there."""
        readinto = getattr(self._rest, "readinto", None)
        if readinto is not None and not self._head:
            return int(readinto(buffer))
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    @property
    def unread(self) -> tuple[Readable, int]:
        """The stream below, and how many bytes read from it are still to be given."""
        return self._rest, len(self._head)


def plain_file(stream: Readable) -> tuple[int, int] | None:
    """Return descriptor and offset of what ``stream`` will give, when that is the rest of a plain regular file."""
    waiting = 0
    while isinstance(stream, Joined):
        stream, held = stream.unread
        waiting += held
    if not isinstance(stream, io.FileIO) or not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return None
    return stream.fileno(), stream.tell() - waiting
