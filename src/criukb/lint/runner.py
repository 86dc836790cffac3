"""Running all checks, with waivers that are checked themselves."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from criukb.errors import Place
from criukb.kb.base import KnowledgeBase, validate_list
from criukb.kb.model import Slug, Strict
from criukb.kb.yamltext import read_yaml
from criukb.lint import data_checks, overlap_checks, parity_checks, proof_checks, prose_checks
from criukb.lint.check import Check, Finding, run_checks

__all__ = ["CHECKS", "OTHER_RULES", "Report", "explain", "lint"]

_MODULES = (prose_checks, parity_checks, data_checks, overlap_checks, proof_checks)
CHECKS: tuple[type[Check], ...] = tuple(
    sorted(
        {
            c
            for c in Check.registry
            if any(c.__module__ == m.__name__ for m in _MODULES) and not c.__name__.startswith("_")
        },
        key=lambda c: c.rule,
    )
)
WAIVER_RULE = "KB090"
# Rules that are no checks of their own: what loading finds, and what is wrong with the waivers.
OTHER_RULES = {
    "KB000": """\
KB000: every file of the knowledge base can be read and is well-formed.

YAML has no unknown fields, no equal keys and no anchors; ids, ranges and addresses have their shape; both languages
have their prose with the fixed headings.

Severity: error. Next step: mend the place that the finding names; see the entry format in CONTRIBUTING.md.""",
    WAIVER_RULE: """\
KB090: a waiver in kb/waivers.yaml is still needed and has not expired.

A finding that has to stay is waived with its rule, its entry, a reason and a date. A waiver past its date, or of a
finding that no longer occurs, is a finding itself.

Severity: error. Next step: delete or renew it.""",
}


class Waiver(Strict):
    """An accepted finding: which rule, which entry, why, and until when."""

    rule: Annotated[str, Field(pattern=r"^KB\d{3}$")]
    entry: Slug
    reason: Annotated[str, Field(min_length=10)]
    until: date


@dataclass(frozen=True, slots=True)
class Report:
    """All findings that no waiver covers, and how many entries were looked at."""

    findings: tuple[Finding, ...]
    waived: int
    entries: int

    @property
    def errors(self) -> int:
        """Number of findings with severity error."""
        return sum(finding.severity == "error" for finding in self.findings)


def explain(rule: str) -> str:
    """Return what ``rule`` wants and why, how grave a finding is, and the next step; KeyError for an unknown rule."""
    if rule in OTHER_RULES:
        return OTHER_RULES[rule]
    check = {check.rule: check for check in CHECKS}[rule]
    return f"{inspect.getdoc(check)}\n\nSeverity: {check.severity}. Next step: {check.hint}."


def lint(kb: KnowledgeBase, waivers_file: Path, today: date, only: frozenset[str] = frozenset()) -> Report:
    """Run all checks (or those whose rule is in ``only``) over ``kb``."""
    checks = [c for c in CHECKS if not only or c.rule in only]
    found = sorted(run_checks(kb, checks))
    waivers = validate_list(read_yaml(waivers_file), Waiver) if waivers_file.is_file() else []
    valid = {(w.rule, w.entry) for w in waivers if w.until >= today}
    kept = [f for f in found if (f.rule, f.entry) not in valid]
    if not only:
        kept += _stale(waivers, found, today, waivers_file)
    return Report(tuple(kept), len(found) - sum(f.rule != WAIVER_RULE for f in kept), len(kb.entries))


def _stale(waivers: list[Waiver], found: list[Finding], today: date, path: Path) -> list[Finding]:
    hit = {(f.rule, f.entry) for f in found}
    rows = []
    for waiver in waivers:
        problem = "has expired" if waiver.until < today else None
        problem = problem or ("covers nothing any more" if (waiver.rule, waiver.entry) not in hit else None)
        if problem:
            message = f"the waiver of {waiver.rule} {problem}"
            rows.append(Finding(Place(path), WAIVER_RULE, "error", waiver.entry, message, "delete or renew it"))
    return rows
