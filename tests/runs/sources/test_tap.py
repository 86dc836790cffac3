"""TAP reports: what counts as which outcome, what is missing against the plan, and agreement with the console."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.errors import CriukbError
from criukb.paths import SAMPLE_DIR
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.reading import read_input
from criukb.runs.schema import OUTCOMES
from criukb.runs.sources import Limits, find_source, source_named, tap
from criukb.runs.sources.tap_lines import MAX_EVIDENCE

DATA = Path(__file__).parent / "data"
REPORT = (DATA / "zdtm.tap").read_text(encoding="utf-8")
WHOLE = REPORT.replace("1..481", "1..10")
CONSOLE = SAMPLE_DIR / "debian-sid-criu-4.2.1-uid0-run11.console.log.gz"


def read(text: str) -> ParsedRun:
    return tap.read_tap(text.splitlines())


def outcomes(text: str) -> list[str]:
    return [result.outcome for result in read(text).results]


def failures(run: ParsedRun) -> list[ParsedResult]:
    return [r for r in run.results if r.outcome in {"fail", "timeout", "aborted", "not-run"}]


@pytest.mark.parametrize(
    ("line", "outcome", "reason"),
    [
        ("ok 1 - a", "pass", None),
        ("ok", "pass", None),
        ("not ok 1 - a", "fail", None),
        ("not ok", "fail", None),
        ("ok 1 - a # SKIP no root", "skip", "no root"),
        ("ok 1 - a # skipped: no root", "skip", "no root"),
        ("not ok 1 - a # SKIP no root", "skip", "no root"),
        ("not ok 1 - a # TODO later", "skip", "TODO later"),
        ("ok 1 - a # TODO later", "pass", None),
        ("not ok 1 - issue \\# SKIP is no directive", "fail", None),
    ],
)
def test_outcome_of_a_line(line: str, outcome: str, reason: str | None) -> None:
    """Each form of a test line has one outcome; an expected failure is a skip that says so."""
    result = read(f"TAP version 13\n1..1\n{line}\n").results[0]

    assert (result.outcome, result.skip_reason) == (outcome, reason)


def test_zdtm_report() -> None:
    """Skips, passes and failures are told apart; the architecture is a fact, the time has no sure zone and is none."""
    run = read(WHOLE)

    assert run.source == "zdtm-tap"
    assert run.incomplete is None
    assert (run.meta.arch, run.meta.started_at) == ("x86_64", None)
    assert Counter(r.outcome for r in run.results) == {"skip": 4, "pass": 3, "fail": 3, "not-run": 3}
    assert run.results[0].skip_reason == "manual run only"
    assert [(r.test, r.flavor, r.step, r.phase) for r in run.results if r.outcome == "fail"] == [
        ("zdtm/static/autofs", "ns", "CRIU restore", "restore"),
        ("zdtm/static/file_lease04", "h", "result check", "test"),
        ("zdtm/static/sit", "uns", "['make', '--no-print-directory', '-C', 'zdtm/static', 'sit.pid']", "test"),
    ]


def test_agrees_with_the_console_of_the_same_run() -> None:
    """Of the tests in the cut report, the console has the same failures, steps, phases and flavors not run."""
    run = read(WHOLE)
    failed = {r.test for r in run.results if r.outcome == "fail"}
    console = next(source_named("zdtm-console").read(CONSOLE, read_input(CONSOLE), Limits()))

    def facts(found: ParsedRun) -> set[tuple[str, str | None, str, str | None, str | None]]:
        return {(r.test, r.flavor, r.outcome, r.step, r.phase) for r in failures(found) if r.test in failed}

    assert facts(run) == facts(console)
    passing = {r.test for r in run.results if r.outcome == "pass"} - failed
    assert passing
    assert all(r.outcome == "pass" for r in console.results if r.test in passing)


def test_places_and_evidence() -> None:
    """The evidence of a failure are the lines of its console, and its place is their line in the report."""
    result = next(r for r in read(WHOLE).results if r.outcome == "fail")

    assert any("Error (criu/" in line for line in result.evidence)
    assert result.first_line is not None
    assert "Run zdtm/static/autofs in ns" in REPORT.splitlines()[result.first_line - 1]


def test_missing_results_are_never_passes() -> None:
    """What the plan announces and no line reports is not run, and the run incomplete."""
    run = read(REPORT)

    assert run.incomplete == "471 of 481 tests of the plan have no result"
    assert sum(r.outcome == "not-run" for r in run.results) == 471 + 3


def test_missing_numbers_are_named() -> None:
    """Where the numbers can be trusted, the missing ones are told; a huge plan makes a bounded number of rows."""
    assert [r.test for r in read("1..3\nok 1 - a\nok 3 - c\n").results if r.outcome == "not-run"] == [
        "(missing result: test 2)"
    ]
    huge = read("1..999999999\nok 1 - a\n")
    assert len(huge.results) == tap.MAX_MISSING + 1
    assert huge.incomplete == "999999998 of 999999999 tests of the plan have no result"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1..2\nok 1 - a\nBail out! no disk\n", "Bail out! no disk; 1 of 2 tests of the plan have no result"),
        ("ok 1 - a\n", "no plan: what is missing cannot be told"),
        (WHOLE[: WHOLE.index("Run criu restore")], "the report ends within the YAML block of line 13; "),
    ],
)
def test_incomplete(text: str, reason: str) -> None:
    """A report that ends early says why it is incomplete."""
    assert (read(text).incomplete or "").startswith(reason)


def test_cut_within_a_block_is_a_failure() -> None:
    """A failed test whose console is cut is no less failed."""
    run = read(WHOLE[: WHOLE.index("Run criu dump")])

    assert [(r.test, r.outcome) for r in run.results if r.flavor] == [("zdtm/static/autofs", "aborted")]


def test_child_without_verdict_is_aborted() -> None:
    """``flavor unknown`` means that the test's process died; the flavor is not known and not invented."""
    run = read('1..1\nnot ok 1 - zdtm/static/a # flavor unknown\n---\n"output": |\n  Traceback\n...\n')

    assert [(r.test, r.flavor, r.outcome, r.evidence) for r in run.results] == [
        ("zdtm/static/a", None, "aborted", ("Traceback",))
    ]


