"""The logs of the built-in knowledge base's entries, for tests that go over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from criukb.kb.base import load_kb
from criukb.logs.reader import read_text
from criukb.match.compiled import compile_base
from criukb.match.diagnose import Diagnoser
from criukb.scores.judge import is_named, seen

__all__ = ["MatchLog", "diagnoser_of_the_base", "is_named", "kind_of", "match_logs", "seen"]


@dataclass(frozen=True, slots=True)
class MatchLog:
    """A log that its entry must match."""

    entry_id: str
    kind: str
    name: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.name}"


@cache
def diagnoser_of_the_base() -> Diagnoser:
    """Return a diagnoser with the built-in base, compiled once for all tests."""
    return Diagnoser(compile_base(load_kb()))


@cache
def match_logs() -> tuple[MatchLog, ...]:
    """Return every match-*.log of the base, by entry and name."""
    return tuple(
        MatchLog(folder.id, folder.entry.kind, path.name, tuple(read_text(path).splitlines()))
        for folder in load_kb().entries.values()
        for path in folder.logs
        if path.name.startswith("match-")
    )


def kind_of(diagnoser: Diagnoser, entry_id: str) -> str:
    """Return cause, consequence or noise."""
    return diagnoser.base.by_id[entry_id].kind
