"""A CRIU source tree in any of the forms people have it in, as texts in memory; nothing is unpacked to disk."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from criukb.errors import CriukbError

MAX_FILE = 4 << 20
MAX_FILES = 20_000
MAX_TOTAL = 256 << 20
MAX_ENTRIES = 200_000
_SUFFIXES = (".c", ".h")
_VERSION_FILES = ("Makefile.versions", "Makefile")
# Programs of their own, whose lines are in no log of CRIU.
_OTHER_PROGRAMS = {"test", "Documentation", "scripts", "contrib", "debian"}
_OWN_FOLDERS = {"criu", "compel", "soccr", "plugins", "lib", "include", "arch", "pie", "images", "crit", "coredump"}
_NUMBER = re.compile(r"^(?:CRIU_)?VERSION_(MAJOR|MINOR|SUBLEVEL)\s*:?=[ \t]*(\d{1,9})", re.MULTILINE)
_IN_NAME = re.compile(r"criu[-_]v?(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Source:
    """A source tree that was not read yet: ``digest`` names its content, ``read`` gives the texts by path."""

    name: str
    release: str | None
    digest: str
    read: Callable[[], dict[str, str]]


@dataclass(slots=True)
class Limits:
    """What one tree may hold; every reader counts against it."""

    where: Path
    files: int = 0
    total: int = 0

    def entry(self, number: int) -> None:
        """Raise CriukbError when an archive or a folder lists too many entries."""
        if number > MAX_ENTRIES:
            raise self._error(f"more than {MAX_ENTRIES} entries")

    def add(self, size: int) -> None:
        """Count one source file of ``size`` bytes; raise CriukbError beyond the limits."""
        self.files += 1
        self.total += size
        if size > MAX_FILE:
            raise self._error(f"a source file of {size} bytes")
        if self.files > MAX_FILES or self.total > MAX_TOTAL:
            raise self._error(f"more than {MAX_FILES} source files or {MAX_TOTAL} bytes of them")

    def _error(self, message: str) -> CriukbError:
        return CriukbError.at(self.where, message, "give CRIU's own source tree")


def wanted(path: str) -> bool:
    """Whether a tree's file is C source of CRIU, or says the release."""
    parts = path.split("/")
    if path in _VERSION_FILES:
        return True
    return path.endswith(_SUFFIXES) and parts[0] not in _OTHER_PROGRAMS and "tests" not in parts[:-1]


def check_path(path: str, where: Path) -> str:
    """Return ``path`` without a leading ``./``; CriukbError when it leads out of the tree."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\0" in path or "\\" in path:
        message = f"holds {path[:200]!r}, which leads out of the tree"
        raise CriukbError.at(where, message, "get the archive again from a place that you trust")
    return str(pure)


def strip_root(files: dict[str, str]) -> dict[str, str]:
    """Return ``files`` without the one folder that archives put around a tree."""
    firsts = {path.split("/", 1)[0] for path in files if "/" in path}
    if len(firsts) != 1 or any("/" not in path for path in files) or firsts <= _OWN_FOLDERS:
        return files
    return {path.split("/", 1)[1]: text for path, text in files.items()}


def with_links(files: dict[str, str], links: Mapping[str, str]) -> dict[str, str]:
    """Return ``files`` with each link (path -> target) to one of them as a file of its own.

    CRIU compiles some files a second time through a link, and its log shows the link's name.
    Any other link is left out: nothing outside the tree is ever looked at.
    """
    found = {path: posixpath.normpath(posixpath.join(posixpath.dirname(path), to)) for path, to in links.items()}
    return {**files, **{path: files[to] for path, to in sorted(found.items()) if to in files and path not in files}}


def sources_only(files: dict[str, str]) -> dict[str, str]:
    """Return the wanted files of a tree whose root was stripped."""
    return {path: text for path, text in files.items() if wanted(path)}


def release_of(files: dict[str, str]) -> str | None:
    """Return the release that the tree's own makefile states, such as 4.1.1."""
    for name in _VERSION_FILES:
        numbers = dict(_NUMBER.findall(files.get(name, "")))
        if "MAJOR" in numbers:
            parts = [numbers.get(key) for key in ("MAJOR", "MINOR", "SUBLEVEL")]
            return ".".join(part for part in parts if part)
    return None


def release_in_name(name: str) -> str | None:
    """Return the release in a file's or folder's name, such as criu_3.17.1.orig.tar.xz."""
    found = _IN_NAME.search(name)
    return found[1] if found else None


def open_source(path: Path, tags: Sequence[str] = ()) -> list[Source]:
    """Return what ``path`` holds: a folder, an archive, a .dsc, or a git repository (one source per tag).

    Raises CriukbError with the next step when it is none of them.
    """
    from criukb.catalogue import archives, gitsource  # noqa: PLC0415 - they build on this module

    if not path.exists():
        raise CriukbError.at(path, "no such file or folder", "give a CRIU source tree, archive, .dsc or git repository")
    if path.is_dir():
        if tags or gitsource.is_bare(path):
            return gitsource.git_sources(path, tags)
        return [_folder_source(path)]
    if tags:
        raise CriukbError.at(path, "--tag needs a git repository", "leave --tag out, or give the repository's folder")
    return [archives.dsc_source(path) if path.suffix == ".dsc" else archives.tar_source(path)]


def _folder_source(path: Path) -> Source:
    files = _read_folder(path)
    if not any(name.endswith(_SUFFIXES) for name in files):
        raise CriukbError.at(path, "no C source in it", "give the folder that holds criu/ or cr-dump.c")
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\0{len(text)}\0{text}".encode("utf-8", "surrogatepass"))
    release = release_of(files) or release_in_name(path.resolve().name)
    return Source(path.name or str(path), release, digest.hexdigest(), lambda: files)


def _read_folder(root: Path) -> dict[str, str]:
    limits = Limits(root)
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    for name in _walk(root, limits):
        file = root / name
        kind = file.lstat()
        if stat.S_ISLNK(kind.st_mode):
            links[name] = str(file.readlink())
        elif stat.S_ISREG(kind.st_mode):
            limits.add(kind.st_size)
            files[name] = _read_file(file)
    return with_links(files, links)


def _walk(root: Path, limits: Limits) -> Iterator[str]:
    """Yield the wanted files and links below ``root``; no link is followed."""
    count = 0
    for folder, folders, names in os.walk(root):
        at_root = Path(folder) == root
        folders[:] = sorted(f for f in folders if f != ".git" and not (at_root and f in _OTHER_PROGRAMS))
        for name in sorted(names):
            count += 1
            limits.entry(count)
            path = (Path(folder) / name).relative_to(root).as_posix()
            if wanted(path):
                yield path


def _read_file(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE).decode("utf-8", "replace")
    except OSError as error:
        raise CriukbError.at(file, error.strerror or str(error), "make the file readable") from error
