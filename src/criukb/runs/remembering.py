"""A knowledge base that remembers what it said of a line: the failures of a history print the same lines often."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from criukb.logs.criu import Event
from criukb.match.compiled import CompiledBase, CompiledEntry, Signature
from criukb.match.diagnose import Diagnoser
from criukb.match.pattern import Captures

MAX_LINES: Final = 50_000
_MAX_LENGTH: Final = 400

_Said = tuple[tuple[CompiledEntry, Signature, Captures], ...]


class RememberingBase(CompiledBase):
    """Answers as the base that it is made of. It keeps at most MAX_LINES answers: about 30 MiB."""

    @cached_property
    def _said(self) -> dict[tuple[str, str, str | None, bool], _Said]:
        return {}

    def matches(self, event: Event, *, bare: bool = True) -> list[tuple[CompiledEntry, Signature, Captures]]:
        """Return every signature whose pattern matches ``event``; nothing of an event but this decides it."""
        if len(event.message) > _MAX_LENGTH:
            return super().matches(event, bare=bare)
        key = (event.message, event.level, event.file, bare)
        found = self._said.get(key)
        if found is None:
            if len(self._said) >= MAX_LINES:
                self._said.clear()
            found = self._said[key] = tuple(super().matches(event, bare=bare))
        return list(found)


def remembering(diagnoser: Diagnoser) -> Diagnoser:
    """Return a diagnoser with the same answers, for many logs of one kind."""
    base = diagnoser.base
    return Diagnoser(RememberingBase(base.entries, base.areas, base.index))
