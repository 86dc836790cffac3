"""The store as its writers and its plain readers see it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from criukb.errors import CriukbError
from criukb.runs import store_compact, store_disk, store_work
from criukb.runs.schema import SCHEMA
from criukb.runs.store import check_file, rewrite_runs, run_files, write_runs
from criukb.runs.store_compact import compact
from criukb.runs.store_files import read_index, run_digest
from criukb.runs.store_parts import Limits
from criukb.runs.store_publish import drop, locate
from criukb.runs.store_swap import FREE_TRIES
from criukb.runs.store_upgrade import open_store
from criukb.runs.store_work import dead_folders
from storecases import Death, contents, dying, run, write_old


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither wait for readers that these tests have not, nor for a disk whose power does not fail."""
    monkeypatch.setattr(store_work, "GRACE", 0.0)
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def names(store: Path) -> list[str]:
    return [f"{path.parent.name}/{path.name.split('-')[0].removesuffix('.parquet')}" for path in run_files(store)]


def recoloured(name: str) -> Callable[[pa.Table], pa.Table | None]:
    """Return a change that gives one run another version."""

    def change(table: pa.Table) -> pa.Table | None:
        if table.column("run_id")[0].as_py() != name:
            return None
        at = table.schema.get_field_index("distro")
        return table.set_column(at, SCHEMA.field("distro"), pa.array(["changed"] * table.num_rows))

    return change


def forget(store: Path, *runs: str) -> set[str]:
    with open_store(store) as work:
        return drop(work, set(runs))


def test_a_run_is_one_run(store: Path) -> None:
    """Written twice it stands once, with the later content; an equal one leaves the file alone."""
    assert [new for _, new in write_runs(store, [run("a"), run("b")])] == [True, True]
    first = write_runs(store, [run("a", "second")])
    before = first[0][0].stat().st_ino
    assert first[0][1] is False
    assert write_runs(store, [run("a", "second")]) == first
    assert first[0][0].stat().st_ino == before
    assert contents(store) == {"a": (3, "second", "2026-11"), "b": (3, "first", "2026-11")}


def test_twice_in_one_call(store: Path) -> None:
    """The later of two versions in one call wins."""
    assert [new for _, new in write_runs(store, [run("a"), run("a", "second")])] == [True, False]
    assert contents(store) == {"a": (3, "second", "2026-11")}


def test_compaction(store: Path) -> None:
    """Small files become one part per month; a second time nothing is left to do; the rows are the same."""
    write_runs(store, [run("b"), run("a"), run("c", month=12), run("d", month=12), run("u", month=0)])
    before = contents(store)
    done = compact(store)
    assert [(m.month, m.files_before, m.files_after, m.rows) for m in done] == [
        ("2026-11", 2, 1, 6),
        ("2026-12", 2, 1, 6),
        ("unknown", 1, 1, 3),
    ]
    assert names(store) == ["month=2026-11/part", "month=2026-12/part", "month=unknown/u"]
    assert [e.run_id for e in read_index(run_files(store)[0]).runs] == ["a", "b"]
    files = run_files(store)
    compact(store)
    assert run_files(store) == files
    assert contents(store) == before