def test_several_reports_behind_each_other() -> None:
    """Zdtm appends to reports: each version line starts an invocation with its own plan."""
    run = read("TAP version 13\n1..1\nok 1 - zdtm/static/a\n" * 2)

    assert [(r.outcome, r.invocation) for r in run.results] == [("pass", 1), ("pass", 2)]
    assert run.incomplete is None


def test_bats_tap() -> None:
    """bats: durations behind the name, diagnostics as comments behind the line; a # in a name is no directive."""
    run = read((DATA / "bats.tap").read_text(encoding="utf-8"))

    assert run.source == "tap"
    assert [(r.test, r.outcome, r.flavor) for r in run.results] == [
        ("checkpoint and restore", "pass", None),
        ("checkpoint --pre-dump (bad --parent-path)", "fail", None),
        ("checkpoint --lazy-pages and restore", "skip", None),
        ("checkpoint in # external network namespace", "pass", None),
    ]
    assert run.results[0].duration_s == 0.007
    assert "(00.018) Error (criu/cr-dump.c:1744): Dumping FAILED." in run.results[1].evidence


def test_bats_tap13() -> None:
    """TAP 13 of bats: durations and messages come from the YAML blocks."""
    run = read((DATA / "bats13.tap").read_text(encoding="utf-8"))

    assert [r.outcome for r in run.results] == ["pass", "fail", "skip", "pass"]
    assert run.results[0].duration_s == 0.008
    assert "(00.018) Error (criu/cr-dump.c:1744): Dumping FAILED." in run.results[1].evidence


def test_subtests_do_not_count() -> None:
    """The lines of a TAP 14 subtest explain their parent and are no results of their own."""
    text = "1..2\n# Subtest: a\n    ok 1 - x\n    not ok 2 - y\n    1..2\nnot ok 1 - a\nok 2 - b\n"
    run = read(text)

    assert [(r.test, r.outcome) for r in run.results] == [("a", "fail"), ("b", "pass")]
    assert "    not ok 2 - y" in run.results[0].evidence


