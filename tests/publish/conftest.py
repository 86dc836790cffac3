"""Small stores and knowledge bases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import kbfactory
from criukb.kb.base import KnowledgeBase, load_kb
from criukb.publish.measures import Measures
from criukb.runs.schema import SCHEMA
from criukb.runs.store import write_runs
from publishfakes import many


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., Path]:
    """Write rows into a new store."""

    def make(*groups: Sequence[dict[str, Any]]) -> Path:
        store = tmp_path / "store"
        write_runs(store, [pa.Table.from_pylist(list(rows), schema=SCHEMA) for rows in groups])
        return store

    return make


@pytest.fixture
def make_kb(tmp_path: Path) -> Callable[..., KnowledgeBase]:
    """Load a base that holds only the given entries."""

    def make(*entries: dict[str, Any], logs: dict[str, str] | None = None) -> KnowledgeBase:
        for data in entries:
            kbfactory.write_entry(tmp_path / "kb", data, logs)
        return load_kb([tmp_path / "kb"], base=None)

    return make


FIXED = {"side": "criu", "release": "4.2", "commit": "abcdef1", "subject": "synthetic fix"}


@pytest.fixture
def old_and_new(
    make_store: Callable[..., Path], make_kb: Callable[..., KnowledgeBase]
) -> tuple[KnowledgeBase, Measures]:
    """Two releases on one kernel: the old one fails ten times as often, for a cause fixed between them."""
    kb = make_kb(
        kbfactory.entry("too-new", "too new %d", flake_class="unsupported", fixes=[FIXED], scope={"kernel": ">=6.16"})
    )
    old = many("old", 90, 10, "too-new", criu_version="4.1.1")
    new = many("new", 99, 1, None, criu_version="4.2", unknown_key="Can't do N")
    return kb, Measures(make_store(old, new))
