"""Synthetic histories: repeatable, marked everywhere, and made as the truth beside them says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from criukb.commands.synthetic import command
from criukb.errors import CriukbError
from criukb.match.diagnose import mask
from criukb.runs.schema import FAILED, SCHEMA
from criukb.runs.store import check_file, run_files
from criukb.runs.synthetic import Scenario, history, read_scenario, truth, write_history

SMALL = Scenario(seed=3, runs=160, tests=20, missing=0.1, undated=0.1, bare=0.1, repeated=0.1)


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return pa.concat_tables(history(SMALL))


def made(scenario: Scenario) -> pa.Table:
    """Return a history in the columns that tests ask for."""
    names = ("run_id", "job", "started_at", "arch", "commit", "attempt", "test", "flavor", "outcome", "cause")
    return pa.concat_tables(run.select(names) for run in history(scenario)).combine_chunks()


def rate(table: pa.Table, **facts: Any) -> float:
    """Return failed of judged among the rows in which every column of ``facts`` has its value."""
    for name, value in facts.items():
        table = table.filter(pc.equal(table.column(name), value))
    outcomes = table.column("outcome").to_pylist()
    failed = sum(outcome in FAILED for outcome in outcomes)
    return failed / (failed + outcomes.count("pass"))


def around(table: pa.Table, event: dict[str, Any]) -> tuple[float, float]:
    """Return the failure rates of an event's case before and from its place on."""
    moment = datetime.fromisoformat(event["from"]["started_at"])
    case = {"test": event["test"], "flavor": event["flavor"]}
    before = pc.less(table.column("started_at"), pa.scalar(moment, SCHEMA.field("started_at").type))
    return rate(table.filter(before), **case), rate(table.filter(pc.invert(before)), **case)


def test_marked(rows: pa.Table) -> None:
    """Every row is of the store's schema, says synthetic in its own column, its job, its test and its log."""
    assert rows.schema.equals(SCHEMA)
    assert pc.all(rows.column("synthetic")).as_py()
    for name in ("job", "test", "source"):
        assert all("synthetic" in value for value in set(rows.column(name).to_pylist()))
    assert all("synthetic" in text for text in rows.column("log_excerpt").drop_null().to_pylist())


def test_repeatable(rows: pa.Table) -> None:
    """The same scenario gives the same rows; another seed gives others."""
    assert rows.equals(pa.concat_tables(history(SMALL)))
    assert not rows.equals(pa.concat_tables(history(SMALL.model_copy(update={"seed": 4}))))


def test_what_is_missing(rows: pa.Table) -> None:
    """Some runs never came, some have no date or no facts, some hold each result twice; all outcomes occur."""
    firsts = rows.filter(pc.equal(rows.column("attempt"), 1))
    runs = len(set(firsts.column("run_id").to_pylist()))
    assert 0.8 * SMALL.runs < runs < SMALL.runs
    for name in ("started_at", "kernel", "commit"):
        assert 0 < rows.column(name).null_count < rows.num_rows
    assert set(rows.column("invocation").to_pylist()) == {1, 2}
    assert set(rows.column("outcome").to_pylist()) == {"pass", "fail", "timeout", "aborted", "skip", "not-run"}


def test_failures_alone_are_diagnosed(rows: pa.Table) -> None:
    """A failure has a verdict, and a cause or the key of its own message; no other result has."""
    for row in rows.to_pylist():
        failed = row["outcome"] in FAILED
        assert (row["verdict"] is not None) == failed
        assert (row["cause"] is not None) == (row["verdict"] == "known")
        assert (row["unknown_key"] is not None) == (row["verdict"] == "unknown")
        if row["unknown_key"]:
            assert any(row["unknown_key"] in mask(line) for line in row["log_excerpt"].splitlines())


def test_events_are_in_the_rows() -> None:
    """Regressions, fixes, bursts and slower tests change where the truth says; one architecture fails alone."""
    scenario = Scenario(runs=1200, tests=8, attempts=1, outages=0)
    table, told = made(scenario), truth(scenario)
    for event in told["regressions"]:
        before, after = around(table, event)
        assert (before < 0.1, 0.4 < after < 0.6) == (True, True)
    for event in told["fixes"]:
        moment = event["until"]
        before, after = around(table, event | {"from": moment})
        assert (after < 0.1, 0.4 < before < 0.6) == (True, True)
    for event in told["bursts"]:
        assert event["until"]["slot"] - event["from"]["slot"] == scenario.burst_slots
    for one in told["configured"]:
        case = {"test": one["test"], "flavor": one["flavor"]}
        assert rate(table, **case, arch=one["arch"]) > 0.2
        assert rate(table, **case, arch=scenario.archs[0]) < 0.1


def test_changes_come_with_a_commit() -> None:
    """A regression begins with the first run of a commit."""
    scenario = Scenario(regressions=9)
    found = [event["from"]["slot"] % scenario.slots_per_commit for event in truth(scenario)["regressions"]]
    assert found == [0] * 9


def test_groups_fail_together() -> None:
    """The cases of a group fail in the same runs."""
    scenario = Scenario(not_run=0, outages=0)
    table = made(scenario)
    group = truth(scenario)["groups"][0]
    rows = table.filter(pc.is_in(table.column("outcome"), pa.array(FAILED))).to_pylist()
    failed = [{row["run_id"] for row in rows if _is(row, case)} for case in group]
    assert len(failed) == scenario.group_size
    assert failed[0]
    assert all(found == failed[0] for found in failed)


