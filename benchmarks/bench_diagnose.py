r"""``criukb diagnose`` on 1 GB of -v4 logs against ripgrep on the same file.

The log repeats real ones: those of passing runs in kb/healthy and those of the entries that begin as -v4 logs do, or
all logs below --logs.
``rg -f`` gets the patterns of the knowledge base as regular expressions, one line each, as somebody would who searches
with them; ``rg -c 'Error \('`` is the least that any reader of a log does.
"""

from __future__ import annotations

import argparse
import lzma
import re
import sys
from pathlib import Path

from measure import CRIUKB, ROOT, cost, facts, scratch, verdict

from criukb.kb.base import load_kb
from criukb.match.compiled import compile_base
from criukb.match.printf import TAG


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=Path, help="folder of logs to repeat instead of those in kb/")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    print(facts())
    with scratch() as folder:
        log, regexes = Path(folder, "v4.log"), Path(folder, "regexes")
        lines = write_log(log, options.logs, options.megabytes * 1_000_000)
        count = write_regexes(regexes)
        print(f"log: {log.stat().st_size / 1e6:.0f} MB, {lines} lines; {count} patterns")
        return compare(log, regexes, options.times)


def compare(log: Path, regexes: Path, times: int) -> int:
    """Measure all three in turns and print the ratios."""
    cost([*CRIUKB, "diagnose", str(log)], times=1)  # fills the page cache and the cache of the base
    diagnose = cost([*CRIUKB, "diagnose", str(log)], times=times)
    errors = cost(["rg", "-c", r"Error \(", str(log)], times=times)
    searched = cost(["rg", "-c", "-f", str(regexes), str(log)], times=times)
    size = log.stat().st_size / 1e9
    for name, used in (("criukb diagnose", diagnose), (r"rg -c 'Error \('", errors), ("rg -f", searched)):
        print(f"{name:<18} {used} {size / used.wall:6.2f} GB/s")
    met = [
        verdict("throughput over rg -f, wall", searched.wall / diagnose.wall, 5, at_least=True),
        verdict("throughput over rg -f, CPU", searched.cpu / diagnose.cpu, 5, at_least=True),
        verdict("time over rg -c, wall", diagnose.wall / errors.wall, 6),
        verdict("time over rg -c, CPU", diagnose.cpu / errors.cpu, 6),
        verdict("peak memory, MiB", diagnose.rss, 200),
    ]
    return 0 if all(met) else 1


def write_log(target: Path, logs: Path | None, size: int) -> int:
    """Write ``size`` bytes of repeated logs; return the number of lines."""
    texts = [_read(path) for path in sorted(_found(logs))]
    block = b"".join(text if text.endswith(b"\n") else text + b"\n" for text in texts)
    times = size // len(block) + 1
    with target.open("wb") as file:
        for _ in range(times):
            file.write(block)
    return times * block.count(b"\n")


def _found(logs: Path | None) -> list[Path]:
    if logs:
        return [path for path in logs.rglob("*.log*") if path.is_file()]
    excerpts = (ROOT / "kb/entries").glob("*/*/logs/match-*.log")
    return [*(ROOT / "kb/healthy").glob("*.xz"), *(path for path in excerpts if path.read_bytes().startswith(b"(0"))]


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def write_regexes(target: Path) -> int:
    """Write every pattern of the base as a regular expression that ripgrep knows; return how many."""
    base = compile_base(load_kb())
    patterns = {s.pattern.regex for entry in base.entries for s in entry.signatures}
    # In a line of a log the message stands behind "Error (file.c:12): ", so nothing is anchored at its start.
    unanchored = {_for_rust(regex.removeprefix("^").removeprefix(TAG)) for regex in patterns}
    target.write_text("".join(f"{regex}\n" for regex in sorted(unanchored)), encoding="utf-8")
    return len(unanchored)


def _for_rust(regex: str) -> str:
    """Return ``regex`` without names, which may occur only once in a file of patterns, and with plain blanks."""
    return re.sub(r"\(\?P<\w+>", "(", regex).replace(r"\ ", " ")


if __name__ == "__main__":
    sys.exit(main())
