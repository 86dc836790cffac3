"""``verify`` names each thing that a store must not have, and nothing of what it may have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from criukb.runs import store_work
from criukb.runs.schema import SCHEMA
from criukb.runs.store import run_files, write_runs
from criukb.runs.store_compact import compact
from criukb.runs.store_files import listing, read_index
from criukb.runs.store_verify import verify
from storecases import run, write_old


@pytest.fixture(params=[False, True], ids=["single", "compacted"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store_work, "GRACE", 0.0)
    path = tmp_path / "store"
    write_runs(path, [run("a"), run("b"), run("c", month=12), run("d", month=12), run("u", month=0)])
    if request.param:
        compact(path)
    return path


def kinds(store: Path) -> list[tuple[str, bool]]:
    return [(finding.kind, finding.fault) for finding in verify(store).findings]


def test_good(store: Path) -> None:
    """A store as it should be has no finding; every file, run and row is counted."""
    found = verify(store)
    assert found.good
    assert (found.files, found.runs, found.rows, found.findings) == (len(run_files(store)), 5, 15, ())


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change rows behind the store's back; the list of runs stays."""
    table = pq.read_table(path, partitioning=None)
    metadata = pq.read_metadata(path).metadata
    kept = {key: value for key, value in metadata.items() if key.startswith(b"criukb.")}
    pq.write_table(change(table).replace_schema_metadata(kept), path)


def _other_value(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("outcome")
    outcomes = ["fail", *table.column("outcome").to_pylist()[1:]]
    return table.set_column(at, SCHEMA.field("outcome"), pa.array(outcomes))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (_other_value, "digest"),
        (lambda t: t.slice(1), "list"),
        (lambda t: pa.concat_tables([t, t.slice(0, 1)]), "list"),
        (lambda t: t.drop_columns(["evidence"]), "columns"),
        (lambda t: t.select(list(reversed(t.column_names))), "columns"),
    ],
    ids=["a value", "a row less", "a row more", "a column less", "order of columns"],
)
def test_changed_rows(store: Path, change: Callable[[pa.Table], pa.Table], kind: str) -> None:
    """Rows that are not those that were written are a fault."""
    rewrite(run_files(store)[0], change)
    assert kinds(store) == [(kind, True)]


@pytest.mark.parametrize("at", [0, 20, -12])
def test_damaged(store: Path, at: int) -> None:
    """A file whose bytes were damaged is a fault, wherever they are, and the others are checked all the same."""
    path = run_files(store)[0]
    data = bytearray(path.read_bytes())
    data[at : at + 8 if at >= 0 else None] = b"\xff" * 8
    path.write_bytes(data)
    found = verify(store)
    assert not found.good
    assert {finding.path for finding in found.findings} == {path}


def test_empty_and_cut(store: Path) -> None:
    """A file without an end cannot be read."""
    path = run_files(store)[0]
    path.write_bytes(path.read_bytes()[:-20])
    assert kinds(store) == [("unreadable", True)]
    path.write_bytes(b"")
    assert kinds(store) == [("unreadable", True)]


def test_twice_and_wrong_month(store: Path) -> None:
    """A run in two months stands twice, and once in the wrong month."""
    write_runs(store, [run("x")])
    other = store / "month=2026-12" / "x.parquet"
    other.write_bytes((store / "month=2026-11" / "x.parquet").read_bytes())
    assert kinds(store) == [("month", True), ("twice", True)]


def test_wrong_name(store: Path) -> None:
    """Writers look a run up by the name of its file."""
    write_runs(store, [run("x")])
    (store / "month=2026-11" / "x.parquet").rename(store / "month=2026-11" / "y.parquet")
    assert kinds(store) == [("name", True)]


def test_later_format(store: Path) -> None:
    """A format that this program does not know is a fault."""
    path = run_files(store)[0]
    table = pq.read_table(path, partitioning=None).replace_schema_metadata({"criukb.schema_version": "9"})
    pq.write_table(table, path)
    assert kinds(store) == [("format", True)]


def test_strays(store: Path) -> None:
    """What the plain pattern shows beside the months is a fault, in hidden folders too; other files are not."""
    data = run_files(store)[0].read_bytes()
    for name in ("x.parquet", ".hidden/x.parquet", "month=2026-11/sub/x.parquet"):
        (store / name).parent.mkdir(exist_ok=True)
        (store / name).write_bytes(data)
    (store / "README").write_text("mine")
    assert kinds(store) == [("stray", True)] * 3


def test_formats(tmp_path: Path) -> None:
    """Format 1 is a note; behind a file of format 2 it keeps the plain pattern from being read."""
    store = tmp_path / "store"
    write_old(store, "a")
    write_old(store, "b")
    assert sorted(kinds(store)) == [("older", False)] * 2 + [("unlisted", False)] * 2
    table = pq.read_table(store / "month=2026-11" / "a.parquet", partitioning=None)
    for name in SCHEMA.names[table.num_columns :]:
        table = table.append_column(SCHEMA.field(name), pa.nulls(table.num_rows, SCHEMA.field(name).type))
    pq.write_table(table.replace_schema_metadata(SCHEMA.metadata), store / "month=2026-11" / "a.parquet")
    assert ("mixed", True) in kinds(store)


def test_leftovers(store: Path) -> None:
    """What dead writers left is a note, and gone after the next writer."""
    places = store_work.Places(store)
    (places.work / "1-dead").mkdir(parents=True)
    (places.work / "1-dead" / "1.staged").write_bytes(b"x")
    (places.aside / "1-dead" / "1").mkdir(parents=True)
    (places.moves / "gone").touch()
    assert sorted(kinds(store)) == [("leftover", False), ("leftover", False), ("moving", False)]
    write_runs(store, [run("a")])
    assert kinds(store) == []


def test_living_writers_are_no_leftovers(store: Path) -> None:
    """The folder of a writer at work is neither named nor removed, however many others come."""
    with store_work.workspace(store) as work:
        mine = work.staged()
        mine.write_bytes(b"x")
        room = work.new_aside()
        os.utime(room, (0, 0))
        os.utime(work.aside, (0, 0))
        write_runs(store, [run("n")])
        assert kinds(store) == []
        assert mine.exists()
        assert room.exists()


def test_hostile_list(store: Path) -> None:
    """A list of runs that is none makes the file unreadable, not the program fail."""
    path = run_files(store)[0]
    for text in (b"[1]", b"{", b'[["a",-1,"",""]]', b'[["a"]]', b'"x"'):
        table = pq.read_table(path, partitioning=None)
        pq.write_table(table.replace_schema_metadata({**SCHEMA.metadata, b"criukb.runs": text}), path)
        assert kinds(store) == [("unreadable", True)], text
    empty = SCHEMA.empty_table().replace_schema_metadata({**SCHEMA.metadata, **listing([])})
    pq.write_table(empty, path)
    assert ("list", True) in kinds(store)
    assert read_index(path).runs == ()
