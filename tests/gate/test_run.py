"""The run to judge: from an input or from the store, with what the suite says beyond its results."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.gate.judge import judge
from criukb.gate.policy import Policy
from criukb.gate.run import GateRun, read_runs, stored_run
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta, make_meta
from runfakes import NAMED, FakeDiagnoser, console, passing

FAILING = console([*passing("a"), ("zdtm/static/b", [("ns", "CRIU dump", f"Error (criu/x.c:1): {NAMED} 0")])])


def run_of(tmp_path: Path, text: str) -> GateRun:
    path = tmp_path / "x.console.log"
    path.write_text(text, encoding="utf-8")
    return next(iter(read_runs(path, RunMeta(), FakeDiagnoser())))


def test_console(tmp_path: Path) -> None:
    """A console needs neither a job nor a store; its failures come diagnosed."""
    run = run_of(tmp_path, FAILING)

    assert (run.job, run.started_at, run.faults) == (None, None, ())
    assert [(r.test, r.flavor, r.cause) for r in run.results if r.outcome == "fail"] == [
        ("zdtm/static/b", "ns", "rlimit-denied")
    ]


def test_side_file(tmp_path: Path) -> None:
    """Its side file says when it started."""
    (tmp_path / "x.console.log.meta.yaml").write_text("started_at: 2026-11-23T07:30:00Z\n", encoding="utf-8")

    assert str(run_of(tmp_path, FAILING).started_at) == "2026-11-23 07:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (console(passing("a", "b"))[:700], "ends in the middle of|ends after test|ends without a summary"),
        (
            console(passing("a")).replace("ALL TEST(S) PASSED", "0 TEST(S) FAILED") + f"{'#' * 37} FAIL {'#' * 37}\n",
            "the suite says FAIL, and no test failed",
        ),
        (
            console(passing("a")).split("###")[0] + "Traceback (most recent call last):\n  x\nException: tainted\n",
            "ended with: Exception: tainted",
        ),
        (
            FAILING.replace(" * zdtm/static/b(ns)", " * zdtm/static/a(ns)"),
            "the suite names zdtm/static/a as failed, and no result does",
        ),
    ],
)
def test_what_no_result_shows(tmp_path: Path, text: str, fault: str) -> None:
    """A cut console, a core file, a crash of the launcher and a failure that only the summary names are faults."""
    faults = run_of(tmp_path, text).faults

    assert len(faults) == 1
    assert any(part in faults[0] for part in fault.split("|"))


def test_stored_run(tmp_path: Path) -> None:
    """The id of a stored run, or its beginning, gives the same results as its console."""
    path, store = tmp_path / "x.console.log", tmp_path / "store"
    path.write_text(FAILING, encoding="utf-8")
    added = ingest([path], store, make_meta({"job": "nightly"}), FakeDiagnoser())[0]

    run = stored_run(store, added.run_id[:8])

    assert (run.name, run.job) == (added.run_id, "nightly")
    assert run.results == run_of(tmp_path, FAILING).results


def test_ambiguous_and_unknown_ids(tmp_path: Path) -> None:
    """An id that fits no run, or several, is an error."""
    store = tmp_path / "store"
    for job in ("a", "b"):
        path = tmp_path / "x.console.log"
        path.write_text(FAILING, encoding="utf-8")
        ingest([path], store, make_meta({"job": job}), FakeDiagnoser())

    with pytest.raises(CriukbError, match="no run ffffff"):
        stored_run(store, "ffffff")
    with pytest.raises(CriukbError, match="several runs begin with"):
        stored_run(store, "")


def test_stored_run_keeps_what_the_suite_said(tmp_path: Path) -> None:
    """A suite that failed without a failed test is red from its file and from the store alike."""
    path = tmp_path / "suite.xml"
    said = '<property name="SuiteSucceeded" value="false"/><property name="SpecialSuiteFailureReason" value="Timeout"/>'
    path.write_text(
        f'<testsuite name="a" tests="1"><properties>{said}</properties><testcase name="x"/></testsuite>',
        encoding="utf-8",
    )
    ((run, *_),) = [ingest([path], tmp_path / "store", make_meta({"job": "j"}), FakeDiagnoser())]
    fresh = next(iter(read_runs(path, RunMeta(), FakeDiagnoser())))
    stored = stored_run(tmp_path / "store", run.run_id)
    verdicts = [judge(found, Policy(), lambda _: None, None) for found in (fresh, stored)]

    assert [verdict.green for verdict in verdicts] == [False, False]
    assert verdicts[0].problems == verdicts[1].problems
