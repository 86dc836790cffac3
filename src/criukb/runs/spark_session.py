"""A Spark session whose answers are those of DuckDB: UTC, ANSI arithmetic, Arrow; and clear words when it cannot be."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from criukb.errors import CriukbError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA: Final = 17
_SECONDS: Final = 5.0
_MASTER: Final = re.compile(r"spark://((?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d+(?:,(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d+)*)$")
_OTHER: Final = re.compile(r"(local(\[(\*|\d+)(,\d+)?\])?|yarn|k8s://\S+)$")
_JAVA_VERSION: Final = re.compile(r'version "(?:1\.)?(\d+)')
_OPTIONS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


@contextmanager
def open_session(master: str) -> Iterator[SparkSession]:
    """Open a session on ``master`` and stop it again; CriukbError when PySpark, Java or the master is missing."""
    check_installed()
    _check_master(master)
    from pyspark.sql import SparkSession  # noqa: PLC0415 - the same

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("criukb")
    for name, value in (_OPTIONS | _nearby(master)).items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        hint = "check the master's address, and that it runs the same version of Spark as this PySpark"
        raise CriukbError.at(Path(master), f"no session: {str(error).strip()[:500]}", hint) from error
    try:
        yield session
    finally:
        session.stop()


def check_installed() -> None:
    """Raise CriukbError unless PySpark, sqlglot and a new enough Java are there."""
    missing = [name for name in ("pyspark", "sqlglot", "pandas") if importlib.util.find_spec(name) is None]
    if missing:
        hint = "pip install 'pyspark>=4,<5' sqlglot pandas"
        raise CriukbError.at(Path("--engine spark"), f"not installed: {', '.join(missing)}", hint)
    found = java_version()
    if found is None or found < OLDEST_JAVA:
        what = "Java is not installed" if found is None else f"Java {found} is too old"
        hint = f"install Java {OLDEST_JAVA} or newer (Debian: apt-get install default-jre-headless), or set JAVA_HOME"
        raise CriukbError.at(Path("--engine spark"), what, hint)


def java_version() -> int | None:
    """Return the version of the Java that Spark would start, None when there is none."""
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if command is None:
        return None
    try:
        told = subprocess.run([command, "-version"], capture_output=True, text=True, check=False, timeout=60).stderr  # noqa: S603 - the Java of this machine
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = _JAVA_VERSION.search(told)
    return int(version[1]) if version else None


def _check_master(master: str) -> None:
    """Refuse what is no master's address, and a standalone master that nobody answers for: Spark would wait minutes."""
    found = _MASTER.match(master)
    if not found:
        if not _OTHER.match(master):
            hint = "write it as spark://host:7077, local[2], yarn or k8s://..."
            raise CriukbError.at(Path(master), "not the address of a Spark master", hint)
        return
    for place in found[1].split(","):
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), _SECONDS).close()
        except (OSError, OverflowError):
            continue
        return
    hint = "start one (sbin/start-master.sh of Spark), or use --master 'local[2]' for this machine alone"
    raise CriukbError.at(Path(master), "no Spark master answers there", hint)


def _nearby(master: str) -> dict[str, str]:
    """Return what suits a cluster on this machine alone: nobody else can reach the driver, and there are few cores."""
    if not re.match(r"local|spark://(127\.|localhost:)", master):
        return {}
    return {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
    }
