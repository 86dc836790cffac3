"""Judging: what is never green, what a rule lets pass, and that no allowed failure disappears."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.gate.judge import Verdict, judge
from criukb.gate.policy import Named, Policy
from criukb.gate.run import GateRun, Result
from criukb.runs.schema import FAILED, OUTCOMES


@dataclass(frozen=True)
class Entry:
    """An entry as the gate sees it."""

    id: str = "a-race"
    area: str = "files"
    evidence: str = "likely"
    flake_class: str | None = "race"


DAY = date(2026, 11, 23)
PASS = Result("zdtm/static/a", "h", 1, "pass")
KNOWN = Result("zdtm/static/b", "ns", 1, "fail", cause="a-race", confidence=0.8)
RULE: dict[str, Any] = {"reason": "why", "flake_class": ["race"]}


def lookup(name: str) -> Named | None:
    return Entry() if name == "a-race" else None


def judged(*results: Result, day: date | None = DAY, faults: tuple[str, ...] = (), **policy: Any) -> Verdict:
    rules = policy or {"allow": [RULE]}
    return judge(GateRun("x", "job", None, results, faults), Policy.model_validate(rules), lookup, day)


def code(verdict: Verdict) -> str:
    return verdict.decisions[0].why.code


def test_known_failure_that_the_policy_allows() -> None:
    """It is green, and the failure is still listed."""
    verdict = judged(PASS, KNOWN)

    assert verdict.green
    assert [(d.result, d.allowed, d.rule) for d in verdict.decisions] == [(KNOWN, True, 1)]


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (Result("t", "h", 1, "fail"), "unknown"),
        (Result("t", "h", 1, "aborted", cause="a-race"), "aborted"),
        (Result("t", "h", 1, "aborted"), "aborted"),
        (Result("t", "h", 1, "fail", cause="gone"), "no-entry"),
        (Result("t", "h", 1, "timeout"), "unknown"),
    ],
)
def test_never_allowed(result: Result, why: str) -> None:
    """Unknown failures, tests without an end and causes of another base are red whatever the policy."""
    verdict = judged(PASS, result)

    assert (verdict.green, code(verdict)) == (False, why)


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        ((), "no-results"),
        ((Result("t", None, 1, "skip"),), "nothing-ran"),
        ((Result("t", None, 1, "not-run"),), "nothing-ran"),
        ((PASS, Result("t", None, 1, "not-run")), "missing"),
        ((PASS, KNOWN, Result("zdtm/static/b", "uns", 2, "not-run")), "missing"),
    ],
)
def test_no_data_is_never_green(results: tuple[Result, ...], problem: str) -> None:
    """A run in which nothing ran, or in which something is missing, is red."""
    verdict = judged(*results)

    assert not verdict.green
    assert problem in [note.code for note in verdict.problems]


def test_flavors_behind_a_failure_are_no_missing_results() -> None:
    """Zdtm runs no further flavor of a test that failed: the failure decides."""
    assert judged(PASS, KNOWN, Result("zdtm/static/b", "uns", 1, "not-run")).green


def test_faults_of_the_input() -> None:
    """What the input lacks, or the suite says of itself, makes the run red without any failure."""
    verdict = judged(PASS, faults=("cut",))

    assert not verdict.green
    assert verdict.problems[0].values == {"reason": "cut"}


@pytest.mark.parametrize(
    ("rule", "day", "miss"),
    [
        ({"until": date(2026, 11, 23)}, DAY, None),
        ({"until": date(2026, 11, 22)}, DAY, "expired"),
        ({"until": date(2026, 11, 23)}, None, "undated"),
        ({"evidence": "likely"}, DAY, None),
        ({"evidence": "confirmed"}, DAY, "low-evidence"),
        ({"confidence": 0.8}, DAY, None),
        ({"confidence": 0.81}, DAY, "low-confidence"),
        ({"tests": ["*/c"]}, DAY, "none"),
    ],
)
def test_floors_and_ends(rule: dict[str, Any], day: date | None, miss: str | None) -> None:
    """A rule holds to the end of its last day and above its floors; what nearly allowed a failure is told."""
    verdict = judged(PASS, KNOWN, day=day, allow=[RULE | rule])
    decision = verdict.decisions[0]

    assert verdict.green is (miss is None)
    assert [note.code for note in decision.misses] == ([miss] if miss not in {None, "none"} else [])


def test_deny_wins() -> None:
    """A failure that a rule denies is red, also when another allows it; an ended one denies no more."""
    deny = {"reason": "no", "tests": ["zdtm/static/b"], "until": date(2026, 11, 22)}

    assert code(judged(PASS, KNOWN, day=date(2026, 11, 22), allow=[RULE], deny=[deny])) == "denied"
    assert code(judged(PASS, KNOWN, day=None, allow=[RULE], deny=[deny])) == "denied"
    assert judged(PASS, KNOWN, day=DAY, allow=[RULE], deny=[deny]).green


def test_maximum_of_a_rule_and_of_the_run() -> None:
    """More failures than a rule may let pass are all red; the run's own maximum is a problem of the run."""
    others = [Result("zdtm/static/b", "ns", n, "fail", cause="a-race", confidence=1.0) for n in (1, 2, 3)]
    verdict = judged(PASS, *others, allow=[RULE | {"max": 2}])

    assert [(d.allowed, d.why.code) for d in verdict.decisions] == [(False, "over-max")] * 3
    assert judged(PASS, *others, allow=[RULE | {"max": 3}]).green
    assert [p.code for p in judged(PASS, *others, allow=[RULE], max_allowed=2).problems] == ["over-total"]


RESULTS = st.builds(
    Result,
    test=st.sampled_from(["a", "b"]),
    flavor=st.sampled_from([None, "h", "ns"]),
    invocation=st.integers(1, 2),
    outcome=st.sampled_from(OUTCOMES),
    cause=st.sampled_from([None, "a-race", "gone"]),
)


@given(st.lists(RESULTS, max_size=8))
def test_green_means_that_everything_is_accounted_for(results: list[Result]) -> None:
    """Each failure has one decision; green needs a judged result, no aborted one and no unknown cause."""
    verdict = judged(*results)
    failed = [r for r in results if r.outcome in FAILED]

    assert sorted(d.result.key for d in verdict.decisions) == sorted(r.key for r in failed)
    if verdict.green:
        assert any(r.outcome in {"pass", "fail", "timeout"} for r in results)
        assert all(r.outcome != "aborted" and r.cause == "a-race" for r in failed)
