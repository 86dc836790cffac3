"""JUnit reports of real tools, what their elements mean, and XML that means harm."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.runs.parsed import ParsedRun
from criukb.runs.sources import Limits, find_source, junit, xmltree

DATA = Path(__file__).parent / "data"
ZDTM = (DATA / "zdtm.tap").read_text(encoding="utf-8")
PATH = Path("x.xml")


def read(text: str | bytes) -> ParsedRun:
    return junit.read_junit(text.encode() if isinstance(text, str) else text, PATH)


def suite(cases: str, attributes: str = "") -> ParsedRun:
    return read(f"<testsuite {attributes}>{cases}</testsuite>")


def outcomes(run: ParsedRun) -> dict[str, str]:
    return {result.test: result.outcome for result in run.results}


def test_pytest() -> None:
    """pytest: an error in a fixture is aborted, an expected failure a skip; its time has a zone and is the start."""
    run = read((DATA / "pytest.xml").read_bytes())

    assert outcomes(run) == {
        "test_suite::test_restores": "pass",
        "test_suite::test_fails": "fail",
        "test_suite::test_error": "aborted",
        "test_suite::test_skipped": "skip",
        "test_suite::test_xfail": "skip",
        "test_suite::test_param[h]": "pass",
        "test_suite::test_param[ns]": "fail",
    }
    assert run.meta.started_at is not None
    assert run.incomplete is None
    assert run.results[4].skip_reason == "pytest.xfail known"
    assert "AssertionError: restore failed" in run.results[1].evidence
    assert {result.flavor for result in run.results} == {None}


def test_bats() -> None:
    """bats: the failure's text is the evidence; a time without a zone is no start."""
    run = read((DATA / "bats.xml").read_bytes())

    assert list(outcomes(run).values()) == ["pass", "fail", "skip", "pass"]
    assert run.meta.started_at is None
    assert "(00.018) Error (criu/cr-dump.c:1744): Dumping FAILED." in run.results[1].evidence
    assert run.results[1].duration_s == 0.009
    assert run.results[2].skip_reason == "this criu does not support lazy migration"


def test_gotestsum() -> None:
    """Go: a failed subtest fails its parent too, each with its own result."""
    run = read((DATA / "gotestsum.xml").read_bytes())

    assert Counter(outcomes(run).values()) == {"fail": 3, "pass": 2, "skip": 1}
    assert outcomes(run)["example.org/criu::TestSub/lazy"] == "fail"
    assert str(run.meta.started_at) == "2026-11-23 17:23:24+00:00"


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("<testcase name='a'/>", "pass"),
        ("<testcase name='a'><failure/></testcase>", "fail"),
        ("<testcase name='a'><error/></testcase>", "aborted"),
        ("<testcase name='a'><error/><failure/></testcase>", "fail"),
        ("<testcase name='a'><skipped/><failure/></testcase>", "fail"),
        ("<testcase name='a'><failure type='timedout'/></testcase>", "timeout"),
        ("<testcase name='a'><error type='interrupted'/></testcase>", "aborted"),
        ("<testcase name='a'><skipped/></testcase>", "skip"),
        ("<testcase name='a' status='notrun'/>", "not-run"),
        ("<testcase name='a' status='failed'/>", "fail"),
        ("<testcase name='a' status='panicked'/>", "aborted"),
        ("<testcase name='a' status='passed'/>", "pass"),
    ],
)
def test_elements(case: str, outcome: str) -> None:
    """Each element has one meaning, and the worst of several counts."""
    assert suite(case).results[0].outcome == outcome


def test_zdtm_junit() -> None:
    """Zdtm 3.6 to 4.1 puts the console into an error: the flavor that failed and its step come from there."""
    block = ZDTM.split('"output": |\n')[1].split("\n...")[0]
    console = "\n".join(line[2:] for line in block.splitlines()).replace("<", "&lt;")
    run = suite(f"<testcase name='zdtm/static/autofs' time='1.5'><error message='m'>{console}</error></testcase>")

    assert [(r.test, r.flavor, r.outcome, r.step) for r in run.results] == [
        ("zdtm/static/autofs", "ns", "fail", "CRIU restore")
    ]


def test_nested_suites_and_retries() -> None:
    """Nested suites are read; each recorded attempt is a result, so that a retry hides nothing."""
    case = "<testcase classname='c' name='a'><flakyFailure message='m'>once</flakyFailure></testcase>"
    run = read(f"<testsuites><testsuite name='o'><testsuite name='i'>{case}</testsuite></testsuite></testsuites>")

    assert [(r.test, r.outcome, r.invocation) for r in run.results] == [("c::a", "fail", 1), ("c::a", "pass", 2)]


def test_missing_cases_are_never_passes() -> None:
    """A suite that counts more tests or failures than it holds makes the run incomplete."""
    assert suite("<testcase name='a'/>", "name='s' tests='3'").incomplete == "suite s: 2 of 3 tests have no testcase"
    assert (
        suite("<testcase name='a'/>", "name='s' errors='1'").incomplete == "suite s: counts 1 failures and holds none"
    )
    assert suite("<testcase name='a'/>", "tests='1' errors='99999999999999999999'").incomplete is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1.5", 1.5), ("1,234.5", 1234.5), ("1,5", None), ("", None), ("nan", None), ("inf", None), ("-1", None)],
)
def test_durations(text: str, seconds: float | None) -> None:
    """A duration is what can be read as seconds without guessing."""
    assert suite(f"<testcase name='a' time='{text}'/>").results[0].duration_s == seconds


