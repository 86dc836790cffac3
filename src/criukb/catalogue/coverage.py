"""How much of what CRIU can print the knowledge base knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from criukb.catalogue.describe import describe
from criukb.catalogue.model import Call, Catalogue
from criukb.catalogue.verify import Claim, claims, expected_in, known_calls, verify
from criukb.kb.base import KnowledgeBase
from criukb.logs.criu import parse_lines
from criukb.match.compiled import CompiledBase

THROUGH_MACROS = "(macros)"


@dataclass(frozen=True, slots=True)
class Share:
    """``known`` of ``total`` messages; ``seen`` stood in the store's failures, ``seen_known`` of those are known."""

    known: int
    total: int
    seen: int
    seen_known: int


@dataclass(frozen=True, slots=True)
class Row:
    """The shares of one area; None stands for files that no area claims."""

    area: str | None
    errors: Share
    warnings: Share


@dataclass(frozen=True, slots=True)
class Coverage:
    """The shares overall and by area, and the claims that this tree should hold and does not."""

    release: str
    overall: Row
    areas: tuple[Row, ...]
    gone: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class _Message:
    area: str | None
    level: str
    known: bool
    seen: bool


def coverage(kb: KnowledgeBase, base: CompiledBase, catalogue: Catalogue, excerpts: Iterable[str] = ()) -> Coverage:
    """Measure ``kb`` (with ``base``, its compiled form) against one tree.

    A call counts once where it is written; calls that one macro makes count once for the macro and the format.
    ``excerpts`` are the store's log excerpts of failures.
    """
    everything = list(claims(kb))
    known = {call for claim in everything if claim.role == "match" for call in known_calls(claim, catalogue)}
    seen = _seen(excerpts, catalogue)
    groups: dict[tuple[str, ...], list[Call]] = {}
    for call in catalogue.loud():
        groups.setdefault(_unit(call), []).append(call)
    area_of = {file: base.area_of(file) for file in sorted({call.file for call in catalogue.loud()})}
    messages = [_message(calls, area_of, known, seen) for calls in groups.values()]
    areas = sorted({m.area for m in messages}, key=lambda area: (area is None, area or ""))
    rows = [_row(area, [m for m in messages if m.area == area]) for area in areas]
    return Coverage(catalogue.release, _row(None, messages), tuple(rows), tuple(_gone(everything, catalogue)))


def _unit(call: Call) -> tuple[str, ...]:
    if call.macro:
        return (call.level, call.macro, str(call.errno), call.raw or call.format)
    return (call.level, call.file, str(call.line), call.printed)


def _message(calls: Sequence[Call], area_of: Mapping[str, str | None], known: set[Call], seen: set[Call]) -> _Message:
    areas = {area_of[call.file] for call in calls}
    area = areas.pop() if len(areas) == 1 else THROUGH_MACROS
    return _Message(area, calls[0].level, not known.isdisjoint(calls), not seen.isdisjoint(calls))


def _row(area: str | None, messages: Sequence[_Message]) -> Row:
    shares = [_share([m for m in messages if m.level == level]) for level in ("error", "warn")]
    return Row(area, shares[0], shares[1])


def _share(messages: Sequence[_Message]) -> Share:
    known = sum(m.known for m in messages)
    seen = sum(m.seen for m in messages)
    return Share(known, len(messages), seen, sum(m.seen and m.known for m in messages))


def _seen(excerpts: Iterable[str], catalogue: Catalogue) -> set[Call]:
    """Return the calls whose lines stand in ``excerpts``; each different line is looked up once."""
    asked: set[tuple[str | None, int | None, str]] = set()
    for excerpt in excerpts:
        for event in parse_lines(excerpt.splitlines()).events:
            if event.level in {"error", "warn"}:
                asked.add((event.file, event.source_line, event.message))
    found = {describe(file, line, message, catalogue) for file, line, message in asked}
    return {call for call in found if call is not None}


def _gone(everything: Sequence[Claim], catalogue: Catalogue) -> list[Claim]:
    # A condition without bounds of its own may be one of several wordings, each of other releases.
    bound = [c for c in everything if c.role == "match" or c.pattern.since or c.pattern.until]
    expected = [claim for claim in bound if expected_in(claim.pattern, catalogue.release)]
    return [claim for claim in expected if verify(claim, [catalogue]).nowhere]
