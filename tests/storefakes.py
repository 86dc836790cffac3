"""Synthetic results for the tests of statistics, charts and reports: invented counts, marked so in their job names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import kbfactory
from criukb.kb.base import KnowledgeBase, load_kb
from criukb.runs.schema import FAILED, SCHEMA
from criukb.runs.store import write_runs

HOSTILE = '<script>alert(1)</script> <img src=x onerror=alert(2)> [a](javascript:alert(3)) `x` | "q" $x$ </pre>'
START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def row(run: str, test: str, outcome: str, **facts: Any) -> dict[str, Any]:
    """Return one synthetic result."""
    base = dict.fromkeys(SCHEMA.names) | {
        "run_id": run,
        "job": "synthetic",
        "started_at": START,
        "criu_version": "4.2",
        "kernel": "6.18.1",
        "arch": "x86_64",
        "invocation": 1,
        "test": test,
        "flavor": "h",
        "outcome": outcome,
        "chain": [],
    }
    verdict = ("known" if facts.get("cause") else "unknown") if outcome in FAILED else None
    return base | {"verdict": verdict} | facts


def many(run: str, good: int, bad: int, cause: str | None = None, **facts: Any) -> list[dict[str, Any]]:
    """Return ``bad`` failures and ``good`` passes of numbered tests."""
    failures = [row(run, f"zdtm/static/t{n:03}", "fail", cause=cause, **facts) for n in range(bad)]
    return failures + [row(run, f"zdtm/static/t{n:03}", "pass", **facts) for n in range(bad, bad + good)]


def write_store(store: Path, *groups: Sequence[dict[str, Any]]) -> Path:
    """Write each group of rows as one run."""
    write_runs(store, [pa.Table.from_pylist(list(rows), schema=SCHEMA) for rows in groups])
    return store


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., Path]:
    """Write rows into a new store."""
    return lambda *groups: write_store(tmp_path / "store", *groups)


@pytest.fixture
def make_kb(tmp_path: Path) -> Callable[..., KnowledgeBase]:
    """Load a base that holds only the given entries."""

    def make(*entries: dict[str, Any], logs: dict[str, str] | None = None) -> KnowledgeBase:
        for data in entries:
            kbfactory.write_entry(tmp_path / "kb", data, logs)
        return load_kb([tmp_path / "kb"], base=None)

    return make
