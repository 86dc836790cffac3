"""The weekly report's figures over 1 and 10 million synthetic results: time, peak memory and how both grow.

The report's sections for one week are made over the whole store as its notebook does, in a process of their own. Beside
it stands what any program pays that looks at the same files: Arrow reading five columns of all of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from measure import CRIUKB, ROOT, Cost, cost, facts, scratch, verdict

WEEK = "2026-W48"
NOTEBOOK = str(ROOT / "reports/weekly.py")
REPORT = """
import re, sys
from criukb.publish import cells
report = cells.weekly(sys.argv[2], "en", sys.argv[1])
for section in re.findall(r"^report\\.(\\w+)\\(\\)", open(sys.argv[3]).read(), re.MULTILINE):
    getattr(report, section)()
"""
ARROW = """
import sys
import pyarrow.dataset as ds
columns = ["run_id", "test", "flavor", "outcome", "started_at"]
files = ds.dataset(sys.argv[1], format="parquet", exclude_invalid_files=True)
print(sum(batch.num_rows for batch in files.to_batches(columns=columns)))
"""
EMPTY = "import sys; from criukb.publish import cells; cells.weekly(sys.argv[2], 'en', sys.argv[1] + '/none')"


class Found(NamedTuple):
    """How many results a store holds, and what the report over it costs: whole, and without the program's start."""

    rows: int
    whole: Cost
    start: Cost

    @property
    def own(self) -> float:
        """The CPU time of the report alone."""
        return self.whole.cpu - self.start.cpu


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    print(facts())
    found: dict[int, Found] = {}
    with scratch() as folder:
        for millions in options.millions:
            store = Path(folder, f"{millions}m")
            found[millions] = measured(store, made(store, millions), options.times)
            shutil.rmtree(store)
    return 0 if all([*judged(found), *grown(found)]) else 1


def made(store: Path, millions: int) -> int:
    """Write a year with about ``millions`` million results, return how many; a larger store has more runs.

    In a process of its own: the memory of this one counts into the peak of those that it starts.
    """
    size = ["--runs", str(240 * millions), "--tests", "780", "--weeks", "52", "--seed", "1"]
    command = [*CRIUKB, "synthetic", "--out", str(store), *size, "--compact", "--format", "json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    size_mb = sum(path.stat().st_size for path in store.rglob("*.parquet")) / 1e6
    print(f"\n{told['rows']:,} results of {told['runs']:,} runs, {told['failures']:,} failures, {size_mb:.0f} MB")
    return int(told["rows"])


def measured(store: Path, rows: int, times: int) -> Found:
    """Print what the report and the plain reading cost."""
    parts = {"weekly report": REPORT, "its start, no store": EMPTY, "pyarrow, 5 columns": ARROW}
    costs = {
        name: cost([sys.executable, "-c", code, str(store), WEEK, NOTEBOOK], times=times)
        for name, code in parts.items()
    }
    for name, used in costs.items():
        print(f"{name:<20} {used}")
    report, start, arrow = costs.values()
    print(f"weekly report over pyarrow: {report.wall / arrow.wall:.2f} wall, {report.cpu / arrow.cpu:.2f} CPU")
    return Found(rows, report, start)


def judged(found: dict[int, Found]) -> list[bool]:
    """Compare with the targets, which are for 10 million results."""
    if 10 not in found:
        return []
    report = found[10].whole
    return [
        verdict("10 million results, seconds", report.wall, 10),
        verdict("10 million results, peak GB", report.rss * 1.048576 / 1000, 1.5),
    ]


def grown(found: dict[int, Found]) -> list[bool]:
    """Compare the growth of the time with that of the rows, between neighbouring sizes."""
    pairs = pairwise(sorted(found))
    growth = {(a, b): (found[b].own / found[a].own) / (found[b].rows / found[a].rows) for a, b in pairs}
    return [
        verdict(f"growth of CPU time over growth of rows, {a} to {b} million", value, 1)
        for (a, b), value in growth.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
