"""TAP, the Test Anything Protocol: the report that ``zdtm.py run --report`` writes, and TAP 12 to 14 of other suites.

zdtm writes one line per test, not per flavor, and quotes the console of a failed test in its YAML block. Its numbers
jump (zdtm counts each look for a finished child), and its time is the machine's local one whatever zone it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from criukb.errors import CriukbError
from criukb.runs.meta import RunMeta, meta_from_console
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.sources import Limits
from criukb.runs.sources.tap_lines import Document, Point, Reader
from criukb.runs.sources.zdtm_blocks import Block, block_results, numbered, quotes_console

name: Final = "tap"
ZDTM: Final = "zdtm-tap"
MAX_POINTS: Final = 1_000_000
MAX_MISSING: Final = 1_000

_ARCH = re.compile(r"#\s*Hardware architecture: (\S{1,100})\s*\Z")
_FLAVOR = re.compile(r"(?P<test>\S+) # flavor (?P<flavor>\w{1,20})\s*\Z")
_START = re.compile(rb"TAP version 1\d\b|1\.\.\d+(?:\s*#|\s*$)|(?:not )?ok \d+\b")


def fits(path: Path, head: bytes) -> bool:  # noqa: ARG001 - the signature of all sources
    """Whether the first line that is no comment is a version, a plan or a test of TAP."""
    lines = (line.strip() for line in head.lstrip(b"\xef\xbb\xbf").splitlines())
    first = next((line for line in lines if line and not line.startswith(b"#")), b"")
    return _START.match(first) is not None


def read(path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:  # noqa: ARG001 - the same
    """Yield the one run of the report; CriukbError when there is no test in it."""
    run = read_tap(data.decode("utf-8-sig", "replace").splitlines())
    if not run.results:
        raise CriukbError.at(path, "no test in this TAP report", "give the report of a run that started tests")
    yield replace(run, identity=data.rstrip(b"\n"))


@dataclass(frozen=True, slots=True)
class _Read:
    results: list[ParsedResult]
    warnings: list[tuple[int, str]]
    faults: list[str]


def read_tap(lines: Iterable[str]) -> ParsedRun:
    """Read a TAP stream, or several behind each other; any text is accepted.

    A test that the plan announces and no line reports is ``not-run`` and the run incomplete, as after ``Bail out!``.
    ``not ok # TODO`` is a failure that its author expects: a skip with that reason. Raises nothing.
    """
    documents = Reader(MAX_POINTS).documents(lines)
    is_zdtm = any(_ARCH.match(comment) for d in documents for comment in d.comments) or _all_zdtm(documents)
    found = [_read(document, number, is_zdtm=is_zdtm) for number, document in enumerate(documents, 1)]
    faults = [fault for part in found for fault in part.faults]
    results = [result for part in found for result in part.results]
    return ParsedRun(
        source=ZDTM if is_zdtm else name,
        meta=_facts(documents),
        results=tuple(results if is_zdtm else numbered(results)),
        warnings=tuple(warning for part in found for warning in part.warnings),
        incomplete="; ".join(faults) or None,
    )


def _all_zdtm(documents: Sequence[Document]) -> bool:
    points = [point for document in documents for point in document.points]
    return bool(points) and all(point.text.startswith("zdtm/") for point in points)


def _facts(documents: Sequence[Document]) -> RunMeta:
    found = {match[1] for d in documents for comment in d.comments if (match := _ARCH.match(comment))}
    return meta_from_console({"arch": found.pop()}) if len(found) == 1 else RunMeta()


def _read(document: Document, number: int, *, is_zdtm: bool) -> _Read:
    results = _zdtm_results(document, number) if is_zdtm else [_result(point) for point in document.points]
    warnings, faults = list(document.warnings), []
    if document.bail_out is not None:
        faults.append(f"Bail out! {document.bail_out}".strip())
    if document.unfinished:
        faults.append(document.unfinished)
    if document.plan is None and document.points:
        faults.append("no plan: what is missing cannot be told")
    missing = (document.plan or 0) - _reported(document, is_zdtm=is_zdtm)
    if missing > 0:
        faults.append(f"{missing} of {document.plan} tests of the plan have no result")
        results += _missing(document, number, missing, by_number=not is_zdtm)
    elif document.plan is not None and document.plan < len(document.points):
        warnings.append((document.plan_line, f"the plan says {document.plan} tests, {len(document.points)} are there"))
    return _Read(results, warnings, faults)


def _reported(document: Document, *, is_zdtm: bool) -> int:
    """Return how many tests of the plan have a result: one that is reported twice stands for no other one."""
    numbers = {point.number for point in document.points}
    if is_zdtm or None in numbers:  # zdtm's numbers are none of tests
        return len(document.points)
    return sum(number is not None and 0 < number <= (document.plan or 0) for number in numbers)


def _missing(document: Document, invocation: int, count: int, *, by_number: bool) -> Iterator[ParsedResult]:
    """Yield what the plan announces and the report does not name, up to MAX_MISSING of them."""
    seen = {point.number for point in document.points}
    numbers: Iterable[int] = range(1, count + 1)
    label = "(missing result {})"
    if by_number and None not in seen:
        numbers = (n for n in range(1, (document.plan or 0) + 1) if n not in seen)
        label = "(missing result: test {})"
    for number, _ in zip(numbers, range(min(count, MAX_MISSING)), strict=False):
        yield ParsedResult(label.format(number), "not-run", first_line=document.plan_line, invocation=invocation)


def _result(point: Point) -> ParsedResult:
    outcome, reason = _outcome(point)
    return ParsedResult(
        test=point.text or f"test {point.number or point.line}",
        outcome=outcome,
        skip_reason=reason,
        duration_s=point.duration_s,
        first_line=point.line,
        evidence=tuple(point.evidence) if outcome == "fail" else (),
    )


def _outcome(point: Point) -> tuple[str, str | None]:
    if point.directive == "SKIP":
        return "skip", point.reason
    if point.directive == "TODO" and not point.ok:
        return "skip", f"TODO {point.reason}".strip()
    return ("pass" if point.ok else "fail"), None


def _zdtm_results(document: Document, invocation: int) -> list[ParsedResult]:
    """Return the results in the order of the report; a failed test has one for each flavor that its console shows."""
    blocks: list[Block] = []
    order: list[ParsedResult | None] = []
    for point in document.points:
        if point.ok or point.directive:
            order.append(_plain(point, invocation))
        else:
            order.append(None)
            blocks.append(_block(point))
    rest = iter(block_results(blocks, invocation))
    return [result for known in order for result in ((known,) if known else next(rest))]


def _plain(point: Point, invocation: int) -> ParsedResult:
    outcome, reason = _outcome(point)
    return ParsedResult(point.text, outcome, skip_reason=reason, first_line=point.line, invocation=invocation)


def _block(point: Point) -> Block:
    found = _FLAVOR.match(point.text)
    test, flavor = (found["test"], found["flavor"]) if found else (point.text, None)
    start = point.evidence_line if quotes_console(point.evidence) else None
    return Block(test, point.line, flavor, tuple(point.evidence), start)
