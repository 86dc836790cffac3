"""Small stores and knowledge bases, and the samples in a store."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from criukb.paths import SAMPLE_DIR
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.stats.measures import Measures
from runfakes import FakeDiagnoser
from storefakes import make_kb, make_store

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))  # for test_simulations, after this repository's tests

__all__ = ["make_kb", "make_store"]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Measures:
    """The sample runs; one cause is known."""
    path = tmp_path_factory.mktemp("sample") / "store"
    ingest([SAMPLE_DIR], path, RunMeta(), FakeDiagnoser())
    return Measures(path)