def test_repeated_test_keeps_each_attempt() -> None:
    """The same name twice is two attempts, never one."""
    assert [(r.outcome, r.invocation) for r in read("1..2\nnot ok 1 - a\nok 2 - a\n").results] == [
        ("fail", 1),
        ("pass", 2),
    ]


def test_bad_yaml_is_kept_as_lines() -> None:
    """A block that is no YAML (an alias, a tab, a bomb) is evidence as it stands."""
    text = "1..1\nnot ok 1 - a\n---\na: &x [1]\nb: *x\n...\n"

    assert read(text).results[0].evidence == ("a: &x [1]", "b: *x")


def test_no_test_is_no_run() -> None:
    """A report without a test is refused, not an empty green run."""
    with pytest.raises(CriukbError, match="no test in this TAP report"):
        list(tap.read(Path("x.tap"), b"TAP version 13\n1..0 # SKIP nothing\n", Limits()))


@pytest.mark.parametrize(
    ("head", "fits"),
    [
        (b"TAP version 13\n", True),
        (b"# Hardware architecture: x86_64\n\nTAP version 13\n", True),
        (b"1..4\nok 1\n", True),
        (b"=== Run 1/2 ---------------- zdtm/static/a\n", False),
        (b"1..4 is a range\n", False),
        (b"", False),
        (b"<testsuite/>", False),
    ],
)
def test_fits(head: bytes, *, fits: bool) -> None:
    """A report is told by its first line that is no comment."""
    assert tap.fits(Path("x"), head) is fits


def test_registry_finds_it() -> None:
    """The registry asks for TAP before it takes any text as a console."""
    assert find_source(Path("x"), REPORT.encode()[:1000]).name == "tap"


LINES = st.sampled_from(
    ["ok 1 - a", "not ok 2 - zdtm/static/b # flavor ns", "1..3", "---", "...", '"output": |', "  = Run x in h =", "# c",
     "Bail out! x", "TAP version 13", "    ok 1", "# Subtest: s", "ok # SKIP", "not ok # TODO", "\udcff", "\x00"]
)  # fmt: skip


@given(st.lists(LINES | st.text(max_size=20), max_size=30))
def test_any_text_is_read(lines: list[str]) -> None:
    """Any mixture of lines gives results with valid outcomes, and as many as it has test lines or fewer."""
    run = tap.read_tap(lines)

    assert all(r.outcome in OUTCOMES for r in run.results)
    assert sum(r.outcome == "pass" for r in run.results) <= sum(line.startswith("ok") for line in lines)


def test_deep_and_endless_yaml_is_bounded() -> None:
    """Deep nesting is kept as lines without being followed, and many blocks give a bounded number of lines."""
    nested = "1..1\nnot ok 1 - a\n---\n" + "- " * 5000 + "\n...\n"
    many = "1..1\nnot ok 1 - a\n" + "---\na: b\n...\n" * (MAX_EVIDENCE + 5)

    assert read(nested).results[0].evidence == (("- " * 5000).rstrip("\n"),)
    assert len(read(many).results[0].evidence) == MAX_EVIDENCE


def test_nested_yaml_keeps_its_texts() -> None:
    """Mappings and lists within a block give their texts with their own keys."""
    text = "1..1\nnot ok 1 - a\n---\nat: {file: a.c, line: 7}\nlist: [x, y]\nlast: z\n...\n"

    assert read(text).results[0].evidence == ("file: a.c", "line: 7", "x", "y", "last: z")


@pytest.mark.parametrize(
    "text",
    [
        "1..3\nok 1 - a\nok 2 - b\nok 2 - b\n",
        "ok 1 - a\nok 1 - a\nok 2 - b\n1..3\n",
        "1..3\nok 1 - a\nok 2 - b\n1..2\nok 1 - c\nok 2 - d\n",
        "1..2\nok 1 - a\nok 7 - b\n",
    ],
)
def test_one_result_never_stands_for_another(text: str) -> None:
    """A test that is reported twice, or a report behind another, does not fill the gap of a missing one."""
    run = read(text)

    assert [r.outcome for r in run.results].count("not-run") == 1
    assert run.incomplete is not None
