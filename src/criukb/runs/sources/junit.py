"""JUnit XML, as pytest, bats, gotestsum, Ginkgo and zdtm.py (3.6 to 4.1) write it.

A ``failure`` is a fail; an ``error`` is aborted, for the test came to no verdict. Where the element's type says
``timedout`` or ``interrupted``, as Ginkgo does, that is the outcome. zdtm puts the console of every failed test into
an ``error``: there the console decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from criukb.errors import CriukbError
from criukb.runs.meta import RunMeta, parse_time
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.schema import FAILED
from criukb.runs.sources import Limits
from criukb.runs.sources.zdtm_blocks import Block, block_results, numbered, quotes_console

name: Final = "junit"
MAX_CASES: Final = 200_000
MAX_EVIDENCE: Final = 20_000
_MAX_LINE = 16 * 1024
_MAX_NAME = 1_000

_TYPES: Final = {
    "timedout": "timeout",
    "timeout": "timeout",
    "interrupted": "aborted",
    "aborted": "aborted",
    "panicked": "aborted",
}
# What writers put into a case's status instead of a child; any other word leaves the verdict to the children.
_STATUS: Final = {
    **_TYPES,
    "failed": "fail",
    "fail": "fail",
    "failure": "fail",
    "error": "aborted",
    "errored": "aborted",
    "broken": "aborted",
    "crashed": "aborted",
    "cancelled": "aborted",
    "canceled": "aborted",
    "timed_out": "timeout",
    "timed out": "timeout",
    "skipped": "skip",
    "skip": "skip",
    "disabled": "skip",
    "ignored": "skip",
    "pending": "skip",
    "suppressed": "skip",
    "notrun": "not-run",
    "not-run": "not-run",
    "not_run": "not-run",
    "blocked": "not-run",
    "incomplete": "not-run",
    "unknown": "not-run",
}
_ROOT = re.compile(rb"<(?:testsuites|testsuite)[\s>/]")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z")


def fits(path: Path, head: bytes) -> bool:  # noqa: ARG001 - the signature of all sources
    """Whether it is XML with the root of a JUnit report."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "replace").encode()
    return start.startswith(b"<") and _ROOT.search(start) is not None


