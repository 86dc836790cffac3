"""Settling cause, chain and second causes once every line was read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from criukb.logs.criu import Event
from criukb.logs.lazy import lazy
from criukb.match.compiled import CompiledBase, CompiledEntry, Signature
from criukb.match.pattern import Captures
from criukb.match.result import Candidate, Diagnosis, Found, Step, UnknownLine

MAX_UNKNOWN = 50
_EVIDENCE = {"confirmed": 0.95, "likely": 0.8, "hypothesis": 0.55}
_UNEXPLAINED_FACTOR = 0.8
_BARE_FACTOR = 0.9
_SHORT_FORMAT = 12
_SHORT_FACTOR = 0.85
# An address, a path, a long hexadecimal id, a number: in the order of _MASKS.
_VARYING = lazy(r"""(0x[0-9a-fA-F]+)|((?<![\w.])/[^\s:'",)\]]+)|(\b(?=[a-f]*\d)[0-9a-f]{6,}\b)|((?<![A-Za-z_\d])\d+)""")
_TEST_HEAD = lazy(r"^(?:[\d:.]+\s+)?(?:\d+: )?(?=ERR|FAIL)")
_MASKS = ("0xN", "/PATH", "HEX", "N")


class Match(NamedTuple):
    """An entry whose signature holds for an event."""

    entry: CompiledEntry
    signature: Signature
    captures: Captures


class Read(NamedTuple):
    """How one event was read: its best match, or none for an error that no entry knows."""

    event: Event
    match: Match | None

    @property
    def role(self) -> str:
        """The entry's kind, or unknown."""
        return self.match.entry.kind if self.match else "unknown"


def mask(message: str) -> str:
    """Return ``message`` with numbers, addresses and paths masked, so that equal failures have equal keys."""
    return _VARYING.sub(lambda found: _MASKS[(found.lastindex or 1) - 1], message[:1000])[:200]


def _quoted(event: Event) -> str:
    head = f"{event.level.capitalize():<5} ({event.file}:{event.source_line}): " if event.source_line else ""
    return event.message if event.level == "test" else head + event.message


class Walk:
    """Walks the events of one log in order and settles cause, chain and second causes."""

    def __init__(self, base: CompiledBase, reads: Sequence[Read], candidates: list[Candidate]) -> None:
        self._base = base
        self._reads = reads
        self._candidates = candidates
        causes = [read for read in reads if read.role == "cause"]
        self._cause = causes[0] if causes else None
        self._first_unknown = min((read.event.line for read in reads if read.role == "unknown"), default=None)
        self._explained = self._all_led_to(causes[0].match.entry.id) if causes and causes[0].match else set()

    def _all_led_to(self, start: str) -> set[str]:
        reached, todo = {start}, [start]
        while todo:
            entry = self._base.by_id.get(todo.pop())
            new = set(entry.leads_to) - reached if entry else set()
            reached |= new
            todo.extend(sorted(new))
        return reached

    def result(self, kind: str, unwrapped: tuple[str, ...], facts: dict[str, str], *, failed: bool) -> Diagnosis:
        """Return the diagnosis; ``failed`` says that the log itself reports a failed test."""
        unknown = self._unknown()
        cause = self._found(self._cause) if self._cause else None
        harmless = all(read.role == "noise" for read in self._reads)
        recognised = kind != "other" or bool(self._reads)
        verdict = "known" if cause else "clean" if harmless and recognised and not failed else "unknown"
        return Diagnosis(
            verdict=verdict,
            log_kind=kind,
            cause=cause,
            chain=self._chain(),
            secondary=self._secondary(),
            candidates=tuple(self._unnamed_candidates()),
            unknown=unknown,
            unwrapped=unwrapped,
            steps=tuple(self._step(read) for read in self._reads),
            facts=facts,
            pairs=self._pairs(),
        )

    def _pairs(self) -> tuple[tuple[str, int], ...]:
        places = {(e.file, e.source_line) for e in (read.event for read in self._reads) if e.level in {"error", "warn"}}
        return tuple(sorted((file, line) for file, line in places if file and line))

    def _found(self, read: Read) -> Found:
        assert read.match is not None  # noqa: S101 - roles other than unknown always have a match
        entry = read.match.entry
        confidence, basis = self._confidence(read, read.match)
        lines = tuple(self._lines[entry.id])
        return Found(
            entry.id, entry.title, entry.summary, confidence, basis, read.match.captures, lines, _quoted(read.event)
        )

    @cached_property
    def _lines(self) -> dict[str, list[int]]:
        """The lines that each entry matches, by its id."""
        found: dict[str, list[int]] = {}
        for read in self._reads:
            if read.match:
                found.setdefault(read.match.entry.id, []).append(read.event.line)
        return found

    def _confidence(self, read: Read, match: Match) -> tuple[float, tuple[str, ...]]:
        value = _EVIDENCE[match.entry.evidence]
        basis = [f"evidence {match.entry.evidence}: {value}"]
        if match.signature.weight < _SHORT_FORMAT:
            value *= _SHORT_FACTOR
            basis.append(f"format with few fixed characters: x{_SHORT_FACTOR}")
        if read.event.level == "tool" and match.signature.pattern.level != "tool":
            value *= _BARE_FACTOR
            basis.append(f"a message without CRIU's prefix: x{_BARE_FACTOR}")
        if self._first_unknown is not None and self._first_unknown < read.event.line:
            value *= _UNEXPLAINED_FACTOR
            basis.append(f"an unknown Error stands before it: x{_UNEXPLAINED_FACTOR}")
        return value, tuple(basis)

    def _chain(self) -> tuple[str, ...]:
        ids: dict[str, None] = {}
        for read in self._reads:
            if read.match is None or read.role == "noise":
                continue
            entry_id = read.match.entry.id
            if read.role == "consequence" or (entry_id in self._explained):
                ids[entry_id] = None
        first = [self._cause.match.entry.id] if self._cause and self._cause.match else []
        return (*first, *(entry_id for entry_id in ids if entry_id not in first))

    def _secondary(self) -> tuple[Found, ...]:
        found: dict[str, Found] = {}
        for read in self._reads:
            if read.role != "cause" or read.match is None or read.match.entry.id in self._explained:
                continue
            if read.match.entry.id not in found:
                found[read.match.entry.id] = self._found(read)
        return tuple(found.values())

    def _unnamed_candidates(self) -> list[Candidate]:
        named = {read.match.entry.id for read in self._reads if read.match and read.role == "cause"}
        unique = {(c.id, c.lost_because): c for c in self._candidates if c.id not in named}
        return list(unique.values())

    def _unknown(self) -> tuple[UnknownLine, ...]:
        events = [read.event for read in self._reads if read.role == "unknown"][:MAX_UNKNOWN]
        return tuple(self._unknown_line(event) for event in events)

    def _unknown_line(self, event: Event) -> UnknownLine:
        message = _TEST_HEAD.sub("", event.message) if event.level == "test" else event.message
        area = "zdtm-harness" if event.level == "test" else self._base.area_of(event.file)
        return UnknownLine(event.line, event.file, message, area, mask(message), event.source_line)

    def _step(self, read: Read) -> Step:
        entry_id = read.match.entry.id if read.match else None
        role = read.role
        if role == "cause" and self._cause is not None and read.event.line != self._cause.event.line:
            role = "cause, explained" if entry_id in self._explained else "secondary"
        return Step(read.event.line, role, entry_id, read.event.message[:300])
