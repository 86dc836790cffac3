"""The figures of the weekly report, over the samples and over small made-up runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.paths import SAMPLE_DIR
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta, make_meta
from criukb.stats.summary import Summary, summarize, version_key, weeks
from runfakes import NAMED, FakeDiagnoser, console, passing


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("summary") / "store"
    ingest([SAMPLE_DIR], path, RunMeta(), FakeDiagnoser())
    return path


@pytest.fixture(scope="module")
def week(store: Path) -> Summary:
    return summarize(store, "2026-W48")


def test_weeks(store: Path, tmp_path: Path) -> None:
    """The samples are of one week; an empty store has none."""
    assert weeks(store) == ["2026-W48"]
    assert weeks(tmp_path) == []


def test_runs_and_total(week: Summary) -> None:
    """Five runs by start time; totals are their sums, and a rate divides by what ran only."""
    assert [(r.counts.by_outcome["pass"], r.counts.failed) for r in week.runs] == [
        (418, 268),
        (1050, 11),
        (795, 108),
        (1054, 10),
        (796, 108),
    ]
    assert (week.total.by_outcome["pass"], week.total.failed) == (4113, 505)
    assert (week.total.failure_rate.numerator, week.total.failure_rate.denominator) == (505, 4618)
    assert week.total.known + week.total.unknown == 505
    assert week.total.by_outcome["not-run"] == 755


def test_versions(week: Summary) -> None:
    """Versions are sorted by number, with their runs."""
    assert [(v.criu_version, v.runs, v.counts.failed) for v in week.versions] == [("4.1.1", 2, 216), ("4.2.1", 3, 289)]


def test_causes(week: Summary) -> None:
    """Failures by cause add up to all failures, known and unknown."""
    assert sum(c.failures for c in week.causes) == 505
    assert sum(c.failures for c in week.causes if c.cause) == week.total.known


def test_contrast(week: Summary) -> None:
    """Versions are compared within one environment only: run01, with another uid, takes no part."""
    (found,) = week.contrasts
    assert (found.version_a, found.version_b, found.runs_a, found.runs_b) == ("4.1.1", "4.2.1", 2, 2)
    assert (found.distros_a, found.distros_b) == (("debian-trixie",), ("debian-sid",))
    assert (len(found.paired.only_a), found.paired.only_b, len(found.paired.both)) == (97, (), 11)
    assert found.paired.p < 1e-20
    assert not any(c.p for c in found.cells)  # two runs on a side are below the floor


def test_flip(week: Summary) -> None:
    """Between equal runs one test flipped."""
    assert [(f.test, f.passed, f.failed) for f in week.flips] == [("zdtm/static/socket-tcpbuf-local", 1, 1)]


def test_failing_tests(week: Summary) -> None:
    """Every listed test failed at least once, most failures first, and skipped ones are not among them."""
    counts = [t.failed for t in week.failing]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] >= 1
    assert sum(counts) == 505
    assert all(t.failure_rate.denominator == t.passed + t.failed for t in week.failing)


def test_other_week_is_empty(store: Path) -> None:
    """A week without runs has no rate, not a rate of zero."""
    found = summarize(store, "2026-W01")
    assert found.runs == ()
    assert found.total.failure_rate.value is None


def test_not_run_is_no_pass(tmp_path: Path) -> None:
    """A flavor that never ran changes no rate."""
    path = tmp_path / "x.console.log"
    path.write_text(console([*passing("a"), ("zdtm/static/b", [("h", "CRIU dump", f"Error {NAMED}")])]))
    ingest([path], tmp_path / "s", make_meta({"job": "j"}), FakeDiagnoser())
    found = summarize(tmp_path / "s")
    assert found.undated == 1
    assert found.total.by_outcome["not-run"] == 2
    assert (found.total.failure_rate.numerator, found.total.failure_rate.denominator) == (1, 4)
    assert (found.total.known_share.numerator, found.total.known_share.denominator) == (1, 1)


def test_version_order() -> None:
    """3.9 comes before 3.19, the unknown version last."""
    assert sorted(["3.19", "4.2", None, "3.9"], key=version_key) == ["3.9", "3.19", "4.2", None]
