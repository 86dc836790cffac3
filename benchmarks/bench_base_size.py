"""The cost of a large knowledge base: 2,000 entries against 100, on the same logs.

The first hundred are real; the others copy the real patterns in the same mixture of kinds and change the words in each
text, so that they match nothing and are as like real ones as patterns can be.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml
from bench_diagnose import write_log
from measure import ROOT, cost, facts, interleaved, scratch, verdict

SMALL, LARGE = 100, 2000
NEEDED = ("unix-abstract-name-in-use", "unable-to-open-fd")
LOG = ROOT / "kb/entries/unix-sockets/unix-abstract-name-in-use/logs/match-issue-2537.log"
# Diagnoses with one base alone, as the command does with the built-in one.
RUN = """
import sys
from pathlib import Path
from criukb.match import cache
cache.load_compiled.__defaults__ = ((), Path(sys.argv[1]))
from criukb.commands.diagnose import command
command([sys.argv[2]], standalone_mode=False)
"""
_WORD = re.compile(r"(?<![\\%\w<(?])[A-Za-z]{4,}(?![\w>)])")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    print(facts())
    with scratch() as folder:
        log = Path(folder, "v4.log")
        write_log(log, None, options.megabytes * 1_000_000)
        small, large = write_base(Path(folder, "small"), SMALL), write_base(Path(folder, "large"), LARGE)
        logs = {"small log": LOG, f"{options.megabytes} MB log": log}
        met = [compare(name, path, (small, large), options.times, folder) for name, path in logs.items()]
        return 0 if all(met) else 1


def compare(name: str, log: Path, bases: tuple[Path, Path], times: int, cache: str) -> bool:
    """Measure ``criukb diagnose`` with both bases in turns."""
    commands = [[sys.executable, "-c", RUN, str(base), str(log)] for base in bases]
    for command in commands:
        cost(command, times=1, XDG_CACHE_HOME=cache)  # compiles the base
    small, large = interleaved(commands, times=times, XDG_CACHE_HOME=cache)
    print(f"{name}, {SMALL} entries   {small}\n{name}, {LARGE} entries  {large}")
    wall = verdict(f"{name}: {LARGE} over {SMALL} entries, wall", large.wall / small.wall, 1.2)
    return verdict(f"{name}: {LARGE} over {SMALL} entries, CPU", large.cpu / small.cpu, 1.2) and wall


def write_base(root: Path, count: int) -> Path:
    """Write a base of ``count`` entries: real ones, then copies of them with other words."""
    # Those that the small log needs come first.
    real = sorted((ROOT / "kb/entries").glob("*/*/entry.yaml"), key=lambda path: (path.parent.name not in NEEDED, path))
    for number in range(count):
        source = real[number % len(real)]
        data = yaml.load(source.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - text only, and ours
        entry_id = f"{data['id']}-{number}"
        folder = root / "entries" / data["area"] / entry_id
        folder.mkdir(parents=True)
        changed = _changed(data, number) | {"id": entry_id, "samples": [], "leads_to": [], "related": [], "aliases": []}
        (folder / "entry.yaml").write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
        for lang in ("en", "zh"):
            shutil.copy(source.with_name(f"{lang}.md"), folder)
    shutil.copy(ROOT / "kb/areas.yaml", root)
    return root


def _changed(data: dict[str, Any], number: int) -> dict[str, Any]:
    if number < SMALL:
        return data
    rows = [row | {k: _other_words(row[k], number) for k in ("format", "regex") if k in row} for row in data["match"]]
    return data | {"match": rows}


def _other_words(text: str, number: int) -> str:
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return _WORD.sub(lambda found: found[0][:2] + letters + found[0][2:], text)


if __name__ == "__main__":
    sys.exit(main())
