"""``criukb cluster`` over 100,000 unknown synthetic failures, which say some thousands of different things.

Beside it stands the least that such a list costs: DuckDB counting the same failures by their masked message.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from measure import CRIUKB, cost, facts, scratch, verdict

SCENARIO = """
seed: 2
runs: 500
tests: 300
flavors: [h]
weeks: 26
attempts: 1
base_rates: [[1, 0.75]]
known: 0
messages: 300
flaky: 0
regressions: 0
fixes: 0
bursts: 0
configured: 0
groups: 0
duration_shifts: 0
outages: 0
"""
COUNT = """
import sys
import duckdb
question = "SELECT unknown_key, count(*) FROM read_parquet(?) WHERE verdict = 'unknown' GROUP BY unknown_key"
print(len(duckdb.execute(question, [sys.argv[1] + "/**/*.parquet"]).fetchall()))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    print(facts())
    with scratch() as folder:
        store, file = Path(folder, "store"), Path(folder, "scenario.yaml")
        file.write_text(SCENARIO, encoding="utf-8")
        make = ["synthetic", "--out", str(store), "--scenario", str(file), "--compact", "--format", "json"]
        told = json.loads(subprocess.run([*CRIUKB, *make], check=True, capture_output=True).stdout)
        group = cost([*CRIUKB, "cluster", "--store", str(store), "--format", "json"], times=options.times)
        count = cost([sys.executable, "-c", COUNT, str(store)], times=options.times)
    print(f"{told['failures']:,} unknown failures\ncriukb cluster     {group}\nDuckDB, a count    {count}")
    print(f"criukb cluster over DuckDB: {group.wall / count.wall:.2f} wall, {group.cpu / count.cpu:.2f} CPU")
    met = [
        verdict("unknown failures, of 100,000", told["failures"] / 100_000, 1, at_least=True),
        verdict("seconds", group.wall, 60),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
