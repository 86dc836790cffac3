"""From a log to its cause: classify each event, drop the noise, let the first unexplained cause win."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from criukb.logs.criu import HEAD_TEXTS, LEVEL_TEXTS, Event, Parsed, header_facts, parse_lines, parse_numbered
from criukb.logs.scan import Readable, scan
from criukb.match.compiled import CompiledBase, CompiledEntry, Signature
from criukb.match.conditions import Lines, why_not
from criukb.match.focus import failing_part, log_kind, phase_of, test_failed
from criukb.match.pattern import Captures
from criukb.match.result import Candidate, Diagnosis, Found, Outer, Step, UnknownLine

__all__ = ["Candidate", "Diagnoser", "Diagnosis", "Found", "Outer", "UnknownLine"]

MAX_UNKNOWN = 50
# Only in an excerpt does a message lose the prefix that CRIU printed before it.
EXCERPT_LINES = 400
MAX_WRAPPED = 3
_RANK = {"cause": 0, "consequence": 1, "noise": 2}
_EVIDENCE = {"confirmed": 0.95, "likely": 0.8, "hypothesis": 0.55}
_UNEXPLAINED_FACTOR = 0.8
_BARE_FACTOR = 0.9
_SHORT_FORMAT = 12
_SHORT_FACTOR = 0.85
# An address, a path, a long hexadecimal id, a number: in the order of _MASKS.
_VARYING = re.compile(
    r"""(0x[0-9a-fA-F]+)|((?<![\w.])/[^\s:'",)\]]+)|(\b(?=[a-f]*\d)[0-9a-f]{6,}\b)|((?<![A-Za-z_\d])\d+)"""
)
_TEST_HEAD = re.compile(r"^(?:[\d:.]+\s+)?(?:\d+: )?(?=ERR|FAIL)")
_MASKS = ("0xN", "/PATH", "HEX", "N")


@dataclass(frozen=True, slots=True)
class _Match:
    entry: CompiledEntry
    signature: Signature
    captures: Captures


@dataclass(frozen=True, slots=True)
class _Read:
    """How one event was read: its best match, or none for an error that no entry knows."""

    event: Event
    match: _Match | None

    @property
    def role(self) -> str:
        return self.match.entry.kind if self.match else "unknown"


def mask(message: str) -> str:
    """Return ``message`` with numbers, addresses and paths masked, so that equal failures have equal keys."""
    return _VARYING.sub(lambda found: _MASKS[(found.lastindex or 1) - 1], message[:1000])[:200]


class Diagnoser:
    """Diagnoses logs by a compiled knowledge base. Holds no state between logs."""

    def __init__(self, base: CompiledBase) -> None:
        self.base = base

    @classmethod
    def load(cls, extra: Sequence[Path] = ()) -> Diagnoser:
        """Load the built-in knowledge base and the private ones in ``extra``, from the cache where it is valid."""
        from criukb.match.cache import load_compiled  # noqa: PLC0415 - the cache module imports this package's parts

        return cls(load_compiled(extra))

    def diagnose(self, lines: Sequence[str], outer: Outer | None = None) -> Diagnosis:
        """Diagnose one log given as lines, still wrapped as they came. Line numbers in the answer count from 1."""
        parsed = parse_lines(lines, self._wanted)
        return self._diagnose(parsed, outer or Outer(), bare=len(lines) <= EXCERPT_LINES)

    def diagnose_stream(self, stream: Readable, outer: Outer | None = None) -> Diagnosis:
        """Diagnose one log of any size; of very many lines of interest only the first and the last are read."""
        found = scan(stream, (*LEVEL_TEXTS, *self._wanted), HEAD_TEXTS)
        parsed = parse_numbered(found.lines, self._wanted)
        answer = self._diagnose(parsed, outer or Outer(), bare=False)
        if found.left_out:
            answer = replace(answer, facts=answer.facts | {"lines_left_out": str(found.left_out)})
        return answer

    @property
    def _wanted(self) -> Sequence[str]:
        return self.base.info_literals or ("\0",)

    def _diagnose(self, parsed: Parsed, outer: Outer, *, bare: bool) -> Diagnosis:
        facts = header_facts(parsed.events)
        events, phase = failing_part(parsed.events)
        outer = _completed(outer, facts, phase or phase_of(events))
        if bare:
            events = tuple(self._rewrapped(events))
        reads, candidates = self._read_all(events, outer, bare=bare)
        walk = _Walk(self.base, reads, candidates)
        return walk.result(log_kind(parsed.events), parsed.unwrapped, facts, failed=test_failed(parsed.events))

    def _rewrapped(self, events: Sequence[Event]) -> Iterator[Event]:
        """Join a record with the lines that a mail program broke off it, where only that makes it known."""
        index = 0
        while index < len(events):
            event, used = events[index], 1
            if event.level in {"error", "warn"} and not self.base.matches(event, bare=False):
                for size, joined in _joined(events[index : index + MAX_WRAPPED + 1]):
                    if self.base.matches(joined, bare=False):
                        event, used = joined, size
                        break
            yield event
            index += used

    def _read_all(self, events: Sequence[Event], outer: Outer, *, bare: bool) -> tuple[list[_Read], list[Candidate]]:
        lines = Lines(events)
        reads: list[_Read] = []
        lost: list[Candidate] = []
        for event in events:
            match = self._best(event, lines, outer, lost, bare=bare)
            if match is not None or event.level in {"error", "test"}:
                reads.append(_Read(event, match))
        return reads, lost

    def _best(self, event: Event, lines: Lines, outer: Outer, lost: list[Candidate], *, bare: bool) -> _Match | None:
        holding: list[_Match] = []
        for entry, signature, captures in self.base.matches(event, bare=bare):
            fault = why_not(signature, event, lines, outer)
            if fault is None:
                holding.append(_Match(entry, signature, captures))
            elif entry.kind == "cause":
                lost.append(Candidate(entry.id, event.line, fault))
        holding.sort(key=lambda m: (_RANK[m.entry.kind], -m.signature.weight, m.entry.id))
        lost.extend(_beaten(holding, event.line))
        return holding[0] if holding else None


def _joined(events: Sequence[Event]) -> Iterator[tuple[int, Event]]:
    """Yield the first event with one, two, ... of the following lines appended, while those have no prefix."""
    first, message = events[0], events[0].message
    for count, event in enumerate(events[1:], start=1):
        if event.level != "tool" or event.line != first.line + count or not event.message:
            return
        message = f"{message} {event.message}"
        yield count + 1, replace(first, message=message)


def _beaten(holding: Sequence[_Match], line: int) -> list[Candidate]:
    """Return the causes that matched the same line as the best match and fit it less well."""
    others = [m.entry for m in holding[1:] if m.entry.kind == "cause" and m.entry.id != holding[0].entry.id]
    return [Candidate(entry.id, line, f"{holding[0].entry.id} fits line {line} better") for entry in others]


def _completed(outer: Outer, facts: dict[str, str], phase: str | None) -> Outer:
    return replace(
        outer,
        phase=outer.phase or phase,
        criu=outer.criu or facts.get("criu"),
        kernel=outer.kernel or facts.get("kernel"),
    )


def _quoted(event: Event) -> str:
    head = f"{event.level.capitalize():<5} ({event.file}:{event.source_line}): " if event.source_line else ""
    return event.message if event.level == "test" else head + event.message


class _Walk:
    """Walks the events of one log in order and settles cause, chain and second causes."""

    def __init__(self, base: CompiledBase, reads: Sequence[_Read], candidates: list[Candidate]) -> None:
        self._base = base
        self._reads = reads
        self._candidates = candidates
        causes = [read for read in reads if read.role == "cause"]
        self._cause = causes[0] if causes else None
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
        )

    def _found(self, read: _Read) -> Found:
        assert read.match is not None  # noqa: S101 - roles other than unknown always have a match
        entry = read.match.entry
        confidence, basis = self._confidence(read, read.match)
        lines = tuple(r.event.line for r in self._reads if r.match and r.match.entry.id == entry.id)
        return Found(
            entry.id, entry.title, entry.summary, confidence, basis, read.match.captures, lines, _quoted(read.event)
        )

    def _confidence(self, read: _Read, match: _Match) -> tuple[float, tuple[str, ...]]:
        value = _EVIDENCE[match.entry.evidence]
        basis = [f"evidence {match.entry.evidence}: {value}"]
        if match.signature.weight < _SHORT_FORMAT:
            value *= _SHORT_FACTOR
            basis.append(f"format with few fixed characters: x{_SHORT_FACTOR}")
        if read.event.level == "tool" and match.signature.pattern.level != "tool":
            value *= _BARE_FACTOR
            basis.append(f"a message without CRIU's prefix: x{_BARE_FACTOR}")
        if any(r.role == "unknown" and r.event.line < read.event.line for r in self._reads):
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
            if read.role == "cause" and read.match and read.match.entry.id not in self._explained:
                found.setdefault(read.match.entry.id, self._found(read))
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
        return UnknownLine(event.line, event.file, message, area, mask(message))

    def _step(self, read: _Read) -> Step:
        entry_id = read.match.entry.id if read.match else None
        role = read.role
        if role == "cause" and self._cause is not None and read.event.line != self._cause.event.line:
            role = "cause, explained" if entry_id in self._explained else "secondary"
        return Step(read.event.line, role, entry_id, read.event.message[:300])
