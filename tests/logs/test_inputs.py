"""What a path stands for: a file, a folder, an archive; and everything that is wrong with hostile ones."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pyarrow as pa
import pytest

from criukb.errors import CriukbError
from criukb.logs import inputs
from criukb.logs.inputs import shown, sources

LOG = b"(00.1) Error (criu/x.c:1): broke\n"
Files = dict[str, bytes]


def read(path: Path) -> tuple[Files, list[str]]:
    """Return the logs below ``path`` by their shown names, and what was wrong."""
    faults: list[CriukbError] = []
    found: Files = {}
    for source in sources(path, faults):
        try:
            found[str(source.path).removeprefix(str(path))] = b"".join(iter(lambda s=source.stream: s.read(65536), b""))
        except CriukbError as error:
            faults.append(error)
    return found, [str(error) for error in faults]


def make_tar(path: Path, files: Files, pack: Callable[[bytes], bytes] = bytes) -> Path:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    path.write_bytes(pack(raw.getvalue()))
    return path


def make_zip(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


def test_folder(tmp_path: Path) -> None:
    """Logs are found at any depth, sorted; hidden files, links and other kinds of files are left out."""
    (tmp_path / "b" / ".git").mkdir(parents=True)
    for name in ("b/restore.log", "a.txt", "dump.log", "console", "x.out", ".hidden.log", "b/.git/x.log", "pages.img"):
        (tmp_path / name).write_bytes(LOG)
    (tmp_path / "old.log.gz").write_bytes(gzip.compress(LOG))
    (tmp_path / "link.log").symlink_to(tmp_path / "dump.log")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.log")
    found, faults = read(tmp_path)
    assert list(found) == ["/a.txt", "/b/restore.log", "/console", "/dump.log", "/old.log.gz", "/x.out"]
    assert (set(found.values()), faults) == ({LOG}, [])


def test_empty_folder(tmp_path: Path) -> None:
    """A folder without logs is told."""
    assert "no .log, .txt or .out file" in read(tmp_path)[1][0]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, bz2.compress, zstd])
def test_tar(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """The content decides, not the name; a member may be compressed itself."""
    files = {"./a/dump.log": LOG, "b/restore.log.xz": lzma.compress(LOG * 2), "b/core.img": b"\0", "c/.x/y.log": LOG}
    path = make_tar(tmp_path / "failed-logs", files, pack)
    assert read(path) == ({"!a/dump.log": LOG, "!b/restore.log.xz": LOG * 2}, [])


def test_zip(tmp_path: Path) -> None:
    """A zip file gives its members in order."""
    path = make_zip(tmp_path / "x.zip", {"a/dump.log": LOG, "a/core.img": b"\0", "restore.log": LOG * 2})
    assert read(path) == ({"!a/dump.log": LOG, "!restore.log": LOG * 2}, [])


def test_nothing_leads_out(tmp_path: Path) -> None:
    """Links and devices are no logs, absolute names are only names, and nothing is written."""
    path = make_tar(tmp_path / "x.tar", {"/etc/dump.log": LOG, "../../up.log": LOG})
    with tarfile.open(path, "a") as archive:
        for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(f"{number}.log")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert read(path) == ({"!etc/dump.log": LOG, "!../../up.log": LOG}, [])
    assert [file.name for file in tmp_path.iterdir()] == ["x.tar"]


def test_one_bad_member_does_not_stop_the_others(tmp_path: Path) -> None:
    """A damaged member is told with its place, and the next one is read."""
    packed = gzip.compress(LOG * 100)[:-9]
    for path in (
        make_tar(tmp_path / "x.tar", {"a.log.gz": packed, "b.log": LOG}),
        make_zip(tmp_path / "x.zip", {"a.log.gz": packed, "b.log": LOG}),
    ):
        found, (fault,) = read(path)
        assert found == {"!b.log": LOG}
        assert f"{path}!a.log.gz: the compressed file is truncated" in fault


def test_truncated_archive(tmp_path: Path) -> None:
    """An archive that ends in the middle gives what it has, and is told."""
    path = make_tar(tmp_path / "x.tar.gz", {"a.log": LOG, "b.log": os.urandom(300_000)}, gzip.compress)
    path.write_bytes(path.read_bytes()[:200_000])
    found, faults = read(path)
    assert found == {"!a.log": LOG}
    assert all("truncated" in fault or "cannot be read" in fault for fault in faults)
    assert faults


@pytest.fixture
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_TOTAL", 8_000_000)
    monkeypatch.setattr(inputs, "RATIO_FROM", 1_000_000)
    monkeypatch.setattr(inputs, "MAX_RATIO", 10)
    monkeypatch.setattr(inputs, "MAX_MEMBERS", 20)


@pytest.mark.usefixtures("_small_limits")
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress, zstd])
def test_tar_bomb(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """An archive that unpacks to far more than it holds is refused on the way, also where members are passed over."""
    path = make_tar(tmp_path / "x", {"a.log": LOG, "b.img": bytes(4_000_000), "c.log": LOG}, pack)
    found, (fault,) = read(path)
    assert found == {"!a.log": LOG}
    assert "unpacks to more than" in fault


@pytest.mark.usefixtures("_small_limits")
def test_zip_bomb(tmp_path: Path) -> None:
    """One bomb among the members is refused, and the others are read."""
    path = make_zip(
        tmp_path / "x.zip", {"a.log": bytes(9_000_000), "b.log.xz": lzma.compress(bytes(5_000_000)), "c": LOG}
    )
    found, faults = read(path)
    assert found == {"!c": LOG}
    assert [fault.split(": ")[1].splitlines()[0][:20] for fault in faults] == ["unpacks to more than"] * 2


@pytest.mark.usefixtures("_small_limits")
def test_endless_member(tmp_path: Path) -> None:
    """A member that announces exabytes is read up to the limit, and no further."""
    info = tarfile.TarInfo("dump.log")
    info.size = 2**60
    header = info.tobuf(tarfile.GNU_FORMAT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "open_log", _endless(header))
        path = tmp_path / "x.tar"
        path.write_bytes(header)
        found, faults = read(path)
    assert found == {}
    assert "unpacks to more than" in faults[0]


def _endless(header: bytes) -> Callable[[Path], object]:
    class Endless:
        def __init__(self) -> None:
            self.head = header

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def read(self, size: int, /) -> bytes:
            data, self.head = (self.head[:size], self.head[size:]) if self.head else (b"x" * size, b"")
            return data

    return lambda _: Endless()


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_name_of_gigabytes(tmp_path: Path, kind: bytes) -> None:
    """A header that announces a name of gigabytes is refused before any of it is read."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 2**33
    path = tmp_path / "x.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    assert "cannot be read" in read(path)[1][0]


