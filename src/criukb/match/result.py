"""What a diagnosis says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from criukb.match.pattern import Captures


class Outer(NamedTuple):
    """Facts from outside the log (options, the test suite's console); None means not known."""

    phase: str | None = None
    test: str | None = None
    flavor: str | None = None
    kernel: str | None = None
    criu: str | None = None
    runtime: str | None = None
    arch: str | None = None


class Found(NamedTuple):
    """A cause that was found; ``lines`` count from 1, ``text`` is the first one, ``basis`` explains the confidence."""

    id: str
    title: dict[str, str]
    summary: dict[str, str]
    confidence: float
    basis: tuple[str, ...]
    captures: Captures
    lines: tuple[int, ...]
    text: str = ""

    def shifted(self, offset: int) -> Found:
        """Return the same with ``offset`` added to every line number."""
        return self._replace(lines=tuple(line + offset for line in self.lines))


class Candidate(NamedTuple):
    """An entry whose pattern matched and which was not named, and why."""

    id: str
    line: int
    lost_because: str


class UnknownLine(NamedTuple):
    """An Error that no entry knows; ``key`` is its message with the varying parts masked, for grouping."""

    line: int
    file: str | None
    message: str
    area: str | None
    key: str
    source_line: int | None = None


class Step(NamedTuple):
    """How one line was read, for ``--explain``: role is cause, consequence, noise, unknown or secondary."""

    line: int
    role: str
    id: str | None
    text: str


class Diagnosis(NamedTuple):
    """The answer for one log. ``verdict`` is known, unknown or clean; ``pairs`` are the source places it shows."""

    verdict: str
    log_kind: str
    cause: Found | None = None
    chain: tuple[str, ...] = ()
    secondary: tuple[Found, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    unknown: tuple[UnknownLine, ...] = ()
    unwrapped: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    facts: Mapping[str, str] = {}
    pairs: tuple[tuple[str, int], ...] = ()

    def with_lines_left_out(self, count: int) -> Diagnosis:
        """Return the answer for a log of which ``count`` lines were not read: it is never clean."""
        verdict = "unknown" if self.verdict == "clean" else self.verdict
        return self._replace(verdict=verdict, facts=dict(self.facts) | {"lines_left_out": str(count)})

    def shifted(self, offset: int) -> Diagnosis:
        """Return the same diagnosis with ``offset`` added to every line number."""
        return self._replace(
            cause=self.cause.shifted(offset) if self.cause else None,
            secondary=tuple(found.shifted(offset) for found in self.secondary),
            candidates=tuple(c._replace(line=c.line + offset) for c in self.candidates),
            unknown=tuple(u._replace(line=u.line + offset) for u in self.unknown),
            steps=tuple(s._replace(line=s.line + offset) for s in self.steps),
        )

    def to_json(self, path: str) -> dict[str, Any]:
        """Return the object that ``diagnose --format jsonl`` prints for the log at ``path``."""
        return {
            "path": path,
            "log_kind": self.log_kind,
            "verdict": self.verdict,
            "cause": _found(self.cause) if self.cause else None,
            "chain": list(self.chain),
            "secondary": [found.id for found in self.secondary],
            "candidates": [{"id": c.id, "line": c.line, "lost_because": c.lost_because} for c in self.candidates],
            "unknown": [
                {"line": u.line, "file": u.file, "message": u.message, "area": u.area, "key": u.key}
                for u in self.unknown
            ],
            "unwrapped": list(self.unwrapped),
            "facts": dict(sorted(self.facts.items())),
        }


def _found(found: Found) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "confidence": round(found.confidence, 2),
        "basis": list(found.basis),
        "captures": dict(sorted(found.captures.items())),
        "lines": list(found.lines),
    }
