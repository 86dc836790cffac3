from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from criukb.commands import build as build_command
from criukb.commands import report as report_command
from criukb.errors import CriukbError
from criukb.publish import pipeline
from storefakes import many


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the documents out: their own tests execute them."""

    def documents(result: pipeline.Result, _kb: Any, folder: Path, *_: Any) -> None:
        (folder / "articles").mkdir()
        (folder / "articles" / "a.en.md").write_text("new")
        result.files = {"articles": 1, "reports": 0}

    monkeypatch.setattr(pipeline, "_documents", documents)


@pytest.mark.usefixtures("quick")
def test_what_was_there_is_replaced_and_other_files_stay(tmp_path: Path, make_store: Callable[..., Path]) -> None:
    out = tmp_path / "build"
    (out / "articles").mkdir(parents=True)
    (out / "articles" / "old.md").write_text("old")
    (out / "mine.txt").write_text("mine")
    make_store(many("r", 3, 1)).rename(out / "store")
    result = pipeline.run([], out, site=False)
    assert (result.runs, result.outcomes, result.known, result.unknown) == (1, {"pass": 3, "fail": 1}, 0, 1)
    assert [path.name for path in (out / "articles").iterdir()] == ["a.en.md"]
    assert (out / "mine.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build"]


def test_after_an_error_everything_is_as_it_was(
    tmp_path: Path, make_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "build"
    (out / "articles").mkdir(parents=True)
    (out / "articles" / "old.md").write_text("old")
    make_store(many("r", 3, 1)).rename(out / "store")

    def fail(*_: Any) -> None:
        raise CriukbError.at(Path("x"), "broken")

    monkeypatch.setattr(pipeline, "_documents", fail)
    with pytest.raises(CriukbError, match="broken"):
        pipeline.run([], out, site=False)
    assert (out / "articles" / "old.md").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build"]


@pytest.mark.usefixtures("quick")
def test_a_failing_move_brings_the_old_parts_back(
    tmp_path: Path, make_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "build"
    (out / "articles").mkdir(parents=True)
    (out / "articles" / "old.md").write_text("old")
    make_store(many("r", 3, 1)).rename(out / "store")
    rename = Path.rename

    def fragile(self: Path, target: Path) -> Path:
        if self.name == "articles" and target.parent == out.resolve() and (self / "a.en.md").exists():
            raise OSError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fragile)
    with pytest.raises(OSError, match="no"):
        pipeline.run([], out, site=False)
    assert (out / "articles" / "old.md").read_text() == "old"
    assert any((out / "store").glob("**/*.parquet"))


@pytest.mark.usefixtures("quick")
def test_the_command_prints_plain_data_on_request(tmp_path: Path, make_store: Callable[..., Path]) -> None:
    out = tmp_path / "build"
    out.mkdir()
    make_store(many("r", 3, 1)).rename(out / "store")
    ran = CliRunner().invoke(build_command.command, ["--out", str(out), "--no-site", "--format", "json"])
    assert ran.exit_code == 0, ran.output
    answer = json.loads(ran.stdout)
    assert (answer["runs"], answer["known"], answer["unknown"]) == (1, 0, 1)
    assert answer["weeks"] == ["2026-W48"]
    text = CliRunner().invoke(build_command.command, ["--out", str(out), "--no-site", "--lang", "zh"])
    assert "读入的运行" in text.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["weekly"], "no runs with a start time"),
        (["article", "no-such-entry"], "no entry of this name"),
    ],
)
def test_reports_say_what_is_wrong(tmp_path: Path, arguments: list[str], message: str) -> None:
    ran = CliRunner().invoke(report_command.command, [*arguments, "--store", str(tmp_path / "none")])
    assert isinstance(ran.exception, CriukbError)
    assert message in str(ran.exception)


def test_an_unknown_week_names_the_known_ones(make_store: Callable[..., Path]) -> None:
    store = make_store(many("r", 3, 1))
    ran = CliRunner().invoke(report_command.command, ["weekly", "--week", "2020-W01", "--store", str(store)])
    assert "2026-W48" in str(ran.exception)
