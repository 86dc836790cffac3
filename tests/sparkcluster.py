"""A real Spark cluster on the loopback address: a master and two workers as processes of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

WORKERS = 2
# These JVMs live for a minute: a thorough compiler and a parallel collector would cost more than they give.
QUICK = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
_PATIENCE = 180.0
_HOME = Path(pyspark.__file__).parent
_MASTER = re.compile(r"Starting Spark master at (spark://[\d.:]+)")
_PAGE = re.compile(r"Bound MasterWebUI to [\d.]+, and started at (http://[\w.]+:\d+)")


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Start a master and two workers of one core and 1 GiB each; give the master's URL, and end these processes."""
    with ExitStack() as stack:
        log = folder / "master.log"
        stack.enter_context(_process("master.Master", ["--port", "0", "--webui-port", "0"], log, folder))
        url, page = (_wait_for(pattern, log) for pattern in (_MASTER, _PAGE))
        for number in range(WORKERS):
            work = folder / f"worker{number}"
            options = ["--cores", "1", "--memory", "1g", "--port", "0", "--webui-port", "0", "--work-dir", str(work)]
            stack.enter_context(_process("worker.Worker", [*options, url], folder / f"{work.name}.log", folder))
        _wait_for_workers(f"{page}/json/")
        yield url


@contextmanager
def _process(name: str, options: list[str], log: Path, folder: Path) -> Iterator[None]:
    command = [str(_HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1", *options]
    env = {
        **os.environ,
        **QUICK,
        "SPARK_HOME": str(_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",  # its port is a fixed one
    }
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=env) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(pattern: re.Pattern[str], log: Path) -> str:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = pattern.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(log.read_text(encoding="utf-8", errors="replace"))


def _wait_for_workers(page: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310 - our own master
            if json.load(answer)["aliveworkers"] == WORKERS:
                return
        time.sleep(0.2)
    raise TimeoutError(f"fewer than {WORKERS} workers at {page}")
