"""Logs of autopkgtest, written after the lines that autopkgtest 5.28 prints; the consoles in them are small ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.runs.parsed import ParsedRun
from criukb.runs.sources import HEAD, Limits, find_source
from runfakes import console, passing

SMALL = console([*passing("a"), ("zdtm/static/b", [("h", "CRIU dump", "b'x'")])])
HEAD_LINES = (
    "starting date and time: 2026-11-23 08:13:05+0000",
    "version 5.28",
    "testbed dpkg architecture: amd64",
    "testbed release detected to be: trixie",
    "testbed running kernel: Linux 6.12.48+deb13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)",
    "testing package criu version 4.1.1-1",
)


def says(text: str) -> str:
    return f"autopkgtest [08:13:05]: {text}"


def block(test: str, output: str, verdict: str) -> list[str]:
    begin, end = says(f"test {test}: [-----------------------"), says(f"test {test}: -----------------------]")
    results = says(f"test {test}:  - - - - - - - - - - results - - - - - - - - - -")
    return [begin, *output.rstrip("\n").split("\n"), end, results, f"{test:<20} {verdict}"]


def log(*blocks: list[str], head: tuple[str, ...] = HEAD_LINES) -> bytes:
    lines = [says(text) for text in head] + [line for part in blocks for line in part]
    lines += [says("@@@@@@@@@@@@@@@@@@@@ summary"), *(part[-1] for part in blocks)]
    return "".join(f"{number:3d}s {line}\n" for number, line in enumerate(lines)).encode()


def read(data: bytes) -> ParsedRun:
    path = Path("log")
    source = find_source(path, data[:HEAD])
    assert source.name == "autopkgtest"
    (run,) = source.read(path, data, Limits())
    return run


def test_facts() -> None:
    """Kernel, architecture in uname's words, release, start and CRIU's version come from the log; the job does not."""
    meta = read(log(block("zdtm", SMALL, "FAIL non-zero exit status 1"))).meta
    assert (meta.kernel, meta.arch, meta.distro) == ("6.12.48+deb13-amd64", "x86_64", "trixie")
    assert (meta.criu_version, str(meta.started_at)) == ("4.1.1", "2026-11-23 08:13:05+00:00")
    assert meta.job is None


def test_kernel_that_changed() -> None:
    """A testbed that came back with another kernel has no one kernel."""
    head = (*HEAD_LINES, "testbed running kernel changed: Linux 6.13.0-1 #1 (current test: zdtm)")
    assert read(log(block("zdtm", SMALL, "PASS"), head=head)).meta.kernel is None


def test_zdtm_and_other_tests() -> None:
    """A test that ran zdtm gives its records, explained verdicts no more; others are a result by their verdict."""
    data = log(
        block("zdtm", SMALL, "FAIL non-zero exit status 1"),
        block("smoke", "criu check\nWarn (criu/x.c:1): y", "FAIL stderr: Warn"),
        block("rpc", "fine", "PASS"),
        block("crit", "needs a machine", "SKIP Test requires machine-level isolation"),
        block("again", SMALL, "PASS"),
    )
    run = read(data)
    found = {result.test: result for result in run.results if result.test.startswith("autopkgtest/")}
    assert {test: result.outcome for test, result in found.items()} == {
        "autopkgtest/smoke": "fail",
        "autopkgtest/rpc": "pass",
        "autopkgtest/crit": "skip",
    }
    assert found["autopkgtest/smoke"].step == "FAIL stderr: Warn"
    assert found["autopkgtest/smoke"].evidence == ("criu check", "Warn (criu/x.c:1): y")
    assert found["autopkgtest/crit"].skip_reason == "Test requires machine-level isolation"
    rest = Counter(result.outcome for result in run.results if result.test.startswith("zdtm/"))
    assert rest == {"pass": 6, "fail": 2, "not-run": 4}
    assert sorted({result.invocation for result in run.results}) == [1, 2, 3, 4, 5]


def test_places() -> None:
    """A result's line is that of the whole log."""
    data = log(block("smoke", "fine", "PASS"), block("zdtm", SMALL, "FAIL non-zero exit status 1"))
    lines = data.decode().split("\n")
    for result in read(data).results:
        if result.test == "zdtm/static/b" and result.outcome == "fail":
            assert "Run zdtm/static/b in h" in lines[(result.first_line or 0) - 1]
            break
    else:
        pytest.fail("no failed result")


def test_verdict_that_zdtm_does_not_explain() -> None:
    """A test that failed though all of zdtm's records passed is a failure of its own."""
    run = read(log(block("zdtm", console(passing("a")), "FAIL timed out")))
    failed = [result for result in run.results if result.outcome == "fail"]
    assert [(result.test, result.step) for result in failed] == [("autopkgtest/zdtm", "FAIL timed out")]


def test_test_without_a_run() -> None:
    """A test that never started has its verdict from the summary."""
    run = read(log(block("zdtm", SMALL, "PASS"), ["zdtm-slow             SKIP installation fails"]))
    assert [r.outcome for r in run.results if r.test == "autopkgtest/zdtm-slow"] == ["skip"]


def test_cut() -> None:
    """A log that ends within a test is cut, and its open record is aborted."""
    data = log(block("zdtm", SMALL, "PASS"))
    run = read(data[: data.index(b"Run criu dump", data.index(b"static/b in h"))])
    assert run.incomplete == "ends within the test zdtm"
    assert next(r.outcome for r in run.results if r.test == "zdtm/static/b") == "aborted"


def test_no_test() -> None:
    """A log that ends in the set-up of the testbed is refused with the next step."""
    with pytest.raises(CriukbError, match="no test in this log") as caught:
        read("".join(f"  0s {says(text)}\n" for text in HEAD_LINES).encode())
    assert caught.value.faults[0].hint


def test_broken_testbed_is_not_explained_by_a_failure() -> None:
    """BROKEN says that the testbed failed: the failed tests of zdtm are no reason for that."""
    run = read(log(block("zdtm", SMALL, "BROKEN")))

    assert ("autopkgtest/zdtm", "aborted") in [(r.test, r.outcome) for r in run.results]
