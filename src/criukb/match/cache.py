"""The compiled knowledge base on disk: rebuilt whenever a file of the base or the program changed.

Its first line says what it was made from and the sum of the rest, the second one is the index, and each further line is
an entry, which is decoded when a log needs it.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from criukb.match.compiled import CompiledBase, CompiledEntry, Signature, compile_base
from criukb.match.index import Index
from criukb.match.pattern import Pattern, Test
from criukb.paths import KB_DIR, cache_dir

FORMAT = 4
_SOURCES = ("printf.py", "pattern.py", "compiled.py", "index.py", "indexing.py", "cache.py")


def load_compiled(extra: Sequence[Path] = (), base: Path | None = KB_DIR) -> CompiledBase:
    """Return the compiled base; read it from the cache only when every source file is unchanged."""
    roots = [*([base] if base else []), *extra]
    stamp = _stamp(roots)
    path = cache_dir() / f"kb-{_sum('|'.join(str(root.resolve()) for root in roots).encode())}.jsonl"
    cached = _read(path, stamp)
    if cached is not None:
        return cached
    from criukb.kb.base import load_kb  # noqa: PLC0415 - pydantic and YAML only when the cache is stale

    compiled = compile_base(load_kb(extra, base))
    _write(path, stamp, compiled)
    return compiled


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


class _Entries(Sequence[CompiledEntry]):
    """The entries of a cache, each decoded when it is first asked for."""

    def __init__(self, lines: Sequence[bytes], ids: Sequence[str]) -> None:
        self._lines = lines
        self._decoded: dict[int, CompiledEntry] = {}
        self.by_id: Mapping[str, CompiledEntry] = _ById(self, {name: number for number, name in enumerate(ids)})

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: Any) -> Any:
        if number not in self._decoded:
            self._decoded[number] = _entry(json.loads(self._lines[number]))
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


def _read(path: Path, stamp: str) -> CompiledBase | None:
    """Return the cached base, or None when it is absent, stale, damaged or of another format."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        if head.decode() != f"{stamp} {_sum(body)}":
            return None
        return _decode(body.split(b"\n"))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _write(path: Path, stamp: str, base: CompiledBase) -> None:
    from criukb.match.indexing import build_index  # noqa: PLC0415 - only when the cache is written

    index = build_index(base.entries)
    head = index._asdict() | {"ids": [entry.id for entry in base.entries], "areas": base.areas}
    body = b"\n".join(_json(row) for row in (head, *base.entries))
    import tempfile  # noqa: PLC0415 - only when the cache is written

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
            file.write(f"{stamp} {_sum(body)}\n".encode() + body)
        Path(file.name).replace(path)
    except OSError:
        return  # a read-only home only costs the time to compile again


def _json(row: Any) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def _decode(lines: Sequence[bytes]) -> CompiledBase:
    head = json.loads(lines[0])
    index = Index(**{name: head[name] for name in Index._fields})
    areas = tuple((pattern, area) for pattern, area in head["areas"])
    return CompiledBase(_Entries(lines[1:], head["ids"]), areas, index)


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
