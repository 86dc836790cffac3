"""Peak memory on what may take much: one line of 1 GB, and 1 GB of lines that all matter."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from measure import CRIUKB, cost, facts, scratch, verdict

MIB = 1024 * 1024
ERROR = b"(00.000001)      1: Error (criu/files.c:1213): Unable to open fd=5 id=0x9\n"
LIMIT = 200


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    options = parser.parse_args()
    print(facts())
    with scratch() as folder:
        met = [measured(name, Path(folder, "x.log"), pieces, options.megabytes) for name, pieces in inputs().items()]
    return 0 if all(met) else 1


def inputs() -> dict[str, tuple[bytes, bytes]]:
    """Return each input as its first bytes, and what is repeated after them."""
    return {
        "one endless line": (ERROR, b"x" * MIB),
        "one endless line of a record": (ERROR[:-1], b" and so on" * (MIB // 10)),
        "one line with escaped line ends": (b"failed: ", ERROR.replace(b"\n", b"\\n") * (MIB // 80)),
        "Error lines only": (ERROR, ERROR * (MIB // len(ERROR))),
        "lines without CRIU's time": (ERROR, b"x\n" * (MIB // 2)),
        "empty lines": (ERROR, b"\n" * MIB),
    }


def measured(name: str, log: Path, pieces: tuple[bytes, bytes], megabytes: int) -> bool:
    """Write the input, diagnose it and compare its peak memory with the target."""
    with log.open("wb") as file:
        file.writelines(_pieces(*pieces, megabytes))
    used = cost([*CRIUKB, "diagnose", str(log)], times=1)
    print(f"{name}: {used}")
    return verdict("  peak MiB", used.rss, LIMIT)


def _pieces(first: bytes, repeated: bytes, megabytes: int) -> Iterator[bytes]:
    yield first
    yield from repeat(repeated, megabytes * 1_000_000 // len(repeated))
    yield b"\n"


if __name__ == "__main__":
    sys.exit(main())
