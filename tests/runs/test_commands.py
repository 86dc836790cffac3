"""``criukb ingest`` and ``criukb stats`` as their users call them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from criukb.commands.ingest import command as ingest_command
from criukb.commands.stats import command as stats_command
from criukb.errors import CriukbError
from criukb.match.diagnose import Diagnoser
from criukb.paths import SAMPLE_DIR
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from runfakes import FakeDiagnoser, console, passing


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Diagnoser, "load", lambda _extra=(): FakeDiagnoser())


def call(command: Any, *args: object) -> Result:
    result = CliRunner().invoke(command, [str(a) for a in args])
    if isinstance(result.exception, CriukbError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("commands") / "store"
    ingest([SAMPLE_DIR], path, RunMeta(), FakeDiagnoser())
    return path


def test_ingest_json(tmp_path: Path) -> None:
    """JSON goes to stdout alone; every outcome is a key of each run."""
    result = call(ingest_command, SAMPLE_DIR, "--store", tmp_path / "s", "--format", "json")
    found = json.loads(result.stdout)
    first = found[0]
    assert (first["pass"], first["fail"], first["skip"], first["not-run"]) == (418, 268, 64, 389)
    assert "reading" in result.stderr


def test_warnings_are_shown(tmp_path: Path) -> None:
    """A summary that disagrees is told on stderr with file and line; the run is stored all the same."""
    path = tmp_path / "x.console.log"
    path.write_text(console(passing("a")).replace("TOTAL 1/", "TOTAL 9/"))
    result = call(ingest_command, path, "--store", tmp_path / "s", "--job", "j", "--lang", "zh")
    assert f"警告: {path}:" in result.stderr
    assert "8 of 9 tests were neither launched nor skipped" in result.stderr
    assert "写入 1 次运行" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--started", "today"], "started_at"), (["--attempt", "x"], "attempt"), (["--commit", "nothex"], "commit")],
)
def test_bad_options(tmp_path: Path, options: Sequence[str], message: str) -> None:
    """A wrong fact given as an option is refused."""
    with pytest.raises(CriukbError, match=message):
        call(ingest_command, SAMPLE_DIR, "--store", tmp_path / "s", *options)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("by", ["run", "criu_version", "cause", "test"])
def test_stats_text(store: Path, by: str, lang: str) -> None:
    """Each table prints in both languages, and says what its rates divide."""
    text = call(stats_command, "--store", store, "--by", by, "--lang", lang).stdout
    assert "Wilson" in text
    assert "not-run" in text
    assert ("全部运行" in text) == (lang == "zh")


def test_stats_json(store: Path) -> None:
    """One row per run with each outcome; a rate comes with numerator, denominator and interval."""
    rows = json.loads(call(stats_command, "--store", store, "--format", "json").stdout)
    row = rows[1]
    keys = ("pass", "fail", "skip", "not-run", "timeout", "aborted")
    assert [row[k] for k in keys] == [1050, 11, 64, 14, 0, 0]
    assert row["known"] + row["unknown"] == row["failed"] == 11
    assert row["ran"] == 1061
    assert 0 < row["low"] < row["rate"] < row["high"] < 1


def test_stats_of_a_week(store: Path) -> None:
    """A week without runs has no rows."""
    assert json.loads(call(stats_command, "--store", store, "--week", "2026-W02", "--format", "json").stdout) == []


def test_no_store(tmp_path: Path) -> None:
    """A store that is not there is an error that says how to make one."""
    with pytest.raises(CriukbError, match="no store of runs") as caught:
        call(stats_command, "--store", tmp_path / "absent")
    assert "criukb ingest" in caught.value.faults[0].hint


@pytest.mark.parametrize("command", [ingest_command, stats_command])
def test_help_has_examples(command: Any) -> None:
    """Help shows examples."""
    assert "Examples:" in call(command, "--help").stdout
