"""The states of a failure, over small made-up histories and over synthetic ones with a known truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from criukb.kb.base import load_kb
from criukb.runs.synthetic import Scenario, truth, write_history
from criukb.stats.history import HISTORY_WEEKS, History, iso_week
from criukb.stats.lifecycle import Life, lifecycle
from storefakes import START, row

Maker = Callable[..., Path]
BASE = load_kb([], base=None)


def lives(make_store: Maker, pattern: str, **facts: object) -> list[Life]:
    """Return the lives in a history of one run an hour: x fails, . passes, - never runs, | begins the next week."""
    runs, moment = [], START
    for number, mark in enumerate(pattern):
        if mark == "|":
            moment = START + timedelta(weeks=1)
            continue
        moment += timedelta(hours=1)
        outcome = {"x": "fail", ".": "pass", "-": "not-run"}[mark]
        cause = {"cause": "known-one"} if outcome == "fail" else {}
        runs.append(row(f"r{number:04}", "t", outcome, started_at=moment, **cause | facts))
    return lifecycle(History(make_store(runs), BASE).sightings)  # one file is read faster than many


@pytest.mark.parametrize(
    ("pattern", "state"),
    [
        ("...|..x", "new"),
        ("|...x", "known"),  # no run before the week had the chance: nothing says that it is new
        ("---|..x", "known"),
        ("x..|..x", "known"),
        ("x.x|---", "known"),  # not run is no silence
        ("x.x|...", "quiet"),
        ("x|" + "." * 50, "quiet"),  # one sighting gives no rate
        ("x.x.x.x|" + "." * 13, "quiet"),  # one short of 14
        ("x.x.x.x|" + "." * 16, "fixed"),
        ("..|x.x.x.x" + "." * 16, "new"),  # it was seen this very week
        ("x.x.|x.x" + "." * 16, "known"),
        ("x.x.x.x" + "." * 60 + "|x", "regressed"),
        ("x.x.x.x" + "." * 60 + "x|...", "regressed"),
        ("x.x.x.x" + "." * 60 + "xx.x|" + "." * 400, "fixed"),  # and proved once more
    ],
)
def test_states(make_store: Maker, pattern: str, state: str) -> None:
    """Each definition, at its edges."""
    (found,) = lives(make_store, pattern)
    assert found.state == state


def test_the_proof_says_where_it_stands(make_store: Maker) -> None:
    """Three sightings in the six chances after the first; eight clean ones since, of those that are needed."""
    (found,) = lives(make_store, "x.x.x.x|" + "." * 8)
    assert (found.old.numerator, found.old.denominator) == (3, 6)
    assert found.proof.clean == 8
    assert found.proof.needed is not None
    assert found.proof.missing == found.proof.needed - 8


def test_another_job_or_test_has_no_chance(make_store: Maker) -> None:
    """Runs of a job that never showed it, and runs that did not judge its tests, prove nothing."""
    runs = [row(f"r{n}", "t", "fail", cause="c", started_at=START + timedelta(hours=n)) for n in range(4)]
    runs += [row(f"s{n}", "t", "pass", job="other", started_at=START + timedelta(hours=9 + n)) for n in range(30)]
    runs += [row(f"u{n}", "u", "pass", started_at=START + timedelta(hours=50 + n)) for n in range(30)]
    (found,) = lifecycle(History(make_store(runs), BASE).sightings)
    assert (found.sighting.chances, found.proof.clean, found.state) == (4, 0, "known")


def test_entries_and_unknown_messages_are_apart(make_store: Maker) -> None:
    """An unknown message that reads like an entry's name is not that entry."""
    runs = [row("a", "t", "fail", cause="same"), row("a", "u", "fail", unknown_key="same")]
    found = lifecycle(History(make_store(runs), BASE).sightings)
    assert sorted((x.sighting.kind, x.sighting.name, x.sighting.failures) for x in found) == [
        ("entry", "same", 1),
        ("unknown", "same", 1),
    ]


def test_seeded_fixes_and_regressions(tmp_path: Path) -> None:
    """Each test has a cause of its own: fixes are proved, flaky tests stay known, a regression is new in its week."""
    scenario = Scenario(
        seed=2, weeks=8, runs=240, tests=9, flavors=("h",), jobs=1, base_rates=((1, 0.0),), known=1.0, retry=0.0,
        flaky=2, regressions=2, fixes=3, bursts=0, configured=0, groups=0, duration_shifts=0, outages=0,
        skipped_tests=0,
    )  # fmt: skip
    store = tmp_path / "store"
    write_history(scenario, store, compact=True)
    told = truth(scenario)
    number = {(c["test"], c["flavor"]): n for n, c in enumerate(told["cases"])}
    names = {
        kind: {f"synthetic-cause-{number[c['test'], c['flavor']]:02}" for c in told["cases"] if c["kind"] == kind}
        for kind in ("flaky", "regressed", "fixed")
    }
    states = {x.sighting.name: x.state for x in lifecycle(History(store, BASE).sightings)}
    assert {name for name, state in states.items() if state == "fixed"} == names["fixed"]
    assert {states[name] for name in names["flaky"] | names["regressed"]} == {"known"}
    for event in told["regressions"]:
        week = iso_week(Scenario.model_validate(told["scenario"]).start.fromisoformat(event["from"]["started_at"]))
        then = {x.sighting.name: x.state for x in lifecycle(History(store, BASE, week).sightings)}
        assert then[f"synthetic-cause-{number[event['test'], event['flavor']]:02}"] == "new"


def test_what_comes_back_after_the_window_is_not_new(make_store: Maker) -> None:
    """First seen is asked of the whole store; what was not seen since is not listed, and no rate counts old runs."""
    old = START - timedelta(weeks=HISTORY_WEEKS + 5)
    runs = [
        [row("a", "t", "fail", cause="back", started_at=old), row("a", "u", "fail", cause="gone", started_at=old)],
        [row("b", "t", "pass", started_at=START - timedelta(weeks=1))],
        [row("c", "t", "fail", cause="back", started_at=START)],
    ]
    (found,) = lifecycle(History(make_store(*runs), BASE).sightings)
    assert (found.sighting.name, found.state) == ("back", "known")
    assert (found.sighting.first_seen, found.sighting.last_seen) == (old, START)
    assert (found.sighting.seen_runs, found.sighting.chances) == (1, 2)
