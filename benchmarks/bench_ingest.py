r"""``criukb ingest`` on real consoles, repeated as the runs of a history, against reading the same bytes line by line.

The consoles are those of reports/sample, unpacked. Each copy is another run: its times, pids and job differ, so that
no failure of it was seen before word for word. Each is a file of its own with a side file, as CI leaves them.
``wc -l`` and ``grep -c 'Error ('`` on all files together are the least that any reader of consoles does.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
from measure import CRIUKB, Cost, cost, facts, scratch, verdict

from criukb.paths import SAMPLE_DIR
from criukb.runs.meta import read_side_file, side_file
from criukb.runs.reading import find_inputs, read_input
from criukb.runs.schema import FAILED
from criukb.runs.store import run_files

TARGET = 500_000
# CRIU's time in front of a line that zdtm quotes, with the task's pid behind it, and the clock of a test's own line.
_TIME = re.compile(rb"""(?m)^(b['"]\()(\d+)(\.\d{6}\)\s*)(\d{2,}(?=:))?""")
_CLOCK = re.compile(rb"(?m)^\d\d:\d\d(:\d\d\.\d{3}:\s+)(\d{2,})(?=: )")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=40, help="of each of the five consoles [default: 40]")
    parser.add_argument("--jobs", type=int, default=2, help="processes that read [default: 2]")
    options = parser.parse_args()
    print(facts())
    with scratch() as name:
        folder = Path(name)
        inputs = write_history(folder / "consoles", options.copies)
        size = sum(path.stat().st_size for path in inputs)
        print(f"input: {len(inputs)} consoles, {size / 1e6:.0f} MB; {options.jobs} processes; load before: {load()}")
        return compare(folder, inputs, options.jobs)


def compare(folder: Path, inputs: list[Path], jobs: int) -> int:
    """Measure, count what is in the store, and print rates and ratios; return the exit status."""
    store, names = folder / "store", [str(path) for path in inputs]
    command = [*CRIUKB, "ingest", str(folder / "consoles"), "--store", str(store), "--jobs", str(jobs)]
    cost([*CRIUKB, "diagnose", names[0]], times=1, ok=(0, 1))  # fills the cache of the base
    ingest = cost(command, times=1)
    results, failures, runs = count(store)
    lines = cost(["wc", "-l", *names], times=3)
    # Behind a pipe, because grep only looks for the first match when its output goes to /dev/null.
    found = cost(["sh", "-c", 'grep -c "Error (" "$@" | tail -n 1', "sh", *names], times=3)
    for label, used in (("criukb ingest", ingest), ("wc -l", lines), ("grep -c 'Error ('", found)):
        print(f"{label:<18} {used}")
    print(f"{runs} runs, {results} results, {failures} failures diagnosed; load after: {load()}")
    print(
        f"time over wc -l, CPU: {ingest.cpu / lines.cpu:.0f}; over grep -c 'Error (', CPU: {ingest.cpu / found.cpu:.0f}"
    )
    return judge(ingest, results, jobs)


def judge(ingest: Cost, results: int, jobs: int) -> int:
    """Compare with the target: by the clock, and by the CPU time on ``jobs`` CPUs that do nothing else."""
    wall = verdict("results per minute, wall", results * 60 / ingest.wall, TARGET, at_least=True)
    verdict(f"results per minute, CPU time on {jobs} CPUs", results * 60 * jobs / ingest.cpu, TARGET, at_least=True)
    return 0 if wall else 1


def count(store: Path) -> tuple[int, int, int]:
    """Return the results, the failures and the runs in the store, counted anew."""
    results = failures = runs = 0
    for path in run_files(store):
        table = pq.read_table(path, columns=["run_id", "outcome"], partitioning=None)
        results += table.num_rows
        failures += sum(outcome in FAILED for outcome in table.column("outcome").to_pylist())
        runs += len(table.column("run_id").unique())
    return results, failures, runs


def write_history(folder: Path, copies: int) -> list[Path]:
    """Write the copies of each console with their side files; return the consoles."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    paths: list[Path] = []
    for source in find_inputs(SAMPLE_DIR):
        data, beside = read_input(source), side_file(source)
        described = read_side_file(beside) if beside else None
        for copy in range(copies):
            path = folder / f"{source.name.split('.console')[0]}-{copy:04}.console.log"
            path.write_bytes(varied(data, copy))
            started = described.started_at.isoformat() if described and described.started_at else None
            path.with_name(path.name + ".meta.yaml").write_text(f"job: copy-{copy:04}\nstarted_at: {started}\n")
            paths.append(path)
    return paths


def varied(data: bytes, copy: int) -> bytes:
    """Return a console with other times and pids."""

    def time(found: re.Match[bytes]) -> bytes:
        pid = b"%d" % (int(found[4]) + copy) if found[4] else b""
        return found[1] + b"%02d" % ((int(found[2]) + copy) % 100) + found[3] + pid

    def clock(found: re.Match[bytes]) -> bytes:
        return b"%02d:%02d" % (copy // 60 % 24, copy % 60) + found[1] + b"%d" % (int(found[2]) + copy)

    return _CLOCK.sub(clock, _TIME.sub(time, data))


def load() -> str:
    """Return the machine's load over 1, 5 and 15 minutes."""
    return "/".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main())
