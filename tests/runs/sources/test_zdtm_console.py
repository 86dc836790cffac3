"""Consoles in all the ways in which CRIU's CI runs zdtm; small ones, written after what zdtm.py 4.2 prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.sources import Limits, zdtm_console
from runfakes import console, passing, sep

VFORK = "zdtm/static/vfork00"


def read(lines: Sequence[str]) -> ParsedRun:
    (run,) = zdtm_console.read(Path("x"), "\n".join(lines).encode(), Limits())
    return run


def one(test: str, flavor: str, body: Sequence[str], end: str, options: str = "") -> list[str]:
    """Return the console of one test in one flavor, as run-ci-tests.sh and criu-fault.sh start many."""
    last = sep(f"Test {test} PASS") if end == "PASS" else sep(f"Test {test} FAIL at {end}", "#")
    return [
        f"+ ./test/zdtm.py run -t {test} -f {flavor} {options}",
        f"=== Run 1/1 {'=' * 16} {test}",
        sep(f"Run {test} in {flavor}"),
        "Start test",
        *body,
        last,
        *([] if end == "PASS" else [sep("FAIL", "#")]),
    ]


def results(lines: Sequence[str]) -> list[tuple[int, str, str]]:
    return [(r.invocation, r.test, r.outcome) for r in read(lines).results]


def test_crash_on_purpose() -> None:
    """Fault 136 makes criu die in the dump: what zdtm calls a failure is what was asked for, and a pass is none."""
    body = ["Run criu dump", "Forcing 136 fault", "------- grep Error -------"]
    (died,) = read(one(VFORK, "h", body, "CRIU dump", "--fault 136")).results
    (lived,) = read(one(VFORK, "h", body, "PASS", "--fault 136")).results
    assert died == ParsedResult(
        VFORK, "pass", "h", step="CRIU dump, as fault 136 is meant to", first_line=died.first_line
    )
    assert (lived.outcome, lived.step) == ("fail", "unexpected success with fault 136")
    (other,) = read(one(VFORK, "h", [body[0], "Forcing 130 fault"], "CRIU dump", "--fault 130")).results
    assert (other.outcome, other.step) == ("fail", "CRIU dump")


def test_expected_to_fail() -> None:
    """A crfail test passes when criu refuses, whatever Errors it prints, and fails when criu does not."""
    refused = ["Run criu dump", "b'(00.1) Error (criu/namespaces.c:1): no'"]
    assert read(one("zdtm/static/ptrace_sig", "h", refused, "PASS")).results[0].evidence == ()
    (dumped,) = read(one("zdtm/static/ptrace_sig", "h", ["Run criu dump"], "unexpected success")).results
    assert (dumped.outcome, dumped.step, dumped.phase) == ("fail", "unexpected success", "test")


def test_shards() -> None:
    """Each shard counts its own tests from 1; two shards behind each other are two invocations."""
    shards = [
        f"We're shard #{index} of 2. Running 1 of 2 tests.\n\n{console(passing(test))}".rstrip("\n")
        for index, test in enumerate("ab")
    ]
    run = read("\n".join(shards).split("\n"))
    assert {(r.invocation, r.test, r.outcome) for r in run.results} == {
        (1, "zdtm/static/a", "pass"),
        (2, "zdtm/static/b", "pass"),
    }
    assert run.warnings == ()


def test_many_invocations() -> None:
    """Serial runs of single tests, as criu-fault.sh makes them, are an invocation each; a failing one ends its own."""
    lines = [
        *one("zdtm/static/env00", "h", ["Run criu dump", "Forcing 1 fault", "Run criu dump"], "PASS", "--fault 1"),
        *one("zdtm/static/env00", "h", ["Run criu dump"], "CRIU dump", "--norst"),
        *one("zdtm/static/env00", "h", ["Run criu dump"], "PASS", "--rpc"),
    ]
    env = "zdtm/static/env00"
    assert results(lines) == [(1, env, "pass"), (2, env, "fail"), (3, env, "pass")]
    assert read(lines).options[2] == "run -t zdtm/static/env00 -f h --norst"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("subprocess.TimeoutExpired: Command '['criu']' timed out after 60 seconds", "timeout"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'x'", "aborted"),
    ],
)
def test_traceback(error: str, outcome: str) -> None:
    """A test that ends with a traceback and no FAIL line is no pass; the exception is its step."""
    text = console([("zdtm/static/b", [("h", "", "")])]).replace("KeyError: 'x'", error)
    first = read(text.rstrip("\n").split("\n")).results[0]
    assert (first.outcome, first.step) == (outcome, error)
    assert error in first.evidence


def test_without_output() -> None:
    """A launched test without any output is not-run in each flavor."""
    text = console([*passing("a"), ("zdtm/static/c", [])])
    found = [r for r in read(text.rstrip("\n").split("\n")).results if r.test == "zdtm/static/c"]
    assert [(r.outcome, r.flavor, r.evidence) for r in found] == [("not-run", f, ()) for f in ("h", "ns", "uns")]