@pytest.mark.parametrize("times", [1, 5])
def test_writers_during_compaction(store: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """What others write while a month is built is kept, whether it is new or replaces what is being joined."""
    write_runs(store, [run("a"), run("b")])
    merge, seen = store_compact._merge, []

    def busy(*args: Any) -> None:
        merge(*args)
        seen.append(len(seen))
        if len(seen) <= min(times, FREE_TRIES):
            write_runs(store, [run("a", f"version {len(seen)}"), run(f"new{len(seen)}")])

    monkeypatch.setattr(store_compact, "_merge", busy)
    compact(store)
    last = min(times, FREE_TRIES)
    assert len(seen) == last + 1
    assert contents(store) == {
        "a": (3, f"version {last}", "2026-11"),
        "b": (3, "first", "2026-11"),
        **{f"new{n}": (3, "first", "2026-11") for n in range(1, last + 1)},
    }


def test_new_runs_during_compaction(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New runs and untouched parts of the month do not make compaction begin again, and stay."""
    write_runs(store, [run("a"), run("b")])
    compact(store, Limits(rows=6))
    write_runs(store, [run("c"), run("d")])
    merge = store_compact._merge

    def busy(*args: Any) -> None:
        merge(*args)
        write_runs(store, [run("e")])

    monkeypatch.setattr(store_compact, "_merge", busy)
    compact(store, Limits(rows=6))
    assert list(contents(store)) == ["a", "b", "c", "d", "e"]
    assert names(store) == ["month=2026-11/e", "month=2026-11/part", "month=2026-11/part"]


def test_limits(store: Path) -> None:
    """No part is larger than asked; parts that are half full are left alone later."""
    write_runs(store, [run(f"r{n:02}") for n in range(10)])
    compact(store, Limits(rows=12))
    assert sorted(read_index(path).rows for path in run_files(store)) == [6, 12, 12]
    parts = set(run_files(store))
    write_runs(store, [run("r99")])
    compact(store, Limits(rows=12))
    assert parts <= set(run_files(store))
    compact(store, Limits(rows=30))
    assert sum(read_index(path).rows for path in run_files(store)) == 33


def test_replaced_inside_a_part(store: Path) -> None:
    """A run in a part is replaced when its content changed; an equal one touches nothing."""
    write_runs(store, [run("a"), run("b")])
    compact(store)
    files = run_files(store)
    assert write_runs(store, [run("a")]) == [(files[0], False)]
    assert run_files(store) == files
    assert [new for _, new in write_runs(store, [run("a", "second"), run("c")])] == [False, True]
    assert contents(store) == {
        "a": (3, "second", "2026-11"),
        "b": (3, "first", "2026-11"),
        "c": (3, "first", "2026-11"),
    }
    assert names(store) == ["month=2026-11/c", "month=2026-11/part"]


@pytest.mark.parametrize("compacted", [False, True])
def test_month_corrected(store: Path, compacted: bool) -> None:
    """A run whose start is corrected moves to its month, out of a part too."""
    write_runs(store, [run("a"), run("b")])
    if compacted:
        compact(store)
    assert write_runs(store, [run("a", month=12)]) == [(store / "month=2026-12" / "a.parquet", False)]
    assert contents(store) == {"a": (3, "first", "2026-12"), "b": (3, "first", "2026-11")}
    assert not list((store / ".criukb" / "moves").iterdir())


@pytest.mark.parametrize("compacted", [False, True])
def test_rewrite(store: Path, compacted: bool) -> None:
    """Each run is asked once with all its rows; only what changed is written."""
    write_runs(store, [run("a"), run("b", tests=5), run("c", month=12)])
    if compacted:
        compact(store)
    asked: list[tuple[str, int]] = []

    def change(table: pa.Table) -> pa.Table | None:
        asked.append((table.column("run_id")[0].as_py(), table.num_rows))
        return recoloured("b")(table) or table

    assert rewrite_runs(store, change) == ["b"]
    assert sorted(asked) == [("a", 3), ("b", 5), ("c", 3)]
    assert contents(store)["b"] == (5, "changed", "2026-11")
    assert rewrite_runs(store, recoloured("a"), runs=["b"]) == []


def test_rewrite_while_another_writes(store: Path) -> None:
    """A run that another writer replaces meanwhile is asked again, and one that is forgotten does not come back."""
    write_runs(store, [run("a"), run("b")])
    seen: list[str] = []

    def change(table: pa.Table) -> pa.Table | None:
        name, distro = table.column("run_id")[0].as_py(), table.column("distro")[0].as_py()
        seen.append(f"{name} {distro}")
        if seen[-1] == "a first":
            write_runs(store, [run("a", "second", tests=4)])
            forget(store, "b")
        return recoloured(name)(table)

    assert rewrite_runs(store, change) == ["a"]
    assert seen[0] == "a first"
    assert seen[-1] == "a second"
    assert contents(store) == {"a": (4, "changed", "2026-11")}


def test_another_run_is_refused(store: Path) -> None:
    """A change cannot make another run of a run."""
    write_runs(store, [run("a")])
    with pytest.raises(ValueError, match="run a cannot become b"):
        rewrite_runs(store, lambda _: run("b"))


def test_drop(store: Path) -> None:
    """Runs leave their own files and parts; what is not there is not reported."""
    write_runs(store, [run("a"), run("b"), run("c", month=12), run("d", month=12)])
    compact(store)
    write_runs(store, [run("e")])
    assert forget(store, "a", "c", "d", "e", "x") == {"a", "c", "d", "e"}
    assert contents(store) == {"b": (3, "first", "2026-11")}


def test_format_1(store: Path) -> None:
    """The first write brings a store of format 1 to this format; the plain pattern reads all of it with all columns."""
    write_old(store, "a")
    write_old(store, "b", 12)
    write_runs(store, [run("0", source="junit")])
    assert {read_index(path).version for path in run_files(store)} == {"2"}
    assert contents(store) == {
        "0": (3, "first", "2026-11"),
        "a": (3, "first", "2026-11"),
        "b": (3, "first", "2026-12"),
    }
    for path in run_files(store):
        check_file(path)


def test_later_format(store: Path) -> None:
    """A store of a later program is not written."""
    write_runs(store, [run("a")])
    (store / ".criukb" / "format").write_text("3\n")
    with pytest.raises(CriukbError, match="format 3"):
        write_runs(store, [run("b")])


def test_digest_is_of_the_values() -> None:
    """The digest survives slices, chunks and columns that a later format adds; each value and its place counts."""
    table = run("a", tests=4)
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert run_digest(chunked) == run_digest(table) == run_digest(pa.concat_tables([table, table]).slice(4))
    assert run_digest(table.append_column("later", pa.nulls(4, pa.string()))) == run_digest(table)
    others = [run("a", "second", tests=4), run("a", tests=5), table.take([1, 0, 2, 3]), run("a", cause="x", tests=4)]
    assert len({run_digest(t) for t in [table, *others]}) == 5


@pytest.mark.parametrize("name", ["../x", "a/b", "part-1", "", "a b", "é/"])
def test_names_of_runs(store: Path, name: str) -> None:
    """A run's id names a file: what could leave the folder or look like a part is refused."""
    with pytest.raises(CriukbError, match="cannot be the name"):
        write_runs(store, [run(name)])
    assert contents(store) == {}


def test_no_exchange(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where folders cannot be swapped, compaction says so before it begins, and the store stays as it was."""
    write_runs(store, [run("a"), run("b")])

    def refuse(one: Path, _: Path) -> None:
        raise store_disk.cannot_exchange(one, "Invalid cross-device link")

    monkeypatch.setattr(store_disk, "exchange", refuse)
    with pytest.raises(CriukbError, match="cannot be swapped") as caught:
        compact(store)
    assert "file system" in caught.value.faults[0].hint
    assert len(contents(store)) == 2
    assert not list((store / ".criukb" / "work").iterdir())


def test_rights_stay(store: Path) -> None:
    """A month keeps its folder's mode, so that a group that shares the store can go on writing."""
    write_runs(store, [run("a"), run("b")])
    (store / "month=2026-11").chmod(0o2770)
    compact(store)
    assert (store / "month=2026-11").stat().st_mode & 0o7777 == 0o2770


def test_doubled_by_hand(store: Path) -> None:
    """A run that somebody copied is not written again, and forget removes all of it."""
    write_runs(store, [run("a"), run("b")])
    shutil.copytree(store / "month=2026-11", store / "month=2026-10")
    with pytest.raises(CriukbError, match="stands in") as caught:
        write_runs(store, [run("a", "second")])
    assert "criukb store forget a" in caught.value.faults[0].hint
    assert forget(store, "a", "b") == {"a", "b"}
    assert contents(store) == {}


def test_symlinked_store(store: Path, tmp_path: Path) -> None:
    """A store behind a symbolic link is the same store."""
    write_runs(store, [run("a"), run("b")])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "link").symlink_to(store)
    assert compact(tmp_path / "elsewhere" / "link")[0].files_after == 1
    assert len(contents(store)) == 2
    assert not list((tmp_path / "elsewhere").glob(".*"))


def test_folder_in_a_month(store: Path) -> None:
    """A stranger's folder inside a month is neither lost nor carried silently."""
    write_runs(store, [run("a"), run("b")])
    (store / "month=2026-11" / "mine").mkdir()
    with pytest.raises(CriukbError, match="folder inside a month"):
        compact(store)
    assert (store / "month=2026-11" / "mine").is_dir()


def prepare(store: Path) -> None:
    write_runs(store, [run("a"), run("b"), run("c"), run("o", month=10)])
    compact(store)
    write_runs(store, [run("d"), run("e")])


def prepare_old(store: Path) -> None:
    for name in "abc":
        write_old(store, name)
    write_old(store, "d", 12)


CASES: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any]]] = {
    "write": (prepare, lambda s: write_runs(s, [run("n"), run("d", "second"), run("m", month=9)])),
    "replace in a part": (prepare, lambda s: write_runs(s, [run("a", "second"), run("n")])),
    "move": (prepare, lambda s: write_runs(s, [run("d", "second", month=12)])),
    "move out of a part": (prepare, lambda s: write_runs(s, [run("a", "second", month=12)])),
    "compact": (prepare, compact),
    "rewrite": (prepare, lambda s: rewrite_runs(s, recoloured("b"))),
    "forget": (prepare, lambda s: forget(s, "a", "d", "o")),
    "upgrade": (prepare_old, lambda s: write_runs(s, [run("n")])),
}


