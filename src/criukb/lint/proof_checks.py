"""Checks that run the diagnosis: each pattern proves itself on logs, and is silent on healthy ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from criukb.errors import CriukbError, Place
from criukb.kb.base import EntryFolder, KnowledgeBase
from criukb.lint.check import Check, Finding
from criukb.logs.criu import parse_lines
from criukb.logs.reader import read_text
from criukb.match.compiled import CompiledBase, compile_base
from criukb.match.diagnose import Diagnoser
from criukb.match.pattern import check_regex
from criukb.match.result import Diagnosis
from criukb.paths import KB_DIR


def compiled_or_empty(kb: KnowledgeBase) -> CompiledBase:
    """Compile ``kb``; an empty base when a pattern does not compile (KB013 reports that)."""
    try:
        base = compile_base(kb)
    except ValueError:
        return CompiledBase(())
    patterns = [pattern for entry in base.entries for s in entry.signatures for pattern in s.patterns]
    return CompiledBase(()) if any(check_regex(pattern.regex) for pattern in patterns) else base


def ids_on(diagnosis: Diagnosis) -> set[str]:
    """Return the ids of all entries that any line of the log was read as."""
    return {step.id for step in diagnosis.steps if step.id}


class _Proof(Check):
    """Shared loading of logs."""

    rule = "KB020"
    hint = "run: criukb diagnose FILE --explain"

    def __init__(self, kb: KnowledgeBase) -> None:
        super().__init__(kb)
        self._base = compiled_or_empty(kb)
        self._diagnoser = Diagnoser(self._base)

    def _lines(self, path: Path) -> list[str]:
        try:
            return read_text(path).splitlines()
        except CriukbError:
            return []


class Logs(_Proof):
    """KB020: on match-*.log the entry is the cause (a consequence or noise: is seen); on nomatch-*.log it is not."""

    rule = "KB020"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Diagnose every log of the entry."""
        for path in folder.logs:
            answer = self._diagnoser.diagnose(self._lines(path))
            named = answer.cause.id if answer.cause else None
            hit = named == folder.id if folder.entry.kind == "cause" else folder.id in ids_on(answer)
            if path.name.startswith("match-") != hit:
                said = f"it says {named or answer.verdict}" if folder.entry.kind == "cause" else "it matches"
                wanted = "must match" if not hit else "must not match"
                yield self.finding(Place(path), folder.id, f"{wanted}: {said}")


class Unproved(_Proof):
    """KB021: every signature of a cause is matched by at least one of the entry's logs."""

    rule = "KB021"
    severity = "warning"
    hint = "add a log with that wording, or a waiver that says why there is none"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Find signatures that no log matches."""
        entry = self._base.by_id.get(folder.id)
        if entry is None or entry.kind != "cause":
            return
        events = [e for p in folder.logs if p.name.startswith("match-") for e in parse_lines(self._lines(p)).events]
        for index, signature in enumerate(entry.signatures):
            if not any(signature.pattern.captures(event) is not None for event in events):
                place = folder.document.place(("match", index))
                yield self.finding(place, folder.id, f"no log proves {signature.pattern.text[:90]}")


class Healthy(_Proof):
    """KB022: on the logs of passing runs (kb/healthy) no cause matches."""

    rule = "KB022"
    hint = "tighten the pattern: it matches a run in which nothing failed"

    def finish(self) -> Iterator[Finding]:
        """Diagnose every healthy log."""
        for path in sorted((KB_DIR / "healthy").glob("**/*.log*")):
            cause = self._diagnoser.diagnose(self._lines(path)).cause
            if cause and cause.id in self.kb.entries:
                yield self.finding(Place(path, cause.lines[0], 1), cause.id, "names a cause on a passing run")
