"""Diagnosing stored failures again: what changes, what stays, and what is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from criukb.commands.rediagnose import command
from criukb.errors import CriukbError
from criukb.match.diagnose import Diagnoser, Diagnosis, Found, Outer
from criukb.paths import SAMPLE_DIR
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.rediagnose import Cause, Rediagnosis
from criukb.runs.schema import FAILED, SCHEMA
from criukb.runs.store import run_files
from runfakes import NAMED, FakeDiagnoser, console, passing

TEXT = console(
    [
        *passing("a"),
        ("zdtm/static/b", [("ns", "CRIU dump", f'b"(00.1) Error (criu/cr-dump.c:1): {NAMED} 0"')]),
        ("zdtm/static/c", [("h", "CRIU restore", "b'(00.2)   1: Error (criu/x.c:7): no 42 at /tmp/x'")]),
        ("zdtm/static/d", []),
    ]
).replace(" * zdtm/static/c(h)", " * zdtm/static/c(h)\n * zdtm/static/d(unknown)")


@dataclass
class NewBase(FakeDiagnoser):
    """Has another name for the one cause, and knows what the old base did not."""

    def diagnose(self, lines: Sequence[str], outer: Outer | None = None) -> Diagnosis:
        """Give the old answer its new name, or name what was unknown."""
        old = super().diagnose(lines, outer)
        if old.cause:
            return old._replace(cause=old.cause._replace(id="rlimit-renamed"))
        title = {"en": "t", "zh": "t"}
        number = next((n for n, line in enumerate(lines, 1) if "no 42" in line), None)
        return (
            old._replace(verdict="known", cause=Found("new-entry", title, title, 0.8, (), {}, (number,)))
            if number
            else old
        )


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name, job in (("x", "one"), ("y", "two")):
        path = tmp_path / f"{name}.console.log"
        path.write_text(TEXT, encoding="utf-8")
        ingest([path], tmp_path / "store", RunMeta(job=job), FakeDiagnoser())
    return tmp_path / "store"


def table_of(store: Path) -> pa.Table:
    return pq.read_table(run_files(store)[0], partitioning=None)


def without_evidence(table: pa.Table) -> pa.Table:
    """Return a run as format 1 kept it."""
    at = table.schema.get_field_index("evidence")
    return table.set_column(at, SCHEMA.field("evidence"), pa.nulls(table.num_rows, pa.string()))


def causes(table: pa.Table) -> list[str | None]:
    return [row["cause"] for row in table.to_pylist() if row["outcome"] in FAILED]


def test_same_base_changes_nothing(store: Path) -> None:
    """With the base that diagnosed them, no run changes."""
    change = Rediagnosis(FakeDiagnoser())
    assert change(table_of(store)) is None
    assert (change.total.failures, change.total.changed, change.total.details) == (3, [], 0)


def test_samples_change_nothing(tmp_path: Path) -> None:
    """The 505 failures of the samples, diagnosed again with the real base, are as they were."""
    diagnoser = Diagnoser.load()
    ingest([SAMPLE_DIR], tmp_path / "s", RunMeta(), diagnoser)
    change = Rediagnosis(diagnoser)
    assert [change(pq.read_table(path, partitioning=None)) for path in run_files(tmp_path / "s")] == [None] * 5
    assert (change.total.failures, change.total.changed, change.total.details) == (505, [], 0)


def test_new_base(store: Path) -> None:
    """A new base changes the failures' columns and no other; what it changed is counted by old and new cause."""
    old = table_of(store)
    change = Rediagnosis(NewBase())
    new = change(old)
    assert new is not None
    assert new.schema.equals(SCHEMA)
    assert causes(new) == ["rlimit-renamed", "new-entry", None]
    assert change.total.changed == [(Cause("rlimit-denied", "rlimit-renamed"), 1), (Cause("unknown", "new-entry"), 1)]
    decided = ("verdict", "cause", "confidence", "chain", "unknown_key", "log_excerpt")
    rest = [name for name in SCHEMA.names if name not in decided]
    assert new.select(rest).equals(old.select(rest))


def test_asked_twice(store: Path) -> None:
    """A run that is asked about again is counted once."""
    change = Rediagnosis(NewBase())
    for _ in range(3):
        change(table_of(store))
    assert (change.total.runs, change.total.failures) == (1, 3)
    assert [count for _, count in change.total.changed] == [1, 1]


def test_format_1(store: Path) -> None:
    """Without evidence the excerpt is read: what it newly shows counts, and a cause that it hides stays."""
    old = without_evidence(table_of(store))
    change = Rediagnosis(NewBase())
    new = change(old)
    assert new is not None
    assert causes(new) == ["rlimit-renamed", "new-entry", None]
    assert new.column("log_excerpt").equals(old.column("log_excerpt"))
    assert (change.total.from_excerpt, change.total.kept, change.total.bare) == (2, 0, 1)
    rows = old.to_pylist()
    for row in rows:
        row["log_excerpt"] = row["log_excerpt"] and "nothing that tells"
    change = Rediagnosis(FakeDiagnoser())
    assert change(pa.Table.from_pylist(rows, schema=SCHEMA)) is None
    assert (change.total.from_excerpt, change.total.kept, change.total.changed) == (2, 1, [])


def test_outer_facts(store: Path) -> None:
    """The facts that the diagnosis is told are those of the row."""
    diagnoser = FakeDiagnoser()
    Rediagnosis(diagnoser)(table_of(store))
    first = diagnoser.asked[0]
    assert (first.phase, first.test, first.flavor) == ("dump", "zdtm/static/b", "ns")


def call(store: Path, *args: str) -> str:
    result = CliRunner().invoke(command, ["--store", str(store), *args])
    if isinstance(result.exception, CriukbError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_command(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run writes nothing and tells what the real one then does; after that nothing is left to change."""
    monkeypatch.setattr(Diagnoser, "load", lambda _extra=(): NewBase())
    before = [path.read_bytes() for path in run_files(store)]
    dry: dict[str, Any] = json.loads(call(store, "--dry-run", "--format", "json"))
    assert [path.read_bytes() for path in run_files(store)] == before
    real = json.loads(call(store, "--format", "json"))
    assert (dry["changes"], dry["written"]) == (real["changes"], [])
    assert (real["runs"], real["failures"], real["changed_causes"], len(real["written"])) == (2, 6, 4, 2)
    assert json.loads(call(store, "--format", "json"))["written"] == []


@pytest.mark.parametrize(("lang", "word"), [("en", "old cause"), ("zh", "原来的原因")])
def test_command_text(store: Path, monkeypatch: pytest.MonkeyPatch, lang: str, word: str) -> None:
    """The text shows each change with its failures, in both languages."""
    monkeypatch.setattr(Diagnoser, "load", lambda _extra=(): NewBase())
    text = call(store, "--lang", lang)
    assert word in text
    assert "rlimit-renamed" in text


def test_no_store(tmp_path: Path) -> None:
    """A store that is not there is an error with the next step."""
    with pytest.raises(CriukbError, match="no store of runs"):
        call(tmp_path / "absent")


def test_help() -> None:
    """Help shows examples."""
    assert "Examples:" in CliRunner().invoke(command, ["--help"]).output
