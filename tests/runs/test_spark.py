"""The same questions on a real cluster of a master and two workers: equal rows, in the same order, of equal types."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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
