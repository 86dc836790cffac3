"""Kills writers of one store at random moments, and looks after each kill whether anything is lost, doubled or broken.

Eight processes ingest small synthetic consoles, correct and forget them, rewrite rows and compact, all at once.
A kill is SIGKILL to one of them: half of them at any moment, half while one holds the store's lock. All others are
then stopped (SIGSTOP), so that the store is seen at one moment, and read with DuckDB's
``read_parquet('DIR/**/*.parquet')`` alone. Then they go on, and a new writer takes the place of the dead one.

Status 0: each run was there once and whole, as its writer had last reported it or as it was just making it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from kill_worker import CHANGED, HELD, PHASES, SLOTS, TESTS, open_board

from criukb.runs.store import write_runs
from criukb.runs.store_verify import verify

GONE = "gone"
_PATIENCE = 60.0
_SQL = """
SELECT job, COUNT(*), COUNT(DISTINCT test), COUNT(DISTINCT run_id), MIN(variant), MAX(variant),
  MONTH(MIN(started_at)), MONTH(MAX(started_at))
FROM read_parquet('{store}/**/*.parquet')
GROUP BY job
"""


@dataclass
class Ledger:
    """What the workers said they wanted and did, per console."""

    folder: Path
    read: dict[Path, int] = field(default_factory=dict)
    allowed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(lambda: {GONE}))

    def update(self) -> None:
        """Read what was written since; a last line may be cut."""
        for path in sorted((self.folder / "logs").glob("*.log")):
            data = path.read_bytes()[self.read.get(path, 0) :]
            whole = data[: data.rfind(b"\n") + 1]
            self.read[path] = self.read.get(path, 0) + len(whole)
            for line in whole.decode().splitlines():
                word, name, state = line.split(" ", 2)
                if word == "want":
                    self.allowed[name].add(state)
                elif name.startswith("shared-"):
                    self.allowed[name].discard(GONE)  # others may have written it since, but it is there
                else:
                    self.allowed[name] = {state}

    def sure(self) -> dict[str, str]:
        """Return the state of each run that nobody is changing."""
        return {name: next(iter(states)) for name, states in self.allowed.items() if len(states) == 1}

    def faults(self, found: dict[str, tuple[object, ...]]) -> list[str]:
        """Return what is wrong with the store's content."""
        wrong = [f"{name} was never written" for name in found.keys() - self.allowed.keys()]
        for name, states in self.allowed.items():
            row = found.get(name)
            if row is None:
                wrong += [] if GONE in states else [f"{name} is lost"]
            else:
                wrong += _faults_of(name, row, states)
        return sorted(wrong)


def _faults_of(name: str, row: tuple[object, ...], states: set[str]) -> list[str]:
    rows, tests, runs, low, high, first, last = row
    if (rows, tests, runs) != (TESTS, TESTS, 1):
        return [f"{name} has {rows} rows of {tests} tests in {runs} runs"]
    if low != high or first != last or f"{low} {first}" not in states:
        return [f"{name} is {low}..{high} month {first}..{last}, not one of {sorted(states)}"]
    return []


def look(store: Path) -> dict[str, tuple[object, ...]]:
    """Read the store as anybody would."""
    if not any(store.rglob("*.parquet")):
        return {}
    connection = duckdb.connect(":memory:", config={"threads": "1"})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.sql(_SQL.format(store=store)).fetchall()
        return {row[0].removeprefix("synthetic-"): row[1:] for row in rows}
    finally:
        connection.close()


