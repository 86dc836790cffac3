"""What all benchmarks share: a command's wall time, CPU time and peak memory, and the facts of the machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CRIUKB = [sys.executable, "-c", "from criukb.cli import main; main()"]
LIBRARIES = ("ahocorasick-rs", "google-re2", "numpy", "click")


@dataclass(frozen=True, slots=True)
class Cost:
    """The best of several runs: wall and CPU time in seconds, and the largest resident memory in MiB."""

    wall: float
    cpu: float
    rss: float

    def __str__(self) -> str:
        return f"{self.wall:8.3f} s wall {self.cpu:8.3f} s CPU {self.rss:7.0f} MiB"


def cost(command: Sequence[str], *, times: int = 3, ok: Sequence[int] = (0,), **env: str) -> Cost:
    """Run ``command`` ``times`` times; CalledProcessError when it ends with another status than those in ``ok``."""
    runs = [_once(command, ok, {**os.environ, **env}) for _ in range(times)]
    return Cost(min(r.wall for r in runs), min(r.cpu for r in runs), max(r.rss for r in runs))


def _once(command: Sequence[str], ok: Sequence[int], env: dict[str, str]) -> Cost:
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env) as process:
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in ok:
            raise subprocess.CalledProcessError(process.returncode, command, stderr=process.stderr)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def interleaved(commands: Sequence[Sequence[str]], *, times: int, ok: Sequence[int] = (0,), **env: str) -> list[Cost]:
    """Measure several commands in turns, so that a busy moment of the machine hits all of them."""
    rounds = [[cost(command, times=1, ok=ok, **env) for command in commands] for _ in range(times)]
    best = zip(*rounds, strict=True)
    return [Cost(min(r.wall for r in runs), min(r.cpu for r in runs), max(r.rss for r in runs)) for runs in best]


def facts() -> str:
    """Describe the machine and the tools."""
    cpu = next((x.split(":")[1].strip() for x in _cpuinfo() if x.startswith("model name")), platform.machine())
    lines = [f"machine: {cpu}, {os.cpu_count()} CPUs, Linux {platform.release()}, Python {platform.python_version()}"]
    lines.append("libraries: " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    if shutil.which("rg"):
        shown = subprocess.run(["rg", "--version"], capture_output=True, text=True, check=True)
        lines.append("rg: " + "; ".join(line.strip() for line in shown.stdout.splitlines() if line.strip()))
    return "\n".join(lines)


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def verdict(name: str, ratio: float, limit: float, *, at_least: bool = False) -> bool:
    """Print a ratio beside its target; return whether it is met."""
    met = ratio >= limit if at_least else ratio <= limit
    print(f"{name}: {ratio:.2f} (target {'>=' if at_least else '<='} {limit:g}) {'met' if met else 'MISSED'}")
    return met


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that goes away again."""
    return tempfile.TemporaryDirectory(prefix="criukb-bench-")
