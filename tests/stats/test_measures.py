"""What is read from the store, over the samples and over small made-up runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.runs.ingest import ingest
from criukb.runs.meta import make_meta
from criukb.stats.figures import Flip
from criukb.stats.measures import Measures
from criukb.stats.pairing import Pairs
from runfakes import NAMED, FakeDiagnoser, console, passing
from storefakes import START, many, row

Maker = Callable[..., Path]


def test_weeks(sample: Measures, tmp_path: Path) -> None:
    """The samples are of one week; an empty or missing store has none."""
    assert sample.weeks() == ["2026-W48"]
    assert Measures(tmp_path).weeks() == Measures(tmp_path / "none").weeks() == []


def test_runs_and_total(sample: Measures) -> None:
    """Five runs by start time; totals are their sums, and a rate divides by what was judged only."""
    assert [(r.counts.by_outcome["pass"], r.counts.failed) for r in sample.runs] == [
        (418, 268),
        (1050, 11),
        (795, 108),
        (1054, 10),
        (796, 108),
    ]
    assert (sample.total.by_outcome["pass"], sample.total.failed) == (4113, 505)
    assert (sample.total.failure_rate.numerator, sample.total.failure_rate.denominator) == (505, 4618)
    assert sample.total.known + sample.total.unknown == 505
    assert sample.total.by_outcome["not-run"] == 755


def test_versions(sample: Measures) -> None:
    """Versions are sorted by number, with their runs."""
    found = [(v.criu_version, v.runs, v.counts.failed) for v in sample.versions()]
    assert found == [("4.1.1", 2, 216), ("4.2.1", 3, 289)]


def test_version_order(make_store: Maker) -> None:
    """3.9 comes before 3.19, the unknown version last."""
    store = make_store(*(many(f"r{n}", 1, 0, criu_version=v) for n, v in enumerate(["3.19", "4.2", None, "3.9"])))
    assert [v.criu_version for v in Measures(store).versions()] == ["3.9", "3.19", "4.2", None]


def test_causes(sample: Measures) -> None:
    """Failures by cause add up to all failures, known and unknown, also run by run."""
    assert sum(c.failures for c in sample.causes) == 505
    assert sum(c.failures for c in sample.causes if c.cause) == sample.total.known
    counts = sample.by_cause(sample.runs)
    assert (counts["rlimit-denied"], counts[None]) == (sample.total.known, sample.total.unknown)


def test_hits_and_tests_count_former_names_too(make_store: Maker) -> None:
    """A cause stored under a former name is the same cause; a run without it is left out."""
    store = make_store(many("a", 8, 2, "new-name"), many("b", 9, 1, "former-name"), many("c", 9, 1, "other"))
    measures = Measures(store)
    assert measures.hits(["new-name", "former-name"]) == {"a": 2, "b": 1}
    assert measures.tests(["new-name", "former-name"]) == ["zdtm/static/t000", "zdtm/static/t001"]


def test_failing_tests(sample: Measures) -> None:
    """Tests stand by their failures, most first, and rates divide by passed and failed."""
    counts = [case.failed for case in sample.cases]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == 505
    assert all(case.failure_rate.denominator == case.passed + case.failed for case in sample.cases)


def test_flip_of_the_samples(sample: Measures) -> None:
    """Between equal runs one test changed; the outcomes stand in order of the runs."""
    assert sample.flips == (Flip("debian-sid-uid0", "zdtm/static/socket-tcpbuf-local", "ns", ("fail", "pass")),)
    assert [[run.job for run in runs] for runs in sample.equal_runs()] == [
        ["debian-sid-uid0"] * 2,
        ["debian-trixie-uid0"] * 2,
    ]


@pytest.mark.parametrize("fact", ["job", "criu_version", "kernel", "distro", "variant", "commit", "options"])
def test_runs_that_differ_in_a_fact_are_not_equal(make_store: Maker, fact: str) -> None:
    """What changed may explain a changed outcome, so that it is no flip."""
    store = make_store([row("a", "t", "fail", **{fact: "x"})], [row("b", "t", "pass", **{fact: "y"})])
    assert Measures(store).flips == ()


def test_a_flip_takes_several_runs(make_store: Maker) -> None:
    """Nothing is compared within one run, with another invocation, or with a test that never ran."""
    twice = [row("a", "t", "fail"), row("a", "t", "pass"), row("a", "u", "not-run"), row("a", "v", "fail")]
    other = [row("b", "u", "pass"), row("b", "v", "pass", invocation=2)]
    assert Measures(make_store(twice, other)).flips == ()


def test_pairs(make_store: Maker) -> None:
    """Tests pair by flavor; what one side never judged is left out, and one failure of several makes a failed test."""
    old = [row("a", "both", "fail"), row("a", "old", "pass"), row("a", "old", "timeout"), row("a", "gone", "fail")]
    new = [row("b", "both", "aborted"), row("b", "old", "pass"), row("b", "gone", "skip"), row("b", "h", "pass")]
    first, second = Measures(make_store(old, new)).runs
    assert Measures(make_store(old, new)).pairs([first], [second]) == Pairs(both=1, only_old=1)


def test_only_judged_results_enter_the_rates(make_store: Maker) -> None:
    """Skipped and never-run tests are records, and say nothing."""
    outcomes = ["pass", "fail", "timeout", "aborted", "skip", "not-run"]
    (run,) = Measures(make_store([row("r", f"t{n}", o) for n, o in enumerate(outcomes)])).runs
    assert (run.counts.failed, run.counts.judged, run.counts.records) == (3, 4, 6)


def test_runs_belong_to_the_week_of_their_start(make_store: Maker) -> None:
    """Weeks begin on Monday, UTC; undated runs belong to none, and to all time."""
    sunday = START - timedelta(days=1)
    runs = [many("a", 1, 0), many("b", 1, 0, started_at=sunday), many("c", 1, 0, started_at=None)]
    measures = Measures(make_store(*runs))
    assert measures.weeks() == ["2026-W47", "2026-W48"]
    assert [run.run_id for run in measures.runs] == ["b", "a", "c"]
    assert [run.run_id for run in measures.of_week("2026-W48").runs] == ["a"]
    assert [run.run_id for run in measures.before_week("2026-W48").runs] == ["b"]


def test_other_week_is_empty(sample: Measures) -> None:
    """A week without runs has no rate, not a rate of zero; what is no week is refused."""
    found = sample.of_week("2026-W01")
    assert found.runs == ()
    assert found.total.failure_rate.value is None
    with pytest.raises(CriukbError, match="ISO week"):
        sample.of_week("2026-W99")


def test_not_run_is_no_pass(tmp_path: Path) -> None:
    """A flavor that never ran changes no rate."""
    path = tmp_path / "x.console.log"
    path.write_text(console([*passing("a"), ("zdtm/static/b", [("h", "CRIU dump", f"Error {NAMED}")])]))
    ingest([path], tmp_path / "s", make_meta({"job": "j"}), FakeDiagnoser())
    found = Measures(tmp_path / "s")
    assert found.runs[0].week is None
    assert found.total.by_outcome["not-run"] == 2
    assert (found.total.failure_rate.numerator, found.total.failure_rate.denominator) == (1, 4)
    assert (found.total.known, found.total.unknown) == (1, 0)


def test_skips_and_examples(make_store: Maker) -> None:
    """Reasons by number of records; of each group of unknown failures the first by run, test and flavor."""
    skips = [row("a", f"s{n}", "skip", skip_reason=reason) for n, reason in enumerate(["x", "y", "y", None])]
    failures = [row("a", test, "fail", unknown_key="k", step=test) for test in ("v", "u")]
    measures = Measures(make_store([*skips, *failures]))
    assert measures.skips == (("y", 2), ("", 1), ("x", 1))
    assert measures.examples["k"].step == "u"
