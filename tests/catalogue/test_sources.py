"""A tree gives the same catalogue in every form, and hostile input is refused."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from catalogfakes import FILES, LAMP_C, add, catalogue, git, write_dsc, write_git, write_tar, write_tree
from criukb.catalogue import archives, sources
from criukb.catalogue.cache import cache_dir, cached, load_catalogues
from criukb.catalogue.gitsource import release_tags
from criukb.errors import CriukbError

CALLS = catalogue("9.1").calls


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("criu-9.1.tar", "w"),
        ("criu-9.1.tar.gz", "w:gz"),
        ("criu_9.1.orig.tar.xz", "w:xz"),
        ("criu-9.1.tar.bz2", "w:bz2"),
    ],
)
def test_archives(tmp_path: Path, name: str, mode: str) -> None:
    """The folder around the tree is taken off, and the release is in the file's name."""
    found = load_catalogues(write_tar(tmp_path / name, mode=mode))
    assert [(c.release, c.calls) for c in found] == [("9.1", CALLS)]


def test_a_folder(tmp_path: Path) -> None:
    """A folder's release is what its makefile says; programs of its own are left out."""
    makefile = "CRIU_VERSION_MAJOR\t:= 9\nCRIU_VERSION_MINOR\t:= 1\nCRIU_VERSION_SUBLEVEL\t:=\n"
    other = {"test/zdtm/x.c": 'void f(void)\n{\npr_err("x");\n}\n', "Makefile.versions": makefile}
    (found,) = load_catalogues(write_tree(tmp_path, FILES | other))
    assert (found.release, found.calls) == ("9.1", CALLS)


def test_a_debian_source(tmp_path: Path) -> None:
    """A .dsc leads to the tarball beside it, whose checksum must agree."""
    tarball = write_tar(tmp_path / "criu_9.1.orig.tar.gz")
    assert [(c.release, c.calls) for c in load_catalogues(write_dsc(tarball))] == [("9.1-2", CALLS)]
    with pytest.raises(CriukbError, match="differs from the one"):
        load_catalogues(write_dsc(tarball, "0" * 64))
    tarball.unlink()
    with pytest.raises(CriukbError, match="not beside it"):
        load_catalogues(tmp_path / "criu_9.1-2.dsc")


def test_a_git_repository(tmp_path: Path) -> None:
    """Tags are read out of a repository; candidates and other tags are no releases."""
    second = FILES | {"criu/lamp.c": LAMP_C.replace("no oil", "little oil")}
    root = write_git(tmp_path / "repo", ("v9.1", FILES), ("v9.10", second), ("v9.2-rc1", FILES), ("init", FILES))
    assert release_tags(root) == ["v9.1", "v9.10"]
    first, other = load_catalogues(root, ["v9.1", "v9.10"])
    assert (first.release, first.calls) == ("9.1", CALLS)
    assert other.calls != CALLS
    assert load_catalogues(root / ".git")[0].release == "9.10"


def test_no_filter_of_a_repository_is_run(tmp_path: Path) -> None:
    """A stranger's repository may name programs in its configuration; none is started."""
    root = write_git(tmp_path / "repo", ("v1.0", FILES | {".gitattributes": "*.c filter=evil\n"}))
    for name in ("filter.evil.smudge", "core.fsmonitor", "core.pager", "tar.tar.command"):
        git(root, "config", name, f"touch {tmp_path}/ran")
    assert load_catalogues(root, ["v1.0"])[0].calls == CALLS
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("tag", ["v8", "--all", "-x", "HEAD..v1.0", ""])
def test_a_wrong_tag(tmp_path: Path, tag: str) -> None:
    """A tag that is none is an error, never an option of git."""
    root = write_git(tmp_path / "repo", ("v1.0", FILES))
    with pytest.raises(CriukbError, match="no tag or commit"):
        load_catalogues(root, [tag])


