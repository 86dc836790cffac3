"""The named queries: equal to counting in Python, ready for Spark, and safe against hostile values."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot

from criukb.errors import CriukbError
from criukb.paths import SAMPLE_DIR
from criukb.runs.engine import query, sql, week_window, window
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.store import run_files
from runfakes import FakeDiagnoser, console, passing
from storefakes import row, write_store

SPLIT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
QUERIES = sorted(f.name.removesuffix(".sql") for f in files("criukb.runs").joinpath("queries").iterdir())


def params(store: Path, name: str) -> dict[str, object]:
    text = sql(name)
    stems = [path.stem for path in run_files(store)]
    runs = {"old": stems[::2], "new": stems[1::2]} if "$old" in text else {}
    given = {"causes": ["rlimit-denied"], "without_causes": ["rlimit-denied"], "without_runs": stems[:1]}
    given |= window() | {"split": SPLIT}
    return runs | {name: value for name, value in given.items() if f"${name}" in text}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "store"
    ingest([SAMPLE_DIR], path, RunMeta(), FakeDiagnoser())
    return path


@pytest.fixture(scope="module")
def history(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, and made-up runs with what the samples lack: commits, attempts, durations."""
    path = tmp_path_factory.mktemp("history") / "store"
    shutil.copytree(store, path)
    facts = {"commit": "a1", "duration_s": 1.5, "flavor": "h"}
    for day in range(4):
        start = SPLIT + timedelta(days=day - 2)
        write_store(
            path,
            [
                row(f"first{day}", f"t{n}", "fail" if n <= day else "pass", started_at=start, attempt=1, **facts)
                for n in range(4)
            ],
            [
                row(f"second{day}", f"t{n}", "pass", started_at=start + timedelta(hours=1), attempt=2, **facts)
                for n in range(4)
            ],
        )
    return path


@pytest.mark.parametrize("name", QUERIES)
def test_empty_store(tmp_path: Path, name: str) -> None:
    """A store without runs gives no rows, in the same columns."""
    assert query(tmp_path, name, **params(tmp_path, name)).num_rows == 0


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_answers(history: Path, name: str) -> None:
    """Every query runs over the samples and some made-up runs, gives rows, and gives them again in the same order."""
    first = query(history, name, **params(history, name))
    assert first.num_rows > 0
    assert first.equals(query(history, name, **params(history, name)))
    assert not any(pa.types.is_decimal(field.type) for field in first.schema)


@pytest.mark.parametrize("name", QUERIES)
def test_ready_for_spark(name: str) -> None:
    """Every query can be turned into Spark's dialect by sqlglot, parameters included."""
    text = sqlglot.transpile(sql(name), read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)[0]
    assert ("$" in sql(name)) == (":" in text)


def test_run_outcomes_equal_a_plain_count(store: Path) -> None:
    """The counts by run are those of a loop over the files."""
    found = {row["run_id"]: row for row in query(store, "run_outcomes", **window()).to_pylist()}
    for path in run_files(store):
        table = pq.read_table(path, partitioning=None)
        plain = Counter(table.column("outcome").to_pylist())
        row = found[path.stem]
        got = {name: row[f"n_{name.replace('-', '_')}"] for name in plain}
        assert got == dict(plain)
        assert row["n_known"] + row["n_unknown"] == plain["fail"]


def test_flips_need_equal_runs(store: Path) -> None:
    """Among equal runs one test passed and failed; the run of another job and variant is not compared with them."""
    found = [(r["test"], r["flavor"], r["outcome"]) for r in query(store, "flips", **window()).to_pylist()]
    test = "zdtm/static/socket-tcpbuf-local"
    assert found == [(test, "ns", "fail"), (test, "ns", "pass")]


def test_windows(store: Path) -> None:
    """A week holds the runs that started in it; neighbours hold none."""
    assert query(store, "run_outcomes", **week_window("2026-W48")).num_rows == 5
    assert query(store, "run_outcomes", **week_window("2026-W47")).num_rows == 0
    early = window(end=datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    assert query(store, "run_outcomes", **early).num_rows == 1


def test_undated_runs(tmp_path: Path) -> None:
    """A run without a start time belongs to no week, and to all time."""
    path = tmp_path / "x.console.log"
    path.write_text(console(passing("a")))
    ingest([path], tmp_path / "s", RunMeta(job="j"), FakeDiagnoser())
    assert query(tmp_path / "s", "run_outcomes", **week_window("2026-W48")).num_rows == 0
    assert query(tmp_path / "s", "run_outcomes", **window()).num_rows == 1


@pytest.mark.parametrize("week", ["2026-48", "2026-W60", "2026-W48'; DROP TABLE results", "", "0000-W01"])
def test_bad_week(week: str) -> None:
    """What is no ISO week is refused."""
    with pytest.raises(CriukbError, match="ISO week"):
        week_window(week)


def test_hostile_values_are_only_values(tmp_path: Path) -> None:
    """Names from a console reach no SQL text."""
    path = tmp_path / "x.console.log"
    path.write_text(console(passing("a';DROP", "$since")))
    ingest([path], tmp_path / "s", RunMeta(job="'; --"), FakeDiagnoser())
    rows = query(tmp_path / "s", "test_outcomes", **window()).to_pylist()
    assert {r["test"] for r in rows} == {"zdtm/static/a';DROP", "zdtm/static/$since"}


def test_store_with_pattern_characters(tmp_path: Path) -> None:
    """A store's name may hold characters that DuckDB reads as a pattern."""
    path = tmp_path / "x.console.log"
    path.write_text(console(passing("a")))
    store = tmp_path / "s[1]*"
    ingest([path], store, RunMeta(job="j"), FakeDiagnoser())
    assert query(store, "run_outcomes", **window()).num_rows == 1


def test_damaged_file(tmp_path: Path) -> None:
    """A damaged file in the store is named, with the next step."""
    bad = tmp_path / "month=2026-11" / "x.parquet"
    bad.parent.mkdir()
    bad.write_bytes(b"PAR1 nothing")
    with pytest.raises(CriukbError, match="not a readable Parquet file") as caught:
        query(tmp_path, "run_outcomes", **window())
    assert caught.value.faults[0].place.path == bad


def test_plain_read_parquet(store: Path) -> None:
    """The store is readable with read_parquet('DIR/**/*.parquet') alone."""
    import duckdb  # noqa: PLC0415 - as a reader without criukb would

    with duckdb.connect() as connection:
        found = connection.execute("SELECT count(*) FROM read_parquet(?)", [f"{store}/**/*.parquet"]).fetchone()
    assert found == (5 * 1139,)
