"""The processes that kill_store.py kills: each ingests small consoles, corrects, rewrites, forgets and compacts.

A worker writes down what it wants before it begins, and what is done after the store has said so.
It shows on a shared board in which phase it is, so that after its death one can see where it was hit.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from criukb.match.diagnose import Diagnosis, Outer
from criukb.runs import (
    store_compact,
    store_disk,
    store_forget,
    store_publish,
    store_swap,
    store_upgrade,
    store_work,
)
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.schema import SCHEMA
from criukb.runs.store import rewrite_runs
from criukb.runs.store_parts import Limits

PHASES = ("idle", "before the lock", "waiting for the lock", "lock held", "lock held, names changed", "after the lock")
IDLE, BEFORE, WAITING, HELD, CHANGED, AFTER = range(len(PHASES))
SLOTS = 4096
TESTS = 4
SHARED = 6
_LIMITS = Limits(rows=160, runs=20)
_RENAMES = ("move", "link", "exchange", "remove")


class Unknowing:
    """Names no cause; a real base would only make the workers slower to start."""

    def diagnose(self, lines: Sequence[str], outer: Outer | None = None) -> Diagnosis:  # noqa: ARG002 - the protocol
        """Know nothing."""
        return Diagnosis("unknown", "zdtm")


def console(name: str) -> str:
    """Return a small synthetic console with one failure, different for each name."""
    lines = []
    for number in range(TESTS):
        test = f"zdtm/static/synthetic-{name}-{number}"
        title = f"=== Run {number + 1}/{TESTS} ".ljust(40, "-")
        end = (
            f" Test {test} FAIL at CRIU dump ".center(80, "#") if not number else f" Test {test} PASS ".center(80, "=")
        )
        lines += [f"{title} {test}", f" Run {test} in h ".center(80, "="), "Start test", "Run criu dump", end]
    head = f" 1 TEST(S) FAILED (TOTAL {TESTS}/SKIPPED 0) ".center(80, "#")
    failed = f" * zdtm/static/synthetic-{name}-0(h)"
    return "\n".join([*lines, head, failed, " FAIL ".center(80, "#")]) + "\n"


class Worker:
    """One writer, until it is killed or told to stop."""

    def __init__(self, folder: Path, number: int, seed: int, board: mmap.mmap) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.number = number
        self.board = board
        self.random = random.Random(f"{seed} {number}")  # noqa: S311 - a repeatable choice, no secret
        self.log = (folder / "logs" / f"{number}.log").open("a", buffering=1)
        self.mine: list[tuple[str, str, int]] = []  # run, console, month
        self.version = 0

    def mark(self, phase: int) -> None:
        """Show the phase on the board."""
        self.board[self.number] = phase

    def watch(self) -> None:
        """Let the store's lock and renames show themselves on the board."""
        original = store_work.locked

        @contextmanager
        def locked(places: store_work.Places) -> Iterator[None]:
            self.mark(WAITING)
            with original(places):
                self.mark(HELD)
                yield
            self.mark(AFTER)

        for module in (store_work, store_compact, store_forget, store_publish, store_swap, store_upgrade):
            module.__dict__["locked"] = locked
        for name in _RENAMES:
            setattr(store_disk, name, self._watched(getattr(store_disk, name)))

    def _watched(self, call: Callable[..., None]) -> Callable[..., None]:
        def show(*args: Any) -> None:
            call(*args)
            if self.board[self.number] == HELD:
                self.mark(CHANGED)

        return show

    def run(self) -> None:
        """Work until the board's first byte says stop."""
        self.watch()
        actions = (self.new, self.correct, self.another_month, self.shared, self.forget, self.compact, self.rewrite)
        while not self.board[0]:
            action = self.random.choices(actions, (40, 15, 10, 8, 7, 12, 8))[0]
            action()
            self.mark(IDLE)

    def _ingest(self, name: str, month: int) -> str:
        """Ingest a console as this worker's next version; return the run's id."""
        self.version += 1
        variant = f"{self.number}.{self.version}"
        path = self.folder / "consoles" / f"{self.number}.console.log"
        path.write_text(console(name))
        meta = RunMeta(job=f"synthetic-{name}", variant=variant, started_at=datetime(2026, month, 3, tzinfo=UTC))
        self._say("want", name, f"{variant} {month}")
        self.mark(BEFORE)
        run = ingest([path], self.store, meta, Unknowing())[0].run_id
        self._say("done", name, f"{variant} {month}")
        return run

    def _say(self, word: str, name: str, state: str) -> None:
        self.log.write(f"{word} {name} {state}\n")

    def new(self) -> None:
        """Ingest a run that nobody has seen."""
        name = f"{self.number}-{self.version}"
        month = self.random.randint(1, 3)
        self.mine.append((self._ingest(name, month), name, month))

    def correct(self) -> None:
        """Ingest an own run again with other metadata."""
        if self.mine:
            _, name, month = self.random.choice(self.mine)
            self._ingest(name, month)

    def another_month(self) -> None:
        """Ingest an own run again with another start."""
        if self.mine:
            at = self.random.randrange(len(self.mine))
            run, name, month = self.mine[at]
            self.mine[at] = (run, name, month % 3 + 1)
            self._ingest(name, month % 3 + 1)

    def shared(self) -> None:
        """Ingest a run that other workers ingest too, with other metadata and another start."""
        self._ingest(f"shared-{self.random.randrange(SHARED)}", self.random.randint(1, 3))

    def forget(self) -> None:
        """Remove an own run."""
        if self.mine:
            run, name, _ = self.mine.pop(self.random.randrange(len(self.mine)))
            self._say("want", name, "gone")
            self.mark(BEFORE)
            with store_upgrade.open_store(self.store) as work:
                store_publish.drop(work, {run})
            self._say("done", name, "gone")

    def compact(self) -> None:
        """Join small files; settling is left to others, so that the work goes on."""
        self.mark(BEFORE)
        store_compact.compact(self.store, _LIMITS)

    def rewrite(self) -> None:
        """Give some runs, whoever's they are, another diagnosis."""
        self.mark(BEFORE)
        cause = f"cause-{self.number}-{self.version}"
        rewrite_runs(self.store, lambda table: self._rediagnosed(table, cause))

    def _rediagnosed(self, table: pa.Table, cause: str) -> pa.Table | None:
        if self.random.random() > 0.1:
            return None
        at = table.schema.get_field_index("cause")
        causes = [cause if outcome == "fail" else None for outcome in table.column("outcome").to_pylist()]
        return table.set_column(at, SCHEMA.field("cause"), pa.array(causes, pa.string()))


def open_board(path: Path) -> mmap.mmap:
    """Map the board: byte 0 tells all workers to stop, byte N is the phase of worker N."""
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), SLOTS)


def _warm(folder: Path, board: mmap.mmap) -> None:
    """Do everything once, so that the workers, which are forked, have all modules."""
    for name in ("logs", "consoles"):
        (folder / name).mkdir(parents=True)
    worker = Worker(folder, SLOTS - 1, 0, board)
    for action in (worker.new, worker.new, worker.compact, worker.correct, worker.rewrite, worker.forget):
        action()


def nursery(folder: Path, seed: int) -> None:
    """Read worker numbers from stdin and fork a worker for each; print its process id."""
    store_work.GRACE = 0.05
    board = open_board(folder / "board")
    _warm(folder / "warm", board)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                Worker(folder, int(line), seed, board).run()
            except BaseException:  # noqa: BLE001 - whatever it was, the harness reports it
                (folder / "errors" / line.strip()).write_text(traceback.format_exc())
            finally:
                os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    nursery(Path(sys.argv[1]), int(sys.argv[2]))
