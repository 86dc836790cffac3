"""Running lint over small bases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from criukb.kb.base import load_kb
from criukb.lint.runner import Report, lint

TODAY = date(2026, 1, 1)
MATCH = "(00.1) Error (criu/x.c:1): broke 1\n"
NEAR = "(00.1) Error (criu/x.c:1): bent 1\n"
LOGS = {"match-a.log": MATCH, "nomatch-b.log": NEAR}


def run(root: Path, *only: str) -> Report:
    return lint(load_kb(base=root), root / "waivers.yaml", TODAY, frozenset(only))


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}
