"""The same questions on a real cluster of a master and two workers: equal rows, in the same order, of equal types."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from criukb.commands.diagnose import command as diagnose
from criukb.commands.stats import command as stats
from criukb.errors import CriukbError
from criukb.runs.engine import query
from criukb.runs.spark_engine import SparkEngine, spark_engine
from criukb.runs.spark_session import OLDEST_JAVA, java_version
from querycases import QUERIES, mixed_store, parameters

pytest.importorskip("pyspark", reason="pip install 'pyspark>=4,<5' sqlglot pandas")

from sparkcluster import QUICK, WORKERS, cluster

# One cluster serves all: with pytest-xdist (--dist loadgroup) one process runs the whole module.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("spark")]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a master with two workers."""
    if (java_version() or 0) < OLDEST_JAVA:
        reason = f"Java {OLDEST_JAVA} or newer is missing: install Debian's package default-jre-headless"
        (pytest.fail if os.environ.get("CRIUKB_REQUIRE_SPARK") == "1" else pytest.skip)(reason)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUICK.items():
            patch.setenv(name, value)
        # The workers share the tests' compiled base, and leave the home alone.
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
        with cluster(tmp_path_factory.mktemp("cluster")) as url:
            yield url


@pytest.fixture(scope="module")
def engine(master: str) -> Iterator[SparkEngine]:
    with spark_engine(master) as found:
        yield found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five sample consoles and a synthetic history with nulls, duplicates, undated runs and retries."""
    return mixed_store(tmp_path_factory.mktemp("spark") / "store")


def test_two_workers(engine: SparkEngine) -> None:
    """It is a cluster: both workers do a part of a job, and neither is this process."""
    context = engine.session.sparkContext
    hosts = context.parallelize(range(8), 8).map(lambda _: __import__("os").getppid()).distinct().collect()
    assert context.master.startswith("spark://")
    assert len(hosts) == WORKERS


@pytest.mark.parametrize("name", QUERIES)
def test_equal_rows(engine: SparkEngine, store: Path, name: str) -> None:
    """Every query gives equal tables on both engines, and they are not empty. A new one needs a case in querycases."""
    given = parameters(store, name)
    expected = query(store, name, **given)
    assert expected.num_rows > 0
    found = query(store, name, engine=engine, **given)
    assert found.schema.equals(expected.schema)
    assert found.to_pylist() == expected.to_pylist()


def test_stats_command(engine: SparkEngine, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``criukb stats --engine spark`` prints what it prints without."""
    monkeypatch.setattr("criukb.runs.spark_engine.spark_engine", lambda _: nullcontext(engine))
    args = ["--store", str(store), "--by", "test", "--format", "json"]
    here, there = (CliRunner().invoke(stats, [*args, *more]) for more in ([], ["--engine", "spark"]))
    assert (here.exit_code, there.exit_code) == (0, 0), there.output
    assert there.stdout == here.stdout


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder of logs: known, unknown, compressed, large, with names that Spark hides, and things that are no logs."""
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    known = "Error (criu/sk-unix.c:1651): unix: Can't bind id 0x9 ino 433398 addr : Address already in use\n"
    (folder / "known.log").write_text(known)
    (folder / "_hidden.log").write_text(known.replace("0x9", "0x8"))
    (folder / "a name with [blanks].log").write_text(known.replace("0x9", "0x7"))
    (folder / "deep" / "unknown.log").write_text("(00.1) Error (criu/lamp.c:12): lamp: no oil\n")
    (folder / "deep" / "packed.log.gz").write_bytes(gzip.compress(known.encode()))
    (folder / "large.log").write_text("(00.000001) a line that says nothing about any failure\n" * 90_000 + known)
    (folder / "cut.log.gz").write_bytes(gzip.compress(known.encode())[:-9])
    (folder / "picture.out").write_bytes(bytes(range(256)))
    return folder


def test_diagnose(engine: SparkEngine, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Diagnosis on the cluster gives the same lines and the same faults, in the same order, as in one process."""
    monkeypatch.setattr("criukb.commands.diagnose_spark.open_session", lambda _: nullcontext(engine.session))
    args = [str(logs), "--format", "jsonl"]
    here, there = (CliRunner().invoke(diagnose, [*args, *more]) for more in ([], ["--engine", "spark"]))
    assert here.stdout.count("\n") == 6
    assert there.stdout == here.stdout, there.exception
    assert isinstance(there.exception, CriukbError)
    assert there.exception.faults == here.exception.faults
    assert "cut.log.gz" in str(there.exception)


def test_diagnose_nothing(engine: SparkEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a log of CRIU is an error on the cluster too."""
    (tmp_path / "x.log").write_text("\n".join(["a line of another program"] * 40))
    monkeypatch.setattr("criukb.commands.diagnose_spark.open_session", lambda _: nullcontext(engine.session))
    result = CliRunner().invoke(diagnose, [str(tmp_path), "--format", "jsonl", "--engine", "spark"])
    assert "no log of CRIU in it" in str(result.exception)
