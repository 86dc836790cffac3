"""Source trees in a git repository, read with plumbing commands that run no hook, filter or configured program."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from criukb.catalogue.sources import Limits, Source, check_path, wanted, with_links
from criukb.errors import CriukbError
from criukb.match.versions import version_key

_TIMEOUT = 120
_RELEASE = re.compile(r"v\d+(?:\.\d+)*\Z")
_ROW = re.compile(rb"(100644|100755|120000) blob ([0-9a-f]{40,64})\s+(\d+)\t(.*)\Z", re.DOTALL)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
    "PATH": os.environ.get("PATH", os.defpath),
}


def is_bare(path: Path) -> bool:
    """Whether ``path`` is a repository without a work tree, of which only tags can be read."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir()


def release_tags(path: Path) -> list[str]:
    """Return the repository's release tags, oldest first: ``v`` and a number, no candidates."""
    names = _git(path, "for-each-ref", "--format=%(refname:strip=2)", "refs/tags").decode("utf-8", "replace")
    tags = [name for name in names.split() if _RELEASE.match(name)]
    return sorted(tags, key=lambda tag: (version_key(tag) or (), tag))


def git_sources(path: Path, tags: Sequence[str]) -> list[Source]:
    """Return one source for each of ``tags``, or for the newest release tag when none is given."""
    chosen = list(tags) or release_tags(path)[-1:]
    if not chosen:
        raise CriukbError.at(path, "the repository has no release tag", "name a tag or commit with --tag")
    return [_source(path, tag) for tag in chosen]


def _source(path: Path, tag: str) -> Source:
    try:
        raw = _git(path, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{tag}^{{commit}}")
    except CriukbError as error:
        raise CriukbError.at(path, f"no tag or commit {tag[:100]!r}", "see the names with: git tag") from error
    commit = raw.decode("ascii", "replace").strip()
    return Source(tag, tag.removeprefix("v"), f"git:{commit}", lambda: _read(path, commit))


def _read(path: Path, commit: str) -> dict[str, str]:
    limits = Limits(path)
    rows = list(_rows(_git(path, "ls-tree", "-r", "-l", "-z", "--full-tree", commit), limits))
    if not rows:
        raise CriukbError.at(path, f"no C source in {commit[:12]}", "name another tag, or give CRIU's repository")
    asked = "".join(f"{row.blob}\n" for row in rows).encode()
    answer = _git(path, "cat-file", "--batch", feed=asked)
    texts = list(zip(rows, _texts(answer, len(rows), path), strict=True))
    files = {row.name: text for row, text in texts if not row.link}
    return with_links(files, {row.name: text for row, text in texts if row.link})


class _Row(NamedTuple):
    link: bool
    blob: str
    name: str


def _rows(listing: bytes, limits: Limits) -> Iterator[_Row]:
    for number, row in enumerate(listing.split(b"\0"), start=1):
        limits.entry(number)
        found = _ROW.match(row)  # a submodule is no blob
        if found is None:
            continue
        name = found[4].decode("utf-8", "replace")
        if wanted(name):
            limits.add(int(found[3]))
            yield _Row(found[1] == b"120000", found[2].decode(), check_path(name, limits.where))


def _texts(answer: bytes, count: int, path: Path) -> Iterator[str]:
    position = 0
    for _ in range(count):
        end = answer.find(b"\n", position)
        head = answer[position:end].split(b" ")
        if end < 0 or len(head) != 3 or not head[2].isdigit():  # noqa: PLR2004 - name, type and size
            raise CriukbError.at(
                path, "a file of the commit is missing in the repository", "fetch the repository again"
            )
        size = int(head[2])
        yield answer[end + 1 : end + 1 + size].decode("utf-8", "replace")
        position = end + 2 + size


def _git(path: Path, *arguments: str, feed: bytes = b"") -> bytes:
    # safe.directory: the repository may be another user's; nothing of its configuration is run by these commands.
    command = ["git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C", str(path), *arguments]
    try:
        done = subprocess.run(command, input=feed, capture_output=True, check=True, timeout=_TIMEOUT, env=_ENVIRONMENT)  # noqa: S603 - a fixed program, arguments after --end-of-options
    except FileNotFoundError as error:
        raise CriukbError.at(path, "git is not installed", "install git, or give an archive of the sources") from error
    except subprocess.TimeoutExpired as error:
        raise CriukbError.at(path, f"git took more than {_TIMEOUT} s", "give an archive of the sources") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        message = f"git {arguments[0]} failed: {said[-1] if said else error.returncode}"
        raise CriukbError.at(path, message, "check that the folder is a git repository") from error
    return done.stdout
