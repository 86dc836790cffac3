"""Reading many inputs in several processes; the answers come in the order of the inputs, and few wait at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from criukb.errors import CriukbError
from criukb.match.diagnose import Diagnoser
from criukb.runs.meta import RunMeta
from criukb.runs.remembering import remembering
from criukb.runs.tables import Answer, Wishes, tables_of

# So many inputs per process are read before the first of them is asked for.
_AHEAD: Final = 3
# What a worker process loads once: there is one per process, and its base is for reading only.
_loaded: list[Diagnoser] = []


def tables_by_workers(paths: Sequence[Path], options: RunMeta, wishes: Wishes) -> Iterator[Answer]:
    """Yield what ``tables_of`` says of each of ``paths``; CriukbError when a process dies."""
    context = get_context("spawn")  # threads of libraries do not survive a fork
    pool = ProcessPoolExecutor(wishes.jobs, mp_context=context, initializer=_load, initargs=(wishes.kb,))
    waiting: deque[tuple[Path, Future[Answer]]] = deque()
    todo = iter(paths)
    try:
        for path in todo:
            waiting.append((path, pool.submit(_answer, path, options, wishes)))
            if len(waiting) >= wishes.jobs * _AHEAD:
                yield _next(waiting)
        while waiting:
            yield _next(waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _next(waiting: deque[tuple[Path, Future[Answer]]]) -> Answer:
    path, future = waiting.popleft()
    try:
        return future.result()
    except BrokenProcessPool as error:
        hint = "look for 'Out of memory' in dmesg, or read the inputs in one process: --jobs 1"
        raise CriukbError.at(path, "a process that read the inputs died", hint) from error


def _load(kb: Sequence[Path]) -> None:
    _loaded.append(remembering(Diagnoser.load(kb)))


def _answer(path: Path, options: RunMeta, wishes: Wishes) -> Answer:
    return tables_of(path, options, _loaded[0], wishes)
