"""KernelCI's kcidb reports, JSON of the I/O schema 4.0 to 5.x (https://github.com/kernelci/kcidb-io).

The schema says of a test's status: FAIL, the code was found faulty; ERROR, the test did not complete because of a
failure in its own code, so the code's state is unknown; MISS, it did not run because of the harness; DONE, it completed
without judging the code; SKIP, it was not applicable. So ERROR is ``aborted``, MISS and no status are ``not-run``,
DONE is a ``skip`` with that reason: none of them is a pass.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from criukb.errors import CriukbError
from criukb.runs.meta import RunMeta, meta_from_console, parse_time
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.sources import Limits
from criukb.runs.sources.kcidb_model import Build, Checkout, Test, load_report
from criukb.runs.sources.zdtm_blocks import numbered

name: Final = "kcidb"
OUTCOMES: Final = {
    "PASS": "pass",
    "FAIL": "fail",
    "ERROR": "aborted",
    "MISS": "not-run",
    "SKIP": "skip",
    "DONE": "skip",
}
NO_JUDGEMENT: Final = "DONE: completed without judging the code"
MAX_RUNS: Final = 10_000
_MAX_FACT = 200
_MAX_FILES = 50
_RELEASE = re.compile(r"v(?=\d)")


class _Run(NamedTuple):
    """What makes tests one run: the build they tested, and where."""

    build: str
    environment: str


def fits(path: Path, head: bytes) -> bool:  # noqa: ARG001 - the signature of all sources
    """Whether it is a JSON object with the parts of a kcidb report."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    parts = (b'"checkouts"', b'"builds"', b'"tests"', b'"build_id"')
    return start.startswith(b"{") and b'"version"' in start and any(part in start for part in parts)


def read(path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:  # noqa: ARG001 - the same
    """Yield a run for each build and environment of the report; CriukbError when it is damaged or has no test."""
    runs = read_kcidb(data, path)
    if not runs:
        raise CriukbError.at(path, "no test in this kcidb report", "give a report with tests, not of builds alone")
    yield from runs


def read_kcidb(data: bytes, path: Path) -> list[ParsedRun]:
    """Read a report; its runs are sorted by build and environment. Raises CriukbError with every fault."""
    report = load_report(data, path)
    groups: dict[_Run, list[Test]] = defaultdict(list)
    for test in report.tests:
        groups[_Run(test.build_id, _environment(test))].append(test)
    if len(groups) > MAX_RUNS:
        raise CriukbError.at(path, f"more than {MAX_RUNS} builds were tested", "split the report")
    builds = {build.id: build for build in report.builds}
    checkouts = {checkout.id: checkout for checkout in report.checkouts}
    return [_run(key, groups[key], builds.get(key.build), checkouts) for key in sorted(groups)]


def _environment(test: Test) -> str:
    found = test.environment
    if found is None:
        return ""
    words = [found.comment or "", *(found.compatible or ())[:1]]
    return " ".join(" ".join(word.split()) for word in words if word)


def _run(key: _Run, tests: list[Test], build: Build | None, checkouts: dict[str, Checkout]) -> ParsedRun:
    checkout = checkouts.get(build.checkout_id) if build else None
    facts = {"arch": build.architecture if build else None, "variant": _variant(build, key.environment)}
    facts |= _kernel(checkout)
    warnings = [] if build else [(0, f"build {key.build[:80]} is not in the report: kernel and architecture not known")]
    results = numbered(_result(test) for test in sorted(tests, key=lambda t: (t.path or "", t.start_time or "", t.id)))
    ids = "\n".join(sorted(f"{test.id}\t{test.status}" for test in tests))
    return ParsedRun(
        source=name,
        meta=_meta(facts, _start(tests)),
        results=tuple(results),
        warnings=tuple(warnings),
        identity=f"{key.build}\n{key.environment}\n{ids}".encode("utf-8", "replace"),
        part=" ".join(part for part in (key.build, key.environment) if part)[:_MAX_FACT],
    )


def _kernel(checkout: Checkout | None) -> dict[str, str | None]:
    """Return the tested kernel's release, as ``git describe`` names it, and its commit."""
    if checkout is None:
        return {}
    release = checkout.git_commit_name
    kernel = _RELEASE.sub("", release, count=1) if release and _RELEASE.match(release) else release
    return {"kernel": kernel, "commit": checkout.git_commit_hash}


def _variant(build: Build | None, environment: str) -> str | None:
    words = [build.config_name if build else None, build.compiler if build else None, environment]
    return ", ".join(" ".join(word.split()) for word in words if word) or None


def _meta(facts: dict[str, str | None], started: datetime | None) -> RunMeta:
    """Keep each fact that is a valid one; the others are not known."""
    meta = RunMeta()
    for field, value in facts.items():
        if value:
            meta = meta.over(meta_from_console({field: value[:_MAX_FACT]}))
    return RunMeta.model_construct(**{**meta.model_dump(), "started_at": started})


def _start(tests: list[Test]) -> datetime | None:
    """Return when the first test of the run began; None when no test says so."""
    times = []
    for test in tests:
        try:
            times.append(parse_time(test.start_time or ""))
        except (ValueError, OverflowError):
            continue
    return min(times, default=None)


def _result(test: Test) -> ParsedResult:
    outcome = OUTCOMES.get(test.status or "", "not-run")
    failed = outcome in {"fail", "aborted"}
    reason = NO_JUDGEMENT if test.status == "DONE" else test.comment
    return ParsedResult(
        test=test.path or "(all tests of the build)",
        outcome=outcome,
        skip_reason=reason if outcome == "skip" else None,
        duration_s=test.duration,
        evidence=tuple(_evidence(test)) if failed else (),
    )


def _evidence(test: Test) -> Iterator[str]:
    """Yield the excerpt of the log, and where the whole one is: nothing is fetched."""
    yield from (test.log_excerpt or "").splitlines()
    if test.log_url:
        yield f"log_url: {test.log_url}"
    for file in (test.output_files or ())[:_MAX_FILES]:
        yield f"output_file {file.name}: {file.url}"
