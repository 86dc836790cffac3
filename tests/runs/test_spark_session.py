"""Where Spark cannot be had, the words say why and what to do; nothing of it needs a cluster."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from criukb.commands.stats import command
from criukb.errors import CriukbError
from criukb.runs import spark_session
from criukb.runs.engine import sql
from criukb.runs.schema import SCHEMA
from criukb.runs.spark_engine import ddl, schema_of, spark_sql
from criukb.runs.spark_session import java_version, open_session
from querycases import QUERIES, parameters


def java(folder: Path, told: str) -> str:
    """Write a program that says ``told`` as ``java -version`` does; return its JAVA_HOME."""
    path = folder / "bin" / "java"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    path.chmod(0o755)
    return str(folder)


def refused(master: str) -> str:
    with pytest.raises(CriukbError) as caught, open_session(master):
        pass
    return str(caught.value)


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_202"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("no version at all", None),
    ],
)
def test_java_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, version: int | None) -> None:
    """The version is read from what java -version says, old and new spelling."""
    monkeypatch.setenv("JAVA_HOME", java(tmp_path, told))
    assert java_version() == version


def test_old_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java that Spark 4 does not run on is told before anything starts, with the package to install."""
    monkeypatch.setenv("JAVA_HOME", java(tmp_path, 'openjdk version "11.0.2"'))
    text = refused("local[1]")
    assert "Java 11 is too old" in text
    assert "default-jre-headless" in text


def test_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Java the next step is to install one."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Java is not installed" in refused("local[1]")


def test_no_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PySpark the next step is the command that installs it."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyspark" else found(name))
    text = refused("local[1]")
    assert "not installed: pyspark" in text
    assert "pip install" in text


@pytest.mark.parametrize(
    "master", ["", "localhost:7077", "spark://", "spark://host", "spark://a:1,b", "http://x:1", "local[x]", "-x"]
)
def test_no_address(monkeypatch: pytest.MonkeyPatch, master: str) -> None:
    """What is no master's address is refused."""
    monkeypatch.setattr(spark_session, "check_installed", lambda: None)
    assert "not the address of a Spark master" in refused(master)


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that nobody listens on is told at once; Spark itself would try for minutes."""
    monkeypatch.setattr(spark_session, "check_installed", lambda: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        text = refused(f"spark://127.0.0.1:{taken.getsockname()[1]}")
    assert "no Spark master answers there" in text
    assert "start-master.sh" in text


@pytest.mark.parametrize("name", QUERIES)
def test_transpiled(tmp_path: Path, name: str) -> None:
    """Each query has the same parameters in Spark's dialect, and the columns that DuckDB gives are known beforehand."""
    given = parameters(tmp_path, name)
    text = spark_sql(name)
    assert "$" not in text
    for parameter in given:
        assert f":{parameter}" in text
    assert schema_of(name, given).names
    assert sql(name) != text


def test_columns() -> None:
    """Spark reads all columns of the store under their own types."""
    assert ddl().count("`") == 2 * len(SCHEMA)
    assert "`started_at` TIMESTAMP" in ddl()
    assert "`chain` ARRAY<STRING>" in ddl()


def test_master_without_spark(tmp_path: Path) -> None:
    """--master alone is a usage error."""
    args = ["--store", str(tmp_path), "--master", "local[1]"]
    result = CliRunner().invoke(command, args)
    assert result.exit_code == 2
    assert "--master goes with --engine spark" in result.output
