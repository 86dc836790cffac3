"""The history's queries: equal to the plain functions over the same rows, and blind to what says nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from criukb.commands.stats_notes import window_name
from criukb.kb.base import KnowledgeBase, load_kb
from criukb.kb.langs import LANGS
from criukb.publish.explanations import explanations
from criukb.runs.schema import FAILED
from criukb.runs.store import run_files
from criukb.runs.synthetic import Scenario, write_history
from criukb.stats.flakes import same_commit_flakes, streaks
from criukb.stats.history import HISTORY_WEEKS, History, weeks_between
from storefakes import START, row

Maker = Callable[..., Path]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    return load_kb([], base=None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "store"
    scenario = Scenario(seed=5, weeks=6, runs=48, tests=12, jobs=2, flaky=4, repeated=0.2, undated=0.1, bare=0.1)
    write_history(scenario, path, compact=True)
    return path


@pytest.fixture(scope="module")
def history(store: Path, kb: KnowledgeBase) -> History:
    return History(store, kb)


@pytest.fixture(scope="module")
def judged(store: Path, history: History) -> Rows:
    """The judged results of dated runs, without those that the history leaves out."""
    rows: Rows = []
    for path in run_files(store):
        rows += pq.read_table(path, partitioning=None).to_pylist()
    out = set(history.without_runs)
    return [r for r in rows if r["outcome"] in {"pass", *FAILED} and r["started_at"] and r["run_id"] not in out]


def by_run(rows: Rows) -> dict[tuple[str, str, str], list[bool]]:
    """Return the outcomes of each job and test by start: failed when any result of the run failed."""
    found: dict[tuple[str, str, str], dict[Any, bool]] = defaultdict(dict)
    for r in rows:
        runs = found[r["job"], r["test"], r["flavor"]]
        place = r["started_at"], r["run_id"]
        runs[place] = runs.get(place, False) or r["outcome"] != "pass"
    return {key: [runs[place] for place in sorted(runs)] for key, runs in found.items()}


def test_sequences_equal_the_plain_functions(history: History, judged: Rows) -> None:
    """Streaks and changes of each test within a job are those of criukb.stats.flakes; tests that never failed lack."""
    plain = {key: outcomes for key, outcomes in by_run(judged).items() if any(outcomes)}
    assert {(s.job, s.test, s.flavor) for s in history.sequences} == set(plain)
    for one in history.sequences:
        outcomes = plain[one.job, one.test, str(one.flavor)]
        found = streaks(outcomes)
        assert (one.runs, one.n_failed) == (len(outcomes), sum(outcomes))
        assert one.flips == sum(a != b for a, b in pairwise(outcomes))
        assert (one.current_failed, one.current_passed) == (found.current_failed, found.current_passed)
        assert (one.longest_failed, one.longest_passed) == (found.longest_failed, found.longest_passed)


def test_same_commit_equals_the_plain_function(history: History, judged: Rows) -> None:
    """Tests with both outcomes on one commit in one configuration are those of criukb.stats.flakes."""
    names = ("job", "criu_version", "kernel", "arch", "distro", "variant", "commit", "invocation", "options")
    sums: dict[Any, dict[str, bool]] = defaultdict(dict)
    for r in judged:
        group = sums[(r["test"], r["flavor"]), r["commit"] and tuple(r[name] for name in names)]
        group[r["run_id"]] = group.get(r["run_id"], False) or r["outcome"] != "pass"
    plain = same_commit_flakes((key, commit, sum(g.values()), len(g)) for (key, commit), g in sums.items())
    found = {(one.test, one.flavor): one.groups for one in history.same_commit if one.n_flaky}
    assert found == {one.key: one.commits for one in plain}
    assert found


def test_windows_are_of_the_jobs_that_ran_in_both(make_store: Maker, kb: KnowledgeBase) -> None:
    """A job that is new this week, a retry, an outage and what never ran change no window."""
    before, now = START - timedelta(days=7), START
    runs = [
        [row("a", "t", "fail", started_at=before, job="j")],
        [row("b", "t", "pass", started_at=now, job="j"), row("b", "u", "not-run", started_at=now, job="j")],
        [row("c", "t", "fail", started_at=now, job="fresh")],
        [row("d", "t", "fail", started_at=now, job="j", attempt=2)],
    ]
    found = History(make_store(*runs), kb).windows
    assert [(w.test, w.before_failed, w.before_ran, w.after_failed, w.after_ran) for w in found] == [("t", 1, 1, 0, 1)]


def test_the_week_ends_the_history(make_store: Maker, kb: KnowledgeBase) -> None:
    """Later weeks are not looked at; without a week the last one with runs is taken."""
    runs = [[row(f"r{n}", "t", "pass", started_at=START + timedelta(weeks=n))] for n in range(3)]
    store = make_store(*runs)
    assert [week.week for week in History(store, kb, "2026-W49").weeks] == ["2026-W48", "2026-W49"]
    assert History(store, kb).week == "2026-W50"


def test_an_empty_store_has_nothing(tmp_path: Path, kb: KnowledgeBase) -> None:
    """No week, no rows, no outage."""
    found = History(tmp_path / "none", kb)
    assert found.week is None
    assert (found.weeks, found.windows, found.sightings, found.durations, found.outages) == ((), (), (), (), [])


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0, 0, 9, 0, 0], [2]),  # one bad run between good ones
        ([0, 0, 9, 9, 0, 0, 0], [2, 3]),  # two
        ([0, 0, 0, 0, 9, 9, 9, 0], []),  # three in a row: more likely a commit
        ([0, 0, 0, 9], []),  # it has not ended yet
        ([9, 9, 9, 9, 0], []),  # the job is always so
        ([0, 0, 4, 0, 0], []),  # less than half
    ],
)
def test_outages(make_store: Maker, kb: KnowledgeBase, shares: list[int], expected: list[int]) -> None:
    """An outage fails half of a run, for at most two runs, in a job that is well before and after."""
    runs = [
        row(f"r{n}", f"t{i}", "fail" if i < share else "pass", started_at=START + timedelta(hours=n))
        for n, share in enumerate(shares)
        for i in range(10)
    ]
    assert [run.run_id for run in History(make_store(runs), kb).outages] == [f"r{n}" for n in expected]


def test_weeks_between_names_weeks_without_runs() -> None:
    """Also over a year with 53 weeks."""
    assert weeks_between("2026-W52", "2027-W01") == ["2026-W52", "2026-W53", "2027-W01"]


def test_older_runs_are_not_looked_at(make_store: Maker, kb: KnowledgeBase) -> None:
    """The first week of the window counts, the one before it does not; its failures say nothing about a test."""
    moments = [START - timedelta(weeks=HISTORY_WEEKS + 1), START - timedelta(weeks=HISTORY_WEEKS), START]
    runs = [
        [row(f"r{n}", "t", "pass" if n else "fail", commit="c", started_at=moment)] for n, moment in enumerate(moments)
    ]
    found = History(make_store(*runs), kb)
    assert [run.run_id for run in found.measures.runs] == ["r1", "r2"]
    assert (found.case_failures, found.sequences, found.same_commit) == ({("t", "h"): 0}, (), ())
    assert [(case.n_failed, case.n_ran) for case in found.own_cases] == [(0, 2)]


def test_the_texts_name_the_window() -> None:
    """The notes below tables and the definitions say how many weeks are counted, in both languages."""
    weeks = str(HISTORY_WEEKS)
    for lang in LANGS:
        assert weeks in window_name(lang, "2026-W48", history=True).replace("2026", "")
        assert all(weeks in explanations(lang)[name].how for name in ("lifecycle", "verdicts"))