def _is(row: dict[str, Any], case: dict[str, Any]) -> bool:
    return bool((row["test"], row["flavor"]) == (case["test"], case["flavor"]))


def test_outage() -> None:
    """In an outage one run fails nearly everywhere, with one cause; its retry does not."""
    scenario = Scenario(retry=1)
    event = truth(scenario)["outages"][0]
    table = made(scenario)
    table = table.filter(pc.equal(table.column("job"), event["job"]))
    hit = table.filter(pc.equal(table.column("cause"), "synthetic-outage"))
    assert len(set(hit.column("run_id").to_pylist())) == 1
    run = hit.column("run_id")[0].as_py()
    assert rate(table, run_id=run) > 0.8 > rate(table, attempt=2)


@pytest.mark.parametrize(("dependence", "low", "high"), [(0.0, 0.1, 0.3), (1.0, 0.99, 1.0), (0.5, 0.5, 0.7)])
def test_retries_depend(dependence: float, low: float, high: float) -> None:
    """A flaky test that failed fails again at its own rate, and more often the more a retry depends on the first."""
    scenario = Scenario(
        runs=800, tests=2, flaky=5, regressions=0, fixes=0, bursts=0, configured=0, groups=0, duration_shifts=0,
        attempts=2, retry=1, retry_dependence=dependence, not_run=0, outages=0,
    )  # fmt: skip
    first: dict[tuple[str, ...], bool] = {}
    again = []
    for row in made(scenario).to_pylist():
        key = (row["job"], row["commit"], str(row["started_at"].date()), row["test"], row["flavor"])
        if row["attempt"] == 1:
            first[key] = row["outcome"] in FAILED
        elif first.pop(key, False):
            again.append(row["outcome"] in FAILED)
    assert len(again) > 200
    assert low <= sum(again) / len(again) <= high


def test_files(tmp_path: Path) -> None:
    """One file per run or few per month hold the same rows; each is one that the store can read."""
    single, joined = tmp_path / "single", tmp_path / "joined"
    one, two = write_history(SMALL, single), write_history(SMALL, joined, compact=True)
    assert (one.runs, one.rows, one.failures) == (two.runs, two.rows, two.failures)
    assert len(run_files(single)) == one.runs > len(run_files(joined))
    tables = []
    for store in (single, joined):
        for path in run_files(store):
            check_file(path)
        found = pa.concat_tables(pq.read_table(path, partitioning=None) for path in run_files(store))
        tables.append(found.sort_by([(name, "ascending") for name in ("run_id", "invocation", "test", "flavor")]))
    assert tables[0].num_rows == one.rows
    assert tables[0].equals(tables[1])
    assert json.loads(one.truth.read_text()) == truth(SMALL)


def test_never_among_real_runs(tmp_path: Path) -> None:
    """A folder that holds something already is refused, untouched."""
    (tmp_path / "month=2026-01").mkdir()
    with pytest.raises(CriukbError, match="holds something already"):
        write_history(SMALL, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["month=2026-01"]


def test_disk_too_small(tmp_path: Path) -> None:
    """What would fill the disk is refused before it begins."""
    huge = Scenario(runs=1_000_000, tests=100_000)
    with pytest.raises(CriukbError, match="GB are free"):
        write_history(huge, tmp_path / "store")


def test_too_few_cases(tmp_path: Path) -> None:
    """More roles than cases are refused with both numbers."""
    with pytest.raises(CriukbError, match="20 cases with a role, but only 3"):
        write_history(Scenario(tests=1, flaky=5), tmp_path / "store")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("seed: 1\nflakey: 3\n", "scenario.yaml:2:1: unknown field 'flakey'"),
        ("retry: 1.5\n", "scenario.yaml:1:1: retry: Input should be less than or equal to 1"),
        ("- seed\n", "not a mapping"),
        ("flavors: [h, '../x']\n", "scenario.yaml:1:14: flavors.1"),
        ("start: 2026-01-05T00:00:00\n", "start: Input should have timezone"),
        ("start: 2026-01-05T00:00:00Z\nruns: many\n", "scenario.yaml:2:1: runs"),
    ],
)
def test_bad_scenario(tmp_path: Path, text: str, fault: str) -> None:
    """Each fault of a scenario is told with its place."""
    path = tmp_path / "scenario.yaml"
    path.write_text(text)
    with pytest.raises(CriukbError) as caught:
        read_scenario(path, {})
    assert fault in str(caught.value)


def test_scenario_file(tmp_path: Path) -> None:
    """A file gives fields, and an option wins over it."""
    path = tmp_path / "scenario.yaml"
    path.write_text("seed: 5\nruns: 9\nbase_rates: [[1, 0.25]]\nstart: 2026-03-02T00:00:00Z\n")
    found = read_scenario(path, {"runs": 8, "tests": None})
    assert (found.seed, found.runs, found.base_rates) == (5, 8, ((1.0, 0.25),))
    assert found.start == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(("lang", "word"), [("en", "synthetic runs"), ("zh", "次合成运行")])
def test_command(tmp_path: Path, lang: str, word: str) -> None:
    """The command says what it wrote and where the truth stands."""
    out = tmp_path / "history"
    args = ["--out", str(out), "--seed", "1", "--runs", "8", "--tests", "10", "--weeks", "1"]
    result = CliRunner().invoke(command, [*args, "--lang", lang], catch_exceptions=False)
    assert word in result.output
    assert f"{out}.truth.json" in result.output
    assert json.loads((tmp_path / "history.truth.json").read_text())["synthetic"] is True
