"""Reading logs: every compression, and every way a file can be bad."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from criukb.errors import CriukbError
from criukb.logs.reader import read_text

TEXT = "(00.1) Error (criu/x.c:1): broke\n" * 5000


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, bz2.compress, zstd])
def test_compressions(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """The first bytes decide, not the name."""
    path = tmp_path / "restore.log"
    path.write_bytes(pack(TEXT.encode()))
    assert read_text(path) == TEXT


def test_joined_xz_streams(tmp_path: Path) -> None:
    """Two xz streams behind each other are one file, as xz itself reads them."""
    path = tmp_path / "x"
    path.write_bytes(lzma.compress(b"one ") + lzma.compress(b"two"))
    assert read_text(path) == "one two"


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress, zstd])
def test_truncated(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """A compressed file that ends in the middle is told so."""
    path = tmp_path / "x"
    path.write_bytes(pack(TEXT.encode())[:-12])
    with pytest.raises(CriukbError, match="truncated"):
        read_text(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary data"),
        (b"BZh9 this is not bzip2 at all", "cannot be read"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    """Empty, binary and damaged files are refused, with the next step."""
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CriukbError, match=message) as caught:
        read_text(path)
    assert caught.value.faults[0].hint


def test_missing_and_folder(tmp_path: Path) -> None:
    """A missing file and a folder are told."""
    with pytest.raises(CriukbError, match="no such file"):
        read_text(tmp_path / "none")
    with pytest.raises(CriukbError, match="this is a folder"):
        read_text(tmp_path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, bz2.compress, zstd])
def test_limit(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """A small file that unpacks to too much is refused before it fills the memory."""
    path = tmp_path / "bomb"
    path.write_bytes(pack(b"x" * 3_000_000))
    with pytest.raises(CriukbError, match="more than 1000000 bytes"):
        read_text(path, limit=1_000_000)


def test_hostile_xz_memory(tmp_path: Path) -> None:
    """An xz header that asks for gigabytes is refused."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 * 1024 * 1024}]
    path = tmp_path / "x"
    path.write_bytes(lzma.compress(b"x", filters=filters))
    with pytest.raises(CriukbError, match="cannot be read"):
        read_text(path)


def test_invalid_utf8(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are replaced, not refused."""
    path = tmp_path / "x"
    path.write_bytes(b"path /a\xff\xfe")
    assert read_text(path) == "path /a\ufffd\ufffd"
