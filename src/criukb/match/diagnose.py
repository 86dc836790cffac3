"""From a log to its cause: classify each event, drop the noise, let the first unexplained cause win."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from criukb.logs.criu import (
    HEAD_TEXTS,
    LEVEL_TEXTS,
    TEST_TEXTS,
    Event,
    Parsed,
    header_facts,
    parse_lines,
    parse_numbered,
)
from criukb.match.compiled import CompiledBase, CompiledEntry, Matches, Signature
from criukb.match.conditions import Lines, why_not
from criukb.match.focus import failing_part, log_kind, phase_of, test_failed
from criukb.match.result import Candidate, Diagnosis, Found, Outer, UnknownLine
from criukb.match.walk import Match, Read, Walk, mask

if TYPE_CHECKING:
    from criukb.logs.reader import Readable

__all__ = ["Candidate", "Diagnoser", "Diagnosis", "Found", "Outer", "UnknownLine", "mask"]

# Only in an excerpt does a message lose the prefix that CRIU printed before it.
EXCERPT_LINES = 400
MAX_WRAPPED = 3
MAX_KNOWN = 4096
_RANK = {"cause": 0, "consequence": 1, "noise": 2}


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
        from criukb.logs.scan import scan  # noqa: PLC0415 - only large logs need it

        found = scan(stream, (*LEVEL_TEXTS, *self._wanted), HEAD_TEXTS, (*TEST_TEXTS, *self.base.tool_literals))
        parsed = parse_numbered(found.lines)  # each of them is wanted
        answer = self._diagnose(parsed, outer or Outer(), bare=False)
        return answer.with_lines_left_out(found.left_out) if found.left_out else answer

    def events(self, lines: Sequence[str]) -> list[Event]:
        """Return the events of a short log as they are matched, with the parts of wrapped records joined."""
        return list(self._rewrapped(parse_lines(lines, self._wanted).events))

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
        walk = Walk(self.base, reads, candidates)
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

    def _read_all(self, events: Sequence[Event], outer: Outer, *, bare: bool) -> tuple[list[Read], list[Candidate]]:
        lines = Lines(events)
        reads: list[Read] = []
        lost: list[Candidate] = []
        known: dict[tuple[str, str, str | None], Matches] = {}  # a long log says the same thing often
        for event in events:
            key = (event.message, event.level, event.file)
            if key not in known:
                if len(known) >= MAX_KNOWN:
                    known.clear()
                known[key] = self.base.matches(event, bare=bare)
            match = self._best(known[key], event, lines, outer, lost) if known[key] else None
            if match is not None or event.level in {"error", "test"}:
                reads.append(Read(event, match))
        return reads, lost

    @staticmethod
    def _best(found: Matches, event: Event, lines: Lines, outer: Outer, lost: list[Candidate]) -> Match | None:
        holding: list[Match] = []
        for entry, signature, captures in found:
            fault = why_not(signature, event, lines, outer)
            if fault is None:
                holding.append(Match(entry, signature, captures))
            elif entry.kind == "cause":
                lost.append(Candidate(entry.id, event.line, fault))
        holding.sort(key=lambda match: preference(match.entry, match.signature))
        lost.extend(_beaten(holding, event.line))
        return holding[0] if holding else None


def preference(entry: CompiledEntry, signature: Signature) -> tuple[int, int, str]:
    """Return the sorting key of signatures that hold on one line: the first one is what the line is read as."""
    return _RANK[entry.kind], -signature.weight, entry.id


def _joined(events: Sequence[Event]) -> Iterator[tuple[int, Event]]:
    """Yield the first event with one, two, ... of the following lines appended, while those have no prefix."""
    first, message = events[0], events[0].message
    for count, event in enumerate(events[1:], start=1):
        if event.level != "tool" or event.line != first.line + count or not event.message:
            return
        message = f"{message} {event.message}"
        yield count + 1, first._replace(message=message)


def _beaten(holding: Sequence[Match], line: int) -> list[Candidate]:
    """Return the causes that matched the same line as the best match and fit it less well."""
    others = [m.entry for m in holding[1:] if m.entry.kind == "cause" and m.entry.id != holding[0].entry.id]
    return [Candidate(entry.id, line, f"{holding[0].entry.id} fits line {line} better") for entry in others]


def _completed(outer: Outer, facts: dict[str, str], phase: str | None) -> Outer:
    return outer._replace(
        phase=outer.phase or phase,
        criu=outer.criu or facts.get("criu"),
        kernel=outer.kernel or facts.get("kernel"),
    )
