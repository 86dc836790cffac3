"""All cards of a base in one pass over its logs, kept in the user's cache until a log, an entry or the code changes."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from criukb.errors import CriukbError
from criukb.kb.base import load_kb
from criukb.match.compiled import CompiledBase, compile_base
from criukb.match.diagnose import Diagnoser
from criukb.paths import KB_DIR, cache_dir
from criukb.scores.card import Card, Cards, make_cards
from criukb.scores.judge import Judged, Task, judge

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

WORKERS = 2
KEPT = 8  # bases whose cards are kept
FEW = 20  # logs for which starting processes would cost more than it saves
_CODE = ("logs/*.py", "match/*.py", "scores/*.py")
_DATA = ("entries/*/*/entry.yaml", "entries/*/*/logs/*.log", "healthy/**/*.log*", "areas.yaml")

_worker: list[Diagnoser] = []


def load_cards(extra: Sequence[Path] = (), base: Path | None = KB_DIR) -> Cards:
    """Return the cards of the built-in base with those in ``extra`` on top, from the cache where they are there."""
    roots = [*([base] if base else []), *extra]
    stamp = _stamp(roots)
    path = cache_dir() / f"cards-{stamp[:16]}.json"
    cached = _read(path, stamp)
    if cached is not None:
        return cached
    cards = score(load_kb(extra, base), healthy_logs(roots))
    _write(path, stamp, cards)
    return cards


def healthy_logs(roots: Sequence[Path]) -> list[Path]:
    """Return the logs of passing runs that come with the bases."""
    return [path for root in roots for path in sorted((root / "healthy").glob("**/*.log*"))]


def score(kb: KnowledgeBase, healthy: Sequence[Path] = (), workers: int = WORKERS) -> Cards:
    """Judge every log of ``kb`` and the ``healthy`` ones once, in ``workers`` processes, and count."""
    tasks = [Task(f.id, f.entry.kind, path) for f in kb.entries.values() for path in f.logs]
    tasks += [Task(None, "", path) for path in healthy]
    compiled = compile_base(kb)
    few = len(tasks) <= FEW or workers < 2  # noqa: PLR2004 - one process needs no pool
    judged = [judge(Diagnoser(compiled), task) for task in tasks] if few else _in_parallel(compiled, tasks, workers)
    return make_cards({f.id: f.entry.kind for f in kb.entries.values()}, judged)


def _in_parallel(compiled: CompiledBase, tasks: Sequence[Task], workers: int) -> list[Judged]:
    # Fresh processes: the caller may be a notebook's kernel, with threads that do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (compiled,)) as pool:
        return list(pool.map(_judge, tasks, chunksize=8))


def _start(compiled: CompiledBase) -> None:
    _worker[:] = [Diagnoser(compiled)]


def _judge(task: Task) -> Judged:
    return judge(_worker[0], task)


def _stamp(roots: Sequence[Path]) -> str:
    """Return a digest of everything that the cards are made from."""
    digest = hashlib.sha256()
    for root, pattern in [(Path(__file__).parents[1], name) for name in _CODE] + [(r, p) for r in roots for p in _DATA]:
        for path in sorted(root.glob(pattern)):
            data = path.read_bytes() if path.is_file() else b""
            digest.update(f"{path.relative_to(root)} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _read(path: Path, stamp: str) -> Cards | None:
    """Return the cached cards, or None when they are absent, stale or damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _decoded(data) if data["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, stamp: str, cards: Cards) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, {"stamp": stamp} | _encoded(cards))
        for old in sorted(path.parent.glob("cards-*.json"), key=lambda one: one.stat().st_mtime_ns)[:-KEPT]:
            old.unlink()
    except OSError:
        return  # a read-only home only costs the time to judge again


def write_cards(path: Path, cards: Cards) -> None:
    """Write ``cards`` as JSON, whole or not at all."""
    _replace(path, _encoded(cards))


def read_cards(path: Path) -> Cards:
    """Read what ``write_cards`` wrote; CriukbError when it is something else."""
    try:
        return _decoded(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CriukbError.at(path, f"no scorecards: {error}", "build the articles anew") from error


def _encoded(cards: Cards) -> dict[str, Any]:
    return {"logs": cards.logs, "cards": [card.as_json() for card in cards.cards.values()]}


def _decoded(data: Any) -> Cards:
    cards = [Card.from_json(row) for row in data["cards"]]
    return Cards({card.id: card for card in cards}, int(data["logs"]))


def _replace(path: Path, data: dict[str, Any]) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
