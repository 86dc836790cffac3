"""Catalogues in the user's cache, by the digest of their input: reading a tree takes seconds, a tag never changes."""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from criukb import paths
from criukb.catalogue.calls import extract
from criukb.catalogue.model import Call, Catalogue
from criukb.catalogue.sources import Source, open_source, release_of

MAX_CACHED = 64 << 20
_SOURCES = ("tokens.py", "functions.py", "literals.py", "macros.py", "calls.py", "model.py", "cache.py", "sources.py")


def cache_dir() -> Path:
    """Return the folder of the cached catalogues."""
    return paths.cache_dir() / "catalogues"


def load_catalogues(
    path: Path, tags: Sequence[str] = (), release: str | None = None, progress: Callable[[str], None] | None = None
) -> list[Catalogue]:
    """Return the catalogue of a source tree, or one per tag of a git repository, from the cache where it is there.

    ``release`` overrides what the tree says of itself; it is for one tree only. Raises CriukbError.
    """
    return [catalogue_of(source, release, progress) for source in open_source(path, tags)]


def catalogue_of(
    source: Source, release: str | None = None, progress: Callable[[str], None] | None = None
) -> Catalogue:
    """Return the catalogue of one source, from the cache where it is there."""
    file = cache_dir() / f"{_stamp(source.digest)[:32]}.json.gz"
    known = _read(file, source.digest)
    if known is None:
        if progress:
            progress(f"reading {source.name}")
        texts = source.read()
        known = Catalogue(source.release or release_of(texts) or "", source.digest, tuple(extract(texts)))
        _write(file, known)
    name = release or source.release or known.release or source.name
    return Catalogue(name.removeprefix("v"), known.digest, known.calls)


def cached() -> list[Catalogue]:
    """Return every catalogue in the cache that this version of the program wrote, sorted by release."""
    files = sorted(cache_dir().glob("*.json.gz"))
    return list(_all_of(tuple((file, file.stat().st_mtime_ns) for file in files)))


@lru_cache(maxsize=1)
def _all_of(files: tuple[tuple[Path, int], ...]) -> tuple[Catalogue, ...]:
    """Read the catalogues once for all logs of a command: there may be one for each release."""
    found = []
    for file, _ in files:
        catalogue = _read(file, None)
        if catalogue is not None and file.name.startswith(_stamp(catalogue.digest)[:32]):
            found.append(catalogue)
    return tuple(sorted(found, key=lambda c: (c.release, c.digest)))


@cache
def _program() -> str:
    here = Path(__file__).parent
    return hashlib.sha256(b"\0".join((here / name).read_bytes() for name in _SOURCES)).hexdigest()


def _stamp(digest: str) -> str:
    return hashlib.sha256(f"{_program()}\n{digest}".encode()).hexdigest()


def _read(file: Path, digest: str | None) -> Catalogue | None:
    """Return the cached catalogue, or None when it is absent, damaged or of another input."""
    try:
        with gzip.open(file, "rb") as stream:
            raw = stream.read(MAX_CACHED)
        data: dict[str, Any] = json.loads(raw)
        if digest not in (None, data["digest"]):
            return None
        return Catalogue(data["release"], data["digest"], tuple(Call(*row) for row in data["calls"]))
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, catalogue: Catalogue) -> None:
    rows = [list(astuple(call)) for call in catalogue.calls]
    data = {
        "release": catalogue.release,
        "digest": catalogue.digest,
        "fields": [f.name for f in fields(Call)],
        "calls": rows,
    }
    body = gzip.compress(json.dumps(data, ensure_ascii=True, separators=(",", ":")).encode(), 5, mtime=0)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=file.parent, delete=False) as stream:
            stream.write(body)
        Path(stream.name).replace(file)
    except OSError:
        return  # a read-only home only costs the time to read the tree again
