"""Synthetic results for the tests of charts and reports: invented counts, marked so in their job names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from criukb.runs.schema import SCHEMA

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
    failed = outcome in {"fail", "timeout", "aborted"}
    return base | {"verdict": ("known" if facts.get("cause") else "unknown") if failed else None} | facts


def many(run: str, good: int, bad: int, cause: str | None = None, **facts: Any) -> list[dict[str, Any]]:
    """Return ``bad`` failures and ``good`` passes of numbered tests."""
    failures = [row(run, f"zdtm/static/t{n:03}", "fail", cause=cause, **facts) for n in range(bad)]
    return failures + [row(run, f"zdtm/static/t{n:03}", "pass", **facts) for n in range(bad, bad + good)]