@pytest.mark.parametrize("case", CASES)
def test_death_at_every_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Whichever call of the file system is the last one, each run is once and whole as it was or as it shall be.

    The next writer does not mind, cleans up, and the same work done again gives the whole result.
    """
    ready, action = CASES[case]
    ready(tmp_path / "ready")
    before = contents(tmp_path / "ready")
    shutil.copytree(tmp_path / "ready", tmp_path / "done" / "store")
    with dying(monkeypatch, 10**9) as calls:
        action(tmp_path / "done" / "store")
    after = contents(tmp_path / "done" / "store")
    assert len(calls) > 5
    for at in range(1, len(calls) + 1):
        store = tmp_path / str(at) / "store"
        shutil.copytree(tmp_path / "ready", store)
        with dying(monkeypatch, at), pytest.raises(Death):
            action(store)
        found = contents(store)
        assert before.keys() & after.keys() <= found.keys() <= before.keys() | after.keys(), (at, calls[at - 1])
        assert all(found[name] in (before.get(name), after.get(name)) for name in found), (at, calls[at - 1])
        action(store)
        assert contents(store) == after
        write_runs(store, [])
        assert not dead_folders(store_work.Places(store))
        assert not list((store / ".criukb" / "moves").iterdir())
        assert all(f.path.parent.name.endswith(f.entry.month) for f in locate(store, set(after)).values())
        shutil.rmtree(store.parent)
