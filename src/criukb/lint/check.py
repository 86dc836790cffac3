"""The shape of a lint check, and the registry of all checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from criukb.errors import Place
from criukb.kb.base import EntryFolder, KnowledgeBase

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a check found."""

    place: Place
    rule: str
    severity: Severity
    entry: str
    message: str
    hint: str


class Check:
    """Base of every check. Subclasses set ``rule``, ``severity`` and ``hint``; the docstring is its ``--explain``."""

    rule: ClassVar[str]
    severity: ClassVar[Severity] = "error"
    hint: ClassVar[str]
    registry: ClassVar[list[type[Check]]] = []

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Check.registry.append(cls)

    def check(self, folder: EntryFolder) -> Iterable[Finding]:  # noqa: ARG002 - subclasses use it
        """Yield what is wrong with one entry."""
        return ()

    def finish(self) -> Iterable[Finding]:
        """Yield what is wrong with the base as a whole, after all entries were seen."""
        return ()

    def finding(self, place: Place, entry: str, message: str) -> Finding:
        """Make a finding of this check."""
        return Finding(place, self.rule, self.severity, entry, message, self.hint)


def run_checks(kb: KnowledgeBase, checks: Iterable[type[Check]]) -> Iterator[Finding]:
    """Run ``checks`` over all entries of ``kb``."""
    for kind in checks:
        check = kind(kb)
        for folder in kb.entries.values():
            yield from check.check(folder)
        yield from check.finish()