def read(path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:  # noqa: ARG001 - the same
    """Yield the one run of the report; CriukbError when it is no JUnit, no valid XML, or has no test."""
    run = read_junit(data, path)
    if not run.results:
        raise CriukbError.at(path, "no testcase in this report", "give the report of a run that started tests")
    yield run


def read_junit(data: bytes, path: Path) -> ParsedRun:
    """Read a report. It is incomplete where a suite counts more tests or failures than it holds.

    Raises CriukbError with line and column for what is no JUnit XML.
    """
    from junitparser import JUnitXml, JUnitXmlError, TestCase  # noqa: PLC0415 - only this format needs it

    from criukb.runs.sources.xmltree import parse_xml  # noqa: PLC0415 - the same

    try:
        xml = JUnitXml.fromroot(cast("Any", parse_xml(data, path)))
    except JUnitXmlError as error:
        hint = "give JUnit XML: its root is testsuites or testsuite"
        raise CriukbError.at(path, "XML, but no JUnit report", hint, 1) from error
    reader = _Reader(path, TestCase)
    for suite in xml:
        reader.suite(suite)
    reader.whole(xml)
    return reader.run()


class _Reader:
    """Collects the cases of all suites, also of nested ones, in the order of the report."""

    def __init__(self, path: Path, case_type: Any) -> None:
        self._path = path
        self._case_type = case_type
        self._results: list[ParsedResult] = []
        self._blocks: list[tuple[int, Block]] = []
        self._faults: list[str] = []
        self._broken: list[str] = []
        self._times: list[str] = []
        self._cases = 0

    def suite(self, suite: Any) -> None:
        """Read a suite. The depth is bounded by the parser of the XML."""
        self._times.append(suite.timestamp or "")
        before, failed_before = self._cases, self._failures()
        for case in suite.iterchildren(self._case_type):  # its own iterator also gives the cases of nested suites
            self._case(case)
        for inner in suite.testsuites():
            self.suite(inner)
        self._check(suite, self._cases - before, self._failures() - failed_before)

    def whole(self, xml: Any) -> None:
        """Compare what the root counts with what all suites hold."""
        if xml._elem.tag == "testsuites":  # noqa: SLF001 - a suite that is the root was read as a suite
            self._check_counts(xml, "of all suites", self._cases, self._failures())

    def _failures(self) -> int:
        return len(self._blocks) + sum(r.outcome in FAILED for r in self._results)

    def _check(self, suite: Any, cases: int, failures: int) -> None:
        title = " ".join((suite.name or "without a name").split())[:80]
        self._check_counts(suite, title, cases, failures)
        reason = _ginkgo_failure(suite)
        if reason is not None and not failures:
            self._broken.append(f"suite {title} did not succeed, and no test failed: {reason or 'no reason given'}")

    def _check_counts(self, element: Any, title: str, cases: int, failures: int) -> None:
        wanted, failed = _count(element, "tests"), _count(element, "failures") + _count(element, "errors")
        if wanted > cases:
            self._faults.append(f"suite {title}: {wanted - cases} of {wanted} tests have no testcase")
        if failed and not failures:
            self._faults.append(f"suite {title}: counts {failed} failures and holds none")

    def _case(self, case: Any) -> None:
        self._cases += 1
        if self._cases > MAX_CASES:
            raise CriukbError.at(self._path, f"more than {MAX_CASES} testcases", "give the reports of single jobs")
        test = _name(case)
        for result in _attempts(case, test):
            if result.outcome in FAILED and quotes_console(result.evidence):
                self._blocks.append((len(self._results), Block(test, 0, None, result.evidence)))
            else:
                self._results.append(result)

    def run(self) -> ParsedRun:
        """Return what was read; failures that quote a zdtm console give one result for each of its flavors."""
        quoted = block_results([block for _, block in self._blocks])
        for (at, _), results in reversed(list(zip(self._blocks, quoted, strict=True))):
            self._results[at:at] = [_without_place(result) for result in results]
        return ParsedRun(
            source=name,
            meta=RunMeta.model_construct(**{**RunMeta().model_dump(), "started_at": _start(self._times)}),
            results=tuple(numbered(self._results)),
            incomplete="; ".join(self._faults[:10]) or None,
            broken=tuple(self._broken[:10]),
        )


def _ginkgo_failure(suite: Any) -> str | None:
    """Return why Ginkgo says that the suite failed as a whole, such as by its time limit; None when it does not."""
    found = {p.name: p.value or "" for p in suite.properties()}
    return (
        " ".join(found.get("SpecialSuiteFailureReason", "").split())[:200]
        if found.get("SuiteSucceeded") == "false"
        else None
    )


def _without_place(result: ParsedResult) -> ParsedResult:
    return ParsedResult(result.test, result.outcome, result.flavor, result.phase, result.step, evidence=result.evidence)


def _name(case: Any) -> str:
    title = " ".join((case.name or "").split()) or "(no name)"
    group = " ".join((case.classname or "").split())
    return (f"{group}::{title}" if group else title)[:_MAX_NAME]


def _attempts(case: Any, test: str) -> Iterator[ParsedResult]:
    """Yield each attempt that the case records, the deciding one last."""
    element = case._elem  # noqa: SLF001 - junitparser's own view leaves retries and unknown children out
    for child in element:
        if child.tag in {"flakyFailure", "rerunFailure", "flakyError", "rerunError"}:
            outcome = "fail" if child.tag.endswith("Failure") else "aborted"
            yield ParsedResult(test, outcome, evidence=_lines(child))
    yield _last_attempt(case, test)


def _last_attempt(case: Any, test: str) -> ParsedResult:
    element, duration = case._elem, _seconds(case._elem.get("time"))  # noqa: SLF001 - the same
    bad = [child for child in element if child.tag in {"failure", "error"}]
    if bad:
        evidence = tuple(line for child in (*bad, *_outputs(element)) for line in _lines(child))[:MAX_EVIDENCE]
        return ParsedResult(test, _outcome(bad), duration_s=duration, evidence=evidence)
    skipped = element.find("skipped")
    if skipped is not None:
        return ParsedResult(test, "skip", skip_reason=_reason(skipped), duration_s=None)
    status = " ".join((element.get("status") or "").lower().split())
    outcome = _STATUS.get(status, "pass")
    if outcome in {"skip", "not-run"}:
        return ParsedResult(test, outcome, skip_reason=f"status {status}" if outcome == "skip" else None)
    return ParsedResult(test, outcome, duration_s=duration)


def _outputs(element: Any) -> list[Any]:
    return [child for child in element if child.tag in {"system-out", "system-err"}]


def _outcome(bad: list[Any]) -> str:
    types = [_TYPES.get((child.get("type") or "").lower()) for child in bad]
    named = next((kind for kind in types if kind), None)
    return named or ("fail" if any(child.tag == "failure" for child in bad) else "aborted")


def _reason(skipped: Any) -> str | None:
    words = [skipped.get("type") or "", skipped.get("message") or (skipped.text or "")]
    return " ".join(" ".join(words).split())[:_MAX_NAME] or None


def _lines(element: Any) -> tuple[str, ...]:
    """Return the message and all text below ``element``, line by line, the message only where the text lacks it."""
    text = "".join(element.itertext())
    message = element.get("message") or ""
    whole = text if message.strip() in text else f"{message}\n{text}"
    return tuple(line[:_MAX_LINE].rstrip() for line in whole.strip("\n").splitlines()[:MAX_EVIDENCE])


def _seconds(text: str | None) -> float | None:
    plain = (text or "").strip()
    if _THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _count(suite: Any, attribute: str) -> int:
    text = suite._elem.get(attribute) or ""  # noqa: SLF001 - junitparser raises for a number that is none
    return int(text) if text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - a count, not a bomb


def _start(times: list[str]) -> Any:
    """Return the earliest time that names its zone; one without says nothing certain."""
    found = []
    for text in times:
        try:
            found.append(parse_time(text.strip()))
        except (ValueError, OverflowError):
            continue
    return min(found, default=None)