GINKGO = """<testsuites tests="3" disabled="1" errors="1"><testsuite name="Libpod Suite" tests="3" errors="1">
<properties><property name="SuiteSucceeded" value="false"></property>
<property name="SpecialSuiteFailureReason" value="Suite Timeout Elapsed"></property></properties>
<testcase name="[It] Podman checkpoint a" classname="Libpod Suite" status="passed" time="1"><system-out/></testcase>
<testcase name="[It] b" classname="Libpod Suite" status="pending"><skipped message="pending"/></testcase>
LAST</testsuite></testsuites>"""


def test_ginkgo() -> None:
    """Ginkgo, as its source writes it (made up here): states are told by type, and a suite may fail without a test."""
    case = '<testcase name="[It] c" classname="Libpod Suite" status="STATE">BODY</testcase>'
    timed = case.replace("STATE", "timedout").replace("BODY", '<failure message="m" type="timedout">at x</failure>')
    passed = case.replace("STATE", "passed").replace("BODY", "")

    assert list(outcomes(read(GINKGO.replace("LAST", timed))).values()) == ["pass", "skip", "timeout"]
    assert read(GINKGO.replace("LAST", timed)).broken == ()
    assert read(GINKGO.replace("LAST", passed).replace('errors="1"', 'errors="0"')).broken == (
        "suite Libpod Suite did not succeed, and no test failed: Suite Timeout Elapsed",
    )


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><testsuite name="&b;"/>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&a;"/></testsuite>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, '<!DOCTYPE x SYSTEM "http://x.invalid/"><testsuite/>'])
def test_entities_are_refused(text: str) -> None:
    """Bombs and outside entities are refused before they are expanded or fetched."""
    with pytest.raises(CriukbError, match="a document type or entities are not accepted"):
        read(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<testsuite><testcase", r"x.xml:1:12: no valid XML"),
        ("<html/>", "XML, but no JUnit report"),
        ("", "no valid XML"),
        ("<testsuite>" * 70 + "</testsuite>" * 70, "nested more than 64 deep"),
        ("<?xml version='1.0' encoding='nonsense'?><testsuite/>", "encoding"),
    ],
)
def test_damaged(text: str, message: str) -> None:
    """What is no report ends with the place and the reason."""
    with pytest.raises(CriukbError, match=message):
        read(text)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of elements, of cases and of bytes is bounded."""
    monkeypatch.setattr(xmltree, "MAX_ELEMENTS", 10)
    with pytest.raises(CriukbError, match="more than 10 elements"):
        suite("<testcase name='a'/>" * 11)
    monkeypatch.setattr(junit, "MAX_CASES", 5)
    with pytest.raises(CriukbError, match="more than 5 testcases"):
        suite("<testcase name='a'/>" * 6)
    monkeypatch.setattr(xmltree, "MAX_BYTES", 10)
    with pytest.raises(CriukbError, match="more than 10 bytes"):
        suite("")


def test_raw_logs_inside() -> None:
    """Control characters, escaped ones and bytes that are no UTF-8, all from quoted logs, do not lose the report."""
    run = read(
        b"<testsuite><testcase name='a'><failure>\x1b[31mred &#x1b; &#0; \xff \xc3\xa9</failure></testcase></testsuite>"
    )

    assert run.results[0].evidence == (" [31mred     \ufffd é",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(encoding: str) -> None:
    """The declared encoding and byte order marks are honoured."""
    head = f"<?xml version='1.0' encoding='{encoding.removesuffix('-sig')}'?>"
    data = f"{head}<testsuite><testcase name='é'/></testsuite>".encode(encoding)

    assert junit.fits(PATH, data)
    assert read(data).results[0].test == "é"


def test_registry() -> None:
    """JUnit is told by its root, other XML is not taken for it, and a report without cases is no green run."""
    assert find_source(PATH, (DATA / "bats.xml").read_bytes()).name == "junit"
    assert not junit.fits(PATH, b"<html><body>testsuite</body></html>")
    with pytest.raises(CriukbError, match="no testcase in this report"):
        list(junit.read(PATH, b"<testsuite/>", Limits()))


def test_root_counts_are_held_against_all_suites() -> None:
    """A root that counts more tests than its suites hold is of a report that lacks some."""
    run = read('<testsuites tests="10" failures="2"><testsuite tests="1"><testcase name="a"/></testsuite></testsuites>')

    assert run.incomplete is not None
    assert "9 of 10 tests have no testcase" in run.incomplete
    assert "counts 2 failures and holds none" in run.incomplete


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("error", "aborted"), ("Canceled", "aborted"), ("disabled", "skip"), ("blocked", "not-run"), ("run", "pass")],
)
def test_status_without_a_child(status: str, outcome: str) -> None:
    """Writers that say it in the status alone: an error or a disabled test is no pass."""
    assert outcomes(suite(f"<testcase name='a' status='{status}'/>")) == {"a": outcome}
