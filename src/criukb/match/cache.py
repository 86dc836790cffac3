"""The compiled knowledge base on disk: rebuilt whenever a file of the base or the program changed.

Its first line says what it was made from and the sum of the second one, which is the index with place and sum of every
piece that follows: the ids, and the entries, which are decoded when a log needs them.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from criukb.match.compiled import CompiledBase, CompiledEntry, Signature, compile_base
from criukb.match.index import Index
from criukb.match.pattern import Pattern, Test
from criukb.paths import KB_DIR, cache_dir

FORMAT = 5
_SOURCES = ("printf.py", "pattern.py", "compiled.py", "index.py", "indexing.py", "cache.py")


def load_compiled(extra: Sequence[Path] = (), base: Path | None = KB_DIR) -> CompiledBase:
    """Return the compiled base; read it from the cache only when every source file is unchanged."""
    roots = [*([base] if base else []), *extra]
    stamp = _stamp(roots)
    path = cache_dir() / f"kb-{_sum('|'.join(str(root.resolve()) for root in roots).encode())}.jsonl"
    cached = _read(path, stamp, lambda: _compiled(extra, base))
    if cached is not None:
        return cached
    compiled = _compiled(extra, base)
    _write(path, stamp, compiled)
    return compiled


def _compiled(extra: Sequence[Path], base: Path | None) -> CompiledBase:
    from criukb.kb.base import load_kb  # noqa: PLC0415 - pydantic and YAML only when the cache is stale

    return compile_base(load_kb(extra, base))


def _sum(data: bytes) -> str:
    """Return a sum that tells damage and change; the cache belongs to the user, so nobody forges it."""
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


def _stamp(roots: Sequence[Path]) -> str:
    """Return what changes when a file does from which the base is compiled."""
    here = os.path.dirname(__file__)  # noqa: PTH120 - pathlib is slow, and there may be thousands of entries
    files = [f"{here}/{name}" for name in _SOURCES]
    for root in roots:
        files += [f"{root}/areas.yaml", *_entry_files(f"{root}/entries")]
    return f"{FORMAT} {len(files)} {_sum(''.join(map(_facts, sorted(files))).encode('utf-8', 'surrogateescape'))}"


def _facts(file: str) -> str:
    try:
        found = os.stat(file)  # noqa: PTH116 - see _stamp
    except OSError:
        return f"{file}:none\n"
    return f"{file}:{found.st_mtime_ns}:{found.st_size}:{found.st_ino}\n"


def _entry_files(folder: str) -> Iterator[str]:
    for area in _folders(folder):
        yield from (f"{entry}/entry.yaml" for entry in _folders(area))


def _folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return [item.path for item in found if item.is_dir()]
    except OSError:
        return []


class _Pieces:
    """The pieces of a cache, each checked when it is read; the base is compiled once more when one is damaged."""

    def __init__(
        self, body: bytes, ends: Sequence[int], sums: Sequence[int], compiled: Callable[[], CompiledBase]
    ) -> None:
        self._body = body
        self._ends = ends
        self._sums = sums
        self._compile = compiled

    @cached_property
    def compiled(self) -> CompiledBase:
        """The base made from its sources."""
        return self._compile()

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> Any:
        """Return what the piece holds; None when it is damaged."""
        data = self._body[self._ends[number - 1] if number else 0 : self._ends[number]]
        return json.loads(data) if zlib.crc32(data) == self._sums[number] else None


class _Entries(Sequence[CompiledEntry]):
    """The entries of a cache, each decoded when it is first asked for; the piece before them holds their ids."""

    def __init__(self, pieces: _Pieces) -> None:
        self._pieces = pieces
        self._decoded: dict[int, CompiledEntry] = {}

    @cached_property
    def by_id(self) -> Mapping[str, CompiledEntry]:
        """The same entries by id."""
        ids = self._pieces[0]
        if ids is None:
            ids = [entry.id for entry in self._pieces.compiled.entries]
        return _ById(self, {name: number for number, name in enumerate(ids)})

    def __len__(self) -> int:
        return len(self._pieces) - 1

    def __getitem__(self, number: Any) -> Any:
        if number not in self._decoded:
            row = self._pieces[range(1, len(self._pieces))[number]]
            self._decoded[number] = _entry(row) if row else self._pieces.compiled.entries[number]
        return self._decoded[number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


class _ById(Mapping[str, CompiledEntry]):
    """The same entries by id."""

    def __init__(self, entries: _Entries, numbers: dict[str, int]) -> None:
        self._entries = entries
        self._numbers = numbers

    def __getitem__(self, name: str) -> CompiledEntry:
        entry: CompiledEntry = self._entries[self._numbers[name]]
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def _read(path: Path, stamp: str, compiled: Callable[[], CompiledBase]) -> CompiledBase | None:
    """Return the cached base, or None when it is absent, stale, cut, or its index is damaged."""
    try:
        first, index, body = path.read_bytes().split(b"\n", 2)
        if first.decode() != f"{stamp} {_sum(index)}":
            return None
        return _decode(json.loads(index), body, compiled)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _write(path: Path, stamp: str, base: CompiledBase) -> None:
    from criukb.match.indexing import build_index  # noqa: PLC0415 - only when the cache is written

    pieces = [_json(row) for row in ([entry.id for entry in base.entries], *base.entries)]
    places = {"ends": list(accumulate(map(len, pieces))), "sums": list(map(zlib.crc32, pieces)), "areas": base.areas}
    index = _json(build_index(base.entries)._asdict() | places)
    import tempfile  # noqa: PLC0415 - only when the cache is written

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
            file.write(f"{stamp} {_sum(index)}\n".encode() + index + b"\n" + b"".join(pieces))
        Path(file.name).replace(path)
    except OSError:
        return  # a read-only home only costs the time to compile again


def _json(row: Any) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def _decode(head: dict[str, Any], body: bytes, compiled: Callable[[], CompiledBase]) -> CompiledBase | None:
    if len(body) != head["ends"][-1]:
        return None
    index = Index(**{name: head[name] for name in Index._fields})
    areas = tuple((pattern, area) for pattern, area in head["areas"])
    return CompiledBase(_Entries(_Pieces(body, head["ends"], head["sums"], compiled)), areas, index)


def _entry(row: Sequence[Any]) -> CompiledEntry:
    entry = CompiledEntry(*row)
    return entry._replace(leads_to=tuple(entry.leads_to), signatures=tuple(map(_signature, row[-1])))


def _signature(row: Sequence[Any]) -> Signature:
    pattern, all_of, any_of, none_of, before, when = row
    return Signature(
        _pattern(pattern), _patterns(all_of), _patterns(any_of), _patterns(none_of), _patterns(before), when
    )


def _patterns(rows: Sequence[Any]) -> tuple[Pattern, ...]:
    return tuple(map(_pattern, rows))


def _pattern(row: Sequence[Any]) -> Pattern:
    pattern = Pattern(*row)
    tests = tuple(Test(capture, op, _frozen(value)) for capture, op, value in pattern.tests)
    return pattern._replace(names=tuple(pattern.names), types=tuple(pattern.types), tests=tests)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
