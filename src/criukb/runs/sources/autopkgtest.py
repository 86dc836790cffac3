"""Logs of Debian's autopkgtest: several tests of one package, each between two marks, with seconds before each line.

A test that ran zdtm gives zdtm's results. Any other test is one result, ``autopkgtest/NAME``, by the verdict that
autopkgtest prints behind it; so is one whose verdict zdtm's results do not explain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from criukb.errors import CriukbError
from criukb.logs.ci_stamps import Stamped
from criukb.logs.zdtm import parse_console
from criukb.runs.meta import RunMeta, meta_from_console
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.schema import FAILED
from criukb.runs.sources import Limits
from criukb.runs.sources.zdtm_console import console_lines, console_run, moved

name: Final = "autopkgtest"

_SAYS = r"autopkgtest \[\d\d:\d\d:\d\d\]: "
_FIRST = re.compile(rb"(?:[^\n]{0,300}\n){0,20}?\s{0,6}(?:\d{1,7}s )?autopkgtest \[\d\d:\d\d:\d\d\]: ")
_LINE = re.compile(_SAYS + r"(?P<text>.*)\Z")
_TEST = re.compile(r"test (?P<test>\S{1,200}): (?P<mark>\[-----------------------|-----------------------\])\Z")
_VERDICT = re.compile(
    r"(?P<test>[^\s@]\S{0,199})\s+(?P<verdict>PASS|FAIL|SKIP|FLAKY|BROKEN)(?: (?P<why>.{0,200}))?\s*\Z"
)
_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"PASS": "pass", "FAIL": "fail", "FLAKY": "fail", "BROKEN": "aborted", "SKIP": "skip"}
)
# dpkg's names where uname has another one for the same machine.
_MACHINES = MappingProxyType({"amd64": "x86_64", "arm64": "aarch64", "ppc64el": "ppc64le", "loong64": "loongarch64"})
_FACTS = (
    ("kernel", re.compile(r"testbed running kernel(?: changed)?: Linux (\S+)")),
    ("arch", re.compile(r"testbed dpkg architecture: (\S+)")),
    ("distro", re.compile(r"testbed release detected to be: (?!None\b)(\S+)")),
    ("started_at", re.compile(r"starting date and time: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4})")),
    # The release of the package without Debian's epoch and revision.
    ("criu_version", re.compile(r"testing package criu version (?:\d+:)?(\d[\w.+~]*)")),
)


@dataclass(slots=True)
class _Test:
    """One test of the package; its lines follow the line numbered ``start`` (from 1) and may still be to come."""

    name: str
    start: int
    lines: list[str] = field(default_factory=list)
    ended: bool = False
    verdict: str | None = None
    why: str = ""


def fits(path: Path, head: bytes) -> bool:  # noqa: ARG001 - the signature of all sources
    """Whether one of the first lines is autopkgtest's own."""
    return _FIRST.match(head) is not None


def read(path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:  # noqa: ARG001 - the same
    """Yield the one run of the log; CriukbError when no test is in it."""
    lines = console_lines(data)
    tests, facts = _split(lines)
    if not tests:
        hint = "give the whole log, as autopkgtest's --output-dir holds it in its file log"
        raise CriukbError.at(path, "no test in this log of autopkgtest", hint)
    cut = next((test for test in tests if not test.ended and test.verdict is None), None)
    parts = list(_parts(tests))
    yield ParsedRun(
        source=name,
        meta=facts,
        results=tuple(result for part in parts for result in part.results),
        options={number: text for part in parts for number, text in part.options.items()},
        warnings=tuple(warning for part in parts for warning in part.warnings),
        incomplete=f"ends within the test {cut.name}"
        if cut
        else next((p.incomplete for p in parts if p.incomplete), None),
        cut_line=len(lines) if cut else next((p.cut_line for p in parts if p.incomplete), 0),
        dropped=sum(part.dropped for part in parts),
        identity=data.rstrip(b"\n"),
        broken=tuple(reason for part in parts for reason in part.broken),
    )


def _split(lines: Sequence[str]) -> tuple[list[_Test], RunMeta]:
    """Return the tests with their lines, still stamped, and what the log says of the testbed."""
    tests: dict[str, _Test] = {}
    seen: dict[str, set[str]] = {}
    running: _Test | None = None
    for number, (raw, line) in enumerate(zip(lines, Stamped(lines), strict=True), 1):
        said = _LINE.match(line)
        mark = _TEST.match(said["text"]) if said else None
        if mark:
            opens = mark["mark"].startswith("[")
            if running:
                running.ended = running.ended or (not opens and mark["test"] == running.name)
            running = tests.setdefault(mark["test"], _Test(mark["test"], number)) if opens else None
        elif running is not None:
            running.lines.append(raw)
        elif said:
            _note(said["text"], seen)
        else:
            _judge(line, number, tests)
    return list(tests.values()), meta_from_console({key: min(v) for key, v in seen.items() if len(v) == 1})


def _note(text: str, seen: dict[str, set[str]]) -> None:
    for key, pattern in _FACTS:
        found = pattern.match(text)
        if found:
            value = _MACHINES.get(found[1], found[1]) if key == "arch" else found[1]
            seen.setdefault(key, set()).add(value)


def _judge(line: str, number: int, tests: dict[str, _Test]) -> None:
    found = _VERDICT.match(line)
    if found and found["test"] != "*":
        test = tests.setdefault(found["test"], _Test(found["test"], number, ended=True))
        test.verdict = test.verdict or found["verdict"]
        test.why = test.why or (found["why"] or "").strip()


def _parts(tests: Sequence[_Test]) -> Iterator[ParsedRun]:
    invocations = 0
    for test in tests:
        console = parse_console(test.lines)
        run = moved(console_run(console, name, b""), test.start, invocations)
        if not console.is_zdtm:
            run = ParsedRun(name, RunMeta(), (_result(test, invocations + 1),))
        elif test.verdict == "BROKEN" or (
            test.verdict == "FAIL" and not any(result.outcome in FAILED for result in run.results)
        ):
            number = invocations + max(1, len(console.invocations))
            run = replace(run, results=(*run.results, _result(test, number)))
        invocations += max(1, len(console.invocations))
        yield run


def _result(test: _Test, invocation: int) -> ParsedResult:
    outcome = _OUTCOMES[test.verdict] if test.verdict else "aborted"
    failed = outcome in FAILED
    why = f"{test.verdict or 'no verdict'} {test.why}".strip()
    return ParsedResult(
        test=f"autopkgtest/{test.name}",
        outcome=outcome,
        phase="test" if failed else None,
        step=why if failed else None,
        skip_reason=test.why or "no reason given" if outcome == "skip" else None,
        first_line=test.start,
        invocation=invocation,
        evidence=tuple(Stamped(test.lines)) if failed else (),
    )
