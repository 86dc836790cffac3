"""The same questions on a real cluster of a master and two workers: equal rows, in the same order, of the same types."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from criukb.errors import CriukbError
from criukb.paths import SAMPLE_DIR
from criukb.runs.engine import query, week_window
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.spark_engine import SparkEngine, spark_engine
from querycases import QUERIES, odd_store, parameters
from runfakes import FakeDiagnoser
from sparkcluster import QUICK, WORKERS, cluster

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a master with two workers."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUICK.items():
            patch.setenv(name, value)
        with cluster(tmp_path_factory.mktemp("cluster")) as url:
            yield url


@pytest.fixture(scope="module")
def engine(master: str) -> Iterator[SparkEngine]:
    with warnings.catch_warnings(), spark_engine(master) as found:
        yield found


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five sample consoles."""
    path = tmp_path_factory.mktemp("samples") / "store"
    ingest([SAMPLE_DIR], path, RunMeta(), FakeDiagnoser())
    return path


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return odd_store(tmp_path_factory.mktemp("odd") / "store")


def test_two_workers(engine: SparkEngine) -> None:
    """It is a cluster: both workers do a part of a job, and neither is this process."""
    context = engine.session.sparkContext
    hosts = context.parallelize(range(8), 8).map(lambda _: __import__("os").getppid()).distinct().collect()
    assert context.master.startswith("spark://")
    assert len(hosts) == WORKERS


@pytest.mark.parametrize("name", QUERIES)
def test_equal_rows_of_the_samples(engine: SparkEngine, samples: Path, name: str) -> None:
    """Over the sample consoles both engines give equal tables."""
    given = parameters(samples, name)
    assert query(samples, name, engine=engine, **given).equals(query(samples, name, **given))


@pytest.mark.parametrize("name", QUERIES)
def test_equal_rows_of_odd_data(engine: SparkEngine, odd: Path, name: str) -> None:
    """Over nulls, duplicates, undated runs and retries both engines give equal tables, which are not empty."""
    given = parameters(odd, name)
    expected = query(odd, name, **given)
    assert expected.num_rows > 0
    found = query(odd, name, engine=engine, **given)
    assert found.schema.equals(expected.schema)
    assert found.to_pylist() == expected.to_pylist()