@pytest.mark.usefixtures("_small_limits")
def test_too_many_members(tmp_path: Path) -> None:
    """The number of members and of files is limited, and the limit is told."""
    files = {f"{number}.log": LOG for number in range(30)}
    (tmp_path / "d").mkdir()
    for name in files:
        (tmp_path / "d" / name).write_bytes(LOG)
    for path in (make_tar(tmp_path / "x.tar", files), make_zip(tmp_path / "x.zip", files), tmp_path / "d"):
        found, (fault,) = read(path)
        assert len(found) == 20
        assert "more than 20" in fault


def test_encrypted_member(tmp_path: Path) -> None:
    """An encrypted member is told, and the next one is read."""
    path = make_zip(tmp_path / "x.zip", {"a.log": LOG, "b.log": LOG})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    found, (fault,) = read(path)
    assert found == {"!b.log": LOG}
    assert "encrypted" in fault


def test_index_of_gigabytes(tmp_path: Path) -> None:
    """A zip that announces a huge index is refused."""
    path = make_zip(tmp_path / "x.zip", {"a.log": LOG})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\5\6")
    data[at + 12 : at + 16] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    assert "its index is too large" in read(path)[1][0]


def test_names_are_shown_harmlessly() -> None:
    """Terminal escapes and bytes that are no UTF-8 are replaced."""
    assert shown("a\x1b[31m\udcff\n中.log") == "a\ufffd[31m\ufffd\ufffd中.log"
