"""The verdicts on tests, over small made-up histories and over a synthetic one with a known truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import kbfactory
from criukb.kb.base import KnowledgeBase, load_kb
from criukb.runs.synthetic import Scenario, truth, write_history
from criukb.stats.history import History
from criukb.stats.verdicts import Verdict, verdicts
from storefakes import START, row

Maker = Callable[..., Path]
KbMaker = Callable[..., KnowledgeBase]
OUTCOMES = {"x": "fail", ".": "pass", "-": "not-run", "s": "skip", "e": "fail", "E": "fail"}


def runs_of(patterns: dict[str, str], commits: str = "") -> list[dict[str, Any]]:
    """Return one run per place of the patterns: e fails for an environment's cause; ``commits`` names each run's."""
    runs = []
    for place in range(max(map(len, patterns.values()))):
        moment = START + timedelta(hours=6 * place)
        for test, pattern in patterns.items():
            mark = pattern[place]
            cause = {"cause": {"e": "no-memory", "x": "a-race"}[mark]} if mark in "ex" else {}
            commit = {"commit": commits[place]} if commits else {}
            runs.append(row(f"r{place:03}", test, OUTCOMES[mark], started_at=moment, **cause, **commit))
    return runs


@pytest.fixture
def kb(make_kb: KbMaker) -> KnowledgeBase:
    return make_kb(
        kbfactory.entry("a-race", "race %d", flake_class="race"),
        kbfactory.entry("no-memory", "memory %d", flake_class="environment"),
    )


def one(make_store: Maker, kb: KnowledgeBase, pattern: str, commits: str = "") -> Verdict:
    (found,) = verdicts(History(make_store(runs_of({"t": pattern}, commits)), kb))
    return found


@pytest.mark.parametrize(
    ("pattern", "commits", "expected"),
    [
        (".....", "", ("stable", "never-failed")),
        ("....", "", ("no-data", "few")),
        ("-----s", "", ("no-data", "few")),  # never run, never green
        ("xxxxx", "", ("broken", "never-passed")),
        ("....xxxxx", "", ("broken", "streak")),
        ("....xxxx", "aaaabbbb", ("no-data", "undecided")),  # a change in one direction, too short for a verdict
        ("....x", "aaabb", ("flaky", "same-commit")),
        ("..x..", "abcde", ("flaky", "back-and-forth")),
        ("x.x.x.x" + "." * 40, "", ("stable", "fixed")),
        ("x.x.x.x" + "." * 19, "", ("flaky", "back-and-forth")),  # it failed this very week
        ("x.x.x.x" + "." * 5, "", ("flaky", "back-and-forth")),
        ("ee..ee", "", ("environment", "")),
        ("e" + "." * 30, "", ("stable", "never-failed")),  # one in 31: the environment spoilt one result
        ("eeee", "", ("environment", "")),
        ("e.x.x.", "abcdef", ("flaky", "back-and-forth")),
    ],
)
def test_verdicts(make_store: Maker, kb: KnowledgeBase, pattern: str, commits: str, expected: tuple[str, str]) -> None:
    """Each definition, at its edges."""
    found = one(make_store, kb, pattern, commits)
    assert (found.name, found.why) == expected


def test_a_flaky_test_has_its_class_and_its_evidence(make_store: Maker, kb: KnowledgeBase) -> None:
    """The class comes from the entries of its failures; the evidence counts equal runs, changes and own results."""
    found = one(make_store, kb, "x.e.x.", "aaaaaa")
    assert found.flake_class == "race"
    assert (found.evidence.own.numerator, found.evidence.own.denominator, found.evidence.environment) == (2, 5, 1)
    assert found.evidence.same_commit is not None
    assert (found.evidence.same_commit.n_flaky, found.evidence.same_commit.n_groups) == (1, 1)


def test_jobs_are_judged_each_for_itself(make_store: Maker, kb: KnowledgeBase) -> None:
    """A test that always fails in one job and passes in another is broken there; order across jobs is no change."""
    runs = runs_of({"t": "xxxxx"}) + [
        r | {"run_id": f"b{r['run_id']}", "job": "other"} for r in runs_of({"t": "....."})
    ]
    (found,) = verdicts(History(make_store(runs), kb))
    assert (found.name, found.why, found.evidence.flips) == ("broken", "streak", 0)


def test_undated_runs_alone_are_judged_without_order(make_store: Maker, kb: KnowledgeBase) -> None:
    """Without a start there is no order: passes count, and one that fails sometimes stays undecided."""
    patterns = {"good": ".....", "bad": "x.x.x"}
    runs = [r | {"started_at": None} for r in runs_of(patterns)]
    found = {v.test: (v.name, v.why) for v in verdicts(History(make_store(runs), kb))}
    assert found == {"good": ("stable", "never-failed"), "bad": ("no-data", "undecided")}


def test_seeded_roles_of_a_synthetic_history(tmp_path: Path) -> None:
    """Flaky, grouped and configured tests are flaky, fixed ones stable, failing ones broken, for all the outages."""
    scenario = Scenario(
        seed=11, weeks=8, runs=160, tests=20, flavors=("h",), jobs=2, base_rates=((1, 0.0),), retry=0.0, not_run=0.0,
        flaky=3, regressions=2, regression_rate=1.0, fixes=3, bursts=0, configured=1, groups=1, duration_shifts=0,
        outages=3, skipped_tests=1,
    )  # fmt: skip
    store = tmp_path / "store"
    write_history(scenario, store, compact=True)
    kinds = {(c["test"], c["flavor"]): c["kind"] for c in truth(scenario)["cases"]}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts(History(store, load_kb([], base=None))):
        found[kinds.get((verdict.test, str(verdict.flavor)), "skipped")][verdict.name] += 1
    assert {kind: dict(names) for kind, names in found.items()} == {
        "stable": {"stable": 8},
        "flaky": {"flaky": 3},
        "grouped": {"flaky": 3},
        "configured": {"flaky": 1},
        "regressed": {"broken": 2},
        "fixed": {"stable": 3},
        "skipped": {"no-data": 1},
    }