def test_links_within_the_tree(tmp_path: Path) -> None:
    """A link to a file of the tree is that file under another name; other links are left out."""
    secret = tmp_path / "secret.c"
    secret.write_text('void f(void)\n{\npr_err("secret");\n}\n', encoding="utf-8")
    root = write_git(tmp_path / "repo", ("v0.9", FILES))
    (root / "criu/again.c").symlink_to("lamp.c")
    (root / "criu/out.c").symlink_to(secret)
    (root / "criu/up.c").symlink_to("../../secret.c")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "links")
    git(root, "tag", "v1.0")
    tar = tmp_path / "criu-1.0.tar"
    with tarfile.open(tar, "w") as archive:
        archive.add(root, arcname="criu-1.0", filter=lambda m: None if ".git" in m.name else m)
    for found in (load_catalogues(root)[0], load_catalogues(root, ["v1.0"])[0], load_catalogues(tar)[0]):
        assert {c.file for c in found.calls} == {"criu/lamp.c", "criu/again.c"}


@pytest.mark.parametrize("name", ["../../etc/x.c", "/etc/x.c", "criu/../../x.c", "a\\..\\x.c"])
def test_a_path_that_leads_out(tmp_path: Path, name: str) -> None:
    """An archive with a path out of its tree is refused."""
    path = write_tar(tmp_path / "a.tar.gz", {name: "int x;"}, root="")
    with pytest.raises(CriukbError, match="leads out of the tree"):
        load_catalogues(path)


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than the limit is refused, also in a member that nobody wants."""
    monkeypatch.setattr(archives, "MAX_TOTAL", 1 << 20)
    path = write_tar(tmp_path / "a.tar.gz", FILES | {"README": "0" * (4 << 20)})
    with pytest.raises(CriukbError, match="unpacks to more than"):
        load_catalogues(path)


def test_a_large_header(tmp_path: Path) -> None:
    """An extended header that tarfile would read whole is refused."""
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "x" * 200_000}) as archive:
        add(archive, "criu/x.c", "int x;")
    with pytest.raises(CriukbError, match="header"):
        load_catalogues(path)


def test_too_large_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source file beyond the limit is refused before it is read."""
    monkeypatch.setattr(sources, "MAX_FILE", 100)
    with pytest.raises(CriukbError, match="a source file of"):
        load_catalogues(write_tar(tmp_path / "a.tar.gz"))
    with pytest.raises(CriukbError, match="a source file of"):
        load_catalogues(write_tree(tmp_path / "tree"))


DAMAGED = {
    "empty": b"",
    "text": b"no archive at all",
    "no-tar": gzip.compress(b"x" * 2000, mtime=0),
    "gzip": b"\x1f\x8b\x08broken",
    "bzip2": b"BZh9",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_archives(tmp_path: Path, data: bytes) -> None:
    """What is no archive, or a broken one, is an error with a next step."""
    path = tmp_path / "criu-1.tar.gz"
    path.write_bytes(data)
    with pytest.raises(CriukbError) as error:
        load_catalogues(path)
    assert error.value.faults[0].hint


def test_a_truncated_archive(tmp_path: Path) -> None:
    """Half an archive is an error, not half a catalogue."""
    path = write_tar(tmp_path / "criu-1.tar.gz", FILES | {"criu/b.c": "int y;\n" * 5000})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CriukbError):
        load_catalogues(path)


def test_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An input is read once; a damaged cache is read again, and never fails."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = write_tar(tmp_path / "criu-9.1.tar.gz")
    said: list[str] = []
    for _ in range(2):
        assert load_catalogues(path, progress=said.append)[0].calls == CALLS
    assert said == ["reading criu-9.1.tar.gz"]
    assert [c.release for c in cached()] == ["9.1"]
    (file,) = cache_dir().iterdir()
    file.write_bytes(b"damaged")
    assert load_catalogues(path, progress=said.append)[0].calls == CALLS
    assert len(said) == 2
