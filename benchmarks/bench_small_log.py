"""The whole process on a small log, with a warm cache, against ``python3 -c pass`` with the same interpreter."""

from __future__ import annotations

import argparse
import sys

from measure import CRIUKB, ROOT, facts, interleaved, verdict

LOG = ROOT / "kb/entries/unix-sockets/unix-abstract-name-in-use/logs/match-issue-2537.log"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    print(facts())
    commands = ([sys.executable, "-c", "pass"], [sys.executable, "-c", "import click"], [*CRIUKB, "diagnose", str(LOG)])
    nothing, click, diagnose = interleaved(commands, times=options.times)
    for name, used in (("python3 -c pass", nothing), ("import click", click), ("criukb diagnose", diagnose)):
        print(f"{name:<18} {used}")
    met = [
        verdict("whole process over python3 -c pass, wall", diagnose.wall / nothing.wall, 8),
        verdict("whole process over python3 -c pass, CPU", diagnose.cpu / nothing.cpu, 8),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
