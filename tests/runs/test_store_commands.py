"""``criukb store`` as its users call it, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from criukb.cli import cli
from criukb.errors import CriukbError
from criukb.runs import store_work
from criukb.runs.store import run_files, write_runs
from storecases import contents, run, write_old


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store_work, "GRACE", 0.0)
    path = tmp_path / "store"
    made = run("abd3", month=12, synthetic=True)
    write_runs(path, [run("abc1"), run("abc2", month=12), made, run("undated", month=0)])
    return path


def call(*args: object, status: int = 0) -> str:
    result = CliRunner().invoke(cli, ["store", *(str(a) for a in args)])
    if isinstance(result.exception, CriukbError):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.stdout


def data(*args: object, status: int = 0) -> Any:
    return json.loads(call(*args, "--format", "json", status=status))


def test_list(store: Path) -> None:
    """Runs stand by start, undated ones last; what is synthetic says so."""
    found = data("list", "--store", store)
    assert [(r["run_id"], r["results"], r["synthetic"]) for r in found] == [
        ("abc1", 3, False),
        ("abc2", 3, False),
        ("abd3", 3, True),
        ("undated", 3, False),
    ]
    text = call("list", "--store", store, "--lang", "zh")
    assert "合成数据" in text
    assert "4 次运行，12 条结果" in text


def test_compact(store: Path) -> None:
    """The figures of each month are told; again there is nothing to do."""
    found = data("compact", "--store", store)
    assert [(m["month"], m["runs"], m["files_before"], m["files_after"]) for m in found] == [
        ("2026-11", 1, 1, 1),
        ("2026-12", 2, 2, 1),
        ("unknown", 1, 1, 1),
    ]
    assert "3 个文件整理为 3 个" in call("compact", "--store", store, "--lang", "zh")
    assert len(contents(store)) == 4


def test_migrate(tmp_path: Path) -> None:
    """The number of files that were of an older format is told, once."""
    write_old(tmp_path / "old", "a")
    assert data("migrate", "--store", tmp_path / "old") == {"store": str(tmp_path / "old"), "files": 1, "version": 2}
    assert "0 个文件" in call("migrate", "--store", tmp_path / "old", "--lang", "zh")


def test_verify(store: Path) -> None:
    """Status 0 for a good store; 1 with place, fault and next step for a damaged one."""
    assert data("verify", "--store", store)["good"] is True
    path = run_files(store)[0]
    path.write_bytes(b"PAR1")
    found = data("verify", "--store", store, status=1)
    assert [f["kind"] for f in found["findings"]] == ["unreadable"]
    text = call("verify", "--store", store, "--lang", "zh", status=1)
    assert f"错误: {path}: 无法读取" in text
    assert "下一步" in text
    assert "1 faults" in call("verify", "--store", store, "--lang", "en", status=1)


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize(
    ("args", "left"),
    [
        (["abc1"], ["abc2", "abd3", "undated"]),
        (["abd"], ["abc1", "abc2", "undated"]),
        (["abc1", "undated"], ["abc2", "abd3"]),
        (["--before", "2026-11-30T00:00:00Z"], ["abc2", "abd3", "undated"]),
        (["--before", "2027-01-01T00:00:00Z"], ["undated"]),
        (["--synthetic"], ["abc1", "abc2", "undated"]),
        (["--synthetic", "--before", "2026-11-30T00:00:00Z"], ["abc1", "abc2", "abd3", "undated"]),
    ],
)
def test_forget(store: Path, args: list[str], left: list[str], compacted: bool) -> None:
    """What is named goes, out of joined files too, and nothing else; a dry run only tells."""
    if compacted:
        call("compact", "--store", store)
    told = data("forget", *args, "--store", store, "--dry-run")
    assert len(contents(store)) == 4
    assert data("forget", *args, "--store", store) == told
    assert list(contents(store)) == left
    assert data("verify", "--store", store)["findings"] == []


def test_forgotten_rows_are_off_the_disk(store: Path) -> None:
    """After forget no file in or beside the store holds the run."""
    call("compact", "--store", store)
    call("forget", "abc2", "--store", store)
    assert not [p for p in store.parent.rglob("*") if p.is_file() and b"abc2" in p.read_bytes()]


@pytest.mark.parametrize("args", [["nothing"], ["abc"], ["abc1", "--store", "absent"]])
def test_forget_what_is_not_sure(store: Path, args: list[str]) -> None:
    """A name of no run, or of several, is refused, and nothing is removed."""
    with pytest.raises(CriukbError) as caught:
        call("forget", "--store", store, *args)
    assert caught.value.faults[0].hint
    assert len(contents(store)) == 4


@pytest.mark.parametrize("args", [[], ["abc1", "--synthetic"], ["--before", "yesterday"]])
def test_forget_usage(store: Path, args: list[str]) -> None:
    """Runs or conditions, not both and not nothing."""
    result = CliRunner().invoke(cli, ["store", "forget", "--store", str(store), *args])
    assert result.exit_code != 0
    assert len(contents(store)) == 4