class Harness:
    """Starts, kills, stops and continues workers, by the process ids that it was given for them."""

    def __init__(self, folder: Path, writers: int, seed: int) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.random = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret
        self.writers = writers
        for name in ("logs", "consoles", "errors", "store"):
            (folder / name).mkdir()
        (folder / "board").write_bytes(bytes(SLOTS))
        self.board = open_board(folder / "board")
        self.ledger = Ledger(folder)
        self.living: dict[int, tuple[int, int]] = {}  # number -> process id, pidfd
        self.started = 0
        self.hit: Counter[str] = Counter()
        self.live: Counter[str] = Counter()
        self.faults: list[str] = []
        command = [sys.executable, str(Path(__file__).with_name("kill_worker.py")), str(folder), str(seed)]
        self.nursery = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def fill(self) -> None:
        """Start workers until there are enough."""
        while len(self.living) < self.writers:
            self.started += 1
            self.nursery.stdin.write(f"{self.started}\n")
            self.nursery.stdin.flush()
            process = int(self.nursery.stdout.readline())
            self.living[self.started] = (process, os.pidfd_open(process))

    def kill_one(self) -> None:
        """Kill a worker, see where it was hit, and look at the store while nobody moves."""
        time.sleep(self.random.uniform(0.0, 0.2))
        number = self._in_the_lock() if self.random.random() < 0.5 else None
        number = number or self.random.choice(sorted(self.living))
        _, handle = self.living.pop(number)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        self._await(handle)
        self.hit[PHASES[self.board[number]]] += 1
        self._stop_all()
        self._check(f"kill {sum(self.hit.values())}")
        self.signal(signal.SIGCONT)
        self._check_live()

    def _in_the_lock(self) -> int | None:
        """Return a worker that holds the lock, at a random moment of its holding."""
        end = time.monotonic() + 2
        pause = self.random.uniform(0.0, 0.004)
        wanted = (HELD, CHANGED) if self.random.random() < 0.5 else (CHANGED,)
        while time.monotonic() < end:
            for number in self.living:
                if self.board[number] in wanted:
                    time.sleep(pause)
                    return number
            time.sleep(0.0002)
        return None

    def _await(self, handle: int) -> None:
        """Wait until a process has ended."""
        if not select.select([handle], [], [], _PATIENCE)[0]:
            raise TimeoutError("a killed process did not end")
        os.close(handle)

    def signal(self, what: signal.Signals) -> None:
        """Send a signal to all; a worker that ended by itself is a fault, and named at the end."""
        for number, (_, handle) in list(self.living.items()):
            try:
                signal.pidfd_send_signal(handle, what)
            except ProcessLookupError:
                os.close(handle)
                del self.living[number]

    def _stop_all(self) -> None:
        self.signal(signal.SIGSTOP)
        end = time.monotonic() + _PATIENCE
        while not all(_state(process) in "TtZX" for process, _ in self.living.values()):
            if time.monotonic() > end:
                raise TimeoutError("a process did not stop")
            time.sleep(0.001)

    def _check(self, moment: str) -> None:
        self.ledger.update()
        try:
            self.faults += [f"{moment}: {fault}" for fault in self.ledger.faults(look(self.store))]
        except duckdb.Error as error:
            self.faults.append(f"{moment}: {error}")

    def _check_live(self) -> None:
        """Read while all write: a file may be gone between listing and opening it, but no answer may be wrong."""
        self.ledger.update()
        before = self.ledger.sure()
        try:
            found = look(self.store)
        except duckdb.Error:
            self.live["a file was gone, to be read again"] += 1
            return
        self.ledger.update()
        sure = {name: state for name, state in self.ledger.sure().items() if before.get(name) == state}
        lost = [name for name, state in sure.items() if (state == GONE) == (name in found)]
        doubled = [name for name, row in found.items() if row[:3] != (TESTS, TESTS, 1)]
        self.live["wrong" if lost or doubled else "right"] += 1

    def finish(self) -> None:
        """Let all writers end, then look once more, also with ``verify``, and let a last writer clean up."""
        self.board[0] = 1
        for _, handle in self.living.values():
            self._await(handle)
        self.nursery.stdin.close()
        self.nursery.wait()
        self._check("end")
        self.faults += [f"worker {path.name} failed: {path.read_text()}" for path in self.folder.glob("errors/*")]
        self.faults += [f"end: {f.path}: {f.kind} {f.detail}" for f in verify(self.store).findings if f.fault]
        time.sleep(2.1)
        write_runs(self.store, [])
        self.faults += [f"after the end: {f.path}: {f.kind}" for f in verify(self.store).findings]


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "X"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        harness = Harness(Path(place), options.writers, options.seed)
        try:
            for _ in range(options.kills):
                harness.fill()
                harness.kill_one()
        finally:
            harness.signal(signal.SIGCONT)
            harness.finish()
        found = verify(harness.store)
        states = harness.ledger.allowed.values()
    figures = {
        "kills": sum(harness.hit.values()),
        "hit": {phase: harness.hit[phase] for phase in PHASES},
        "readers": dict(sorted(harness.live.items())),
        "runs written": len(states),
        "runs left": found.runs,
        "files left": found.files,
        "faults": harness.faults,
    }
    if options.format == "json":
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
    return 1 if harness.faults else 0


if __name__ == "__main__":
    sys.exit(main())
