"""The compiled knowledge base on disk: rebuilt whenever a file of the base or the program changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from criukb.match.compiled import CompiledBase, CompiledEntry, Signature, compile_base
from criukb.match.pattern import Pattern, Test
from criukb.paths import KB_DIR

FORMAT = 1
_SOURCES = ("printf.py", "pattern.py", "compiled.py", "cache.py")


def load_compiled(extra: Sequence[Path] = (), base: Path | None = KB_DIR) -> CompiledBase:
    """Return the compiled base; read it from the cache only when every source file is unchanged."""
    roots = [*([base] if base else []), *extra]
    stamp = _stamp(roots)
    path = _cache_dir() / f"kb-{_digest('|'.join(str(r.resolve()) for r in roots))[:16]}.json"
    cached = _read(path, stamp)
    if cached is not None:
        return cached
    from criukb.kb.base import load_kb  # noqa: PLC0415 - pydantic and YAML only when the cache is stale

    compiled = compile_base(load_kb(extra, base))
    _write(path, stamp, compiled)
    return compiled


def _cache_dir() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "criukb"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stamp(roots: Sequence[Path]) -> str:
    files = [f"{p}:{s.st_mtime_ns}:{s.st_size}:{s.st_ino}" for p in sorted(_files(roots)) for s in [p.stat()]]
    return _digest(f"{FORMAT}\n" + "\n".join(files))


def _files(roots: Sequence[Path]) -> Iterator[Path]:
    here = Path(__file__).parent
    yield from (here / name for name in _SOURCES)
    for root in roots:
        yield from root.glob("*.yaml")
        yield from root.glob("entries/*/*/*.*")


def _read(path: Path, stamp: str) -> CompiledBase | None:
    """Return the cached base, or None when it is absent, stale, damaged or of another format."""
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
        if head != f"{stamp} {_digest(body)}":
            return None
        return _decode(json.loads(body))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, stamp: str, base: CompiledBase) -> None:
    body = json.dumps(
        {"entries": [asdict(entry) for entry in base.entries], "areas": base.areas},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    import tempfile  # noqa: PLC0415 - only when the cache is written

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(f"{stamp} {_digest(body)}\n{body}")
        Path(file.name).replace(path)
    except OSError:
        return  # a read-only home only costs the time to compile again


def _decode(data: dict[str, Any]) -> CompiledBase:
    entries = tuple(_entry(row) for row in data["entries"])
    return CompiledBase(entries, tuple((pattern, area) for pattern, area in data["areas"]))


def _entry(row: dict[str, Any]) -> CompiledEntry:
    signatures = tuple(_signature(item) for item in row["signatures"])
    return CompiledEntry(**(row | {"leads_to": tuple(row["leads_to"]), "signatures": signatures}))


def _signature(row: dict[str, Any]) -> Signature:
    groups = {name: tuple(_pattern(p) for p in row[name]) for name in ("all_of", "any_of", "none_of", "before")}
    return Signature(pattern=_pattern(row["pattern"]), when=row["when"], **groups)


def _pattern(row: dict[str, Any]) -> Pattern:
    tests = tuple(Test(t["capture"], t["op"], _frozen(t["value"])) for t in row["tests"])
    return Pattern(**(row | {"names": tuple(row["names"]), "types": tuple(row["types"]), "tests": tests}))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
