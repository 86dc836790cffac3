"""The commands that hold the knowledge base against CRIU's source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catalogfakes import FILES, LAMP_C, write_git, write_tar
from criukb.catalogue.cache import load_catalogues
from criukb.cli import cli
from criukb.errors import CriukbError
from kbfactory import entry, write_entry

LAMP = {"call": "pr_err", "file": "criu/lamp.c", "since": "9.1"}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    second = FILES | {"criu/lamp.c": LAMP_C.replace("no oil", "no more oil")}
    return write_git(tmp_path / "repo", ("v9.1", FILES), ("v9.2", second))


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for the built-in knowledge base, so that only this one is checked."""
    root = tmp_path / "kb"
    gone = LAMP | {"format": "Lamp %s has no oil (%lu left)"}
    kept = LAMP | {"format": "%d: Wick %d is wet"}
    write_entry(root, entry("lamp", "unused", match=[gone, kept]))
    from criukb.kb import base  # noqa: PLC0415 - patched here

    monkeypatch.setattr(base.load_kb, "__defaults__", ((), root))
    return root


def test_verify_names_what_does_not_hold(repo: Path, private: Path) -> None:
    """A format that a claimed release lacks is shown with its place, and the status is 1."""
    answer = run("kb", "verify", "--criu-git", repo, "--lang", "en")
    assert answer.exit_code == 1
    assert "error: lamp: claimed for, but not in 9.2" in answer.stdout
    assert "2 formats held against 2 source trees: 0 in none, 1 missing in a release" in answer.stdout
    assert str(private / "entries" / "files" / "lamp" / "entry.yaml") in answer.stdout


@pytest.mark.usefixtures("private")
def test_verify_that_holds(repo: Path) -> None:
    """Status 0 when everything is where it should be; --all shows it."""
    answer = run("kb", "verify", "--criu-source", repo, "--tag", "v9.1", "--format", "json")
    assert answer.exit_code == 0
    rows = json.loads(answer.stdout)
    assert [(row["found"], row["faults"]) for row in rows] == [(["9.1"], []), (["9.1"], [])]


@pytest.mark.usefixtures("private")
def test_coverage_and_drift(repo: Path) -> None:
    """Each tree has its figures, and two trees the changes between them."""
    arguments = ["kb", "coverage", "--criu-source", repo, "--tag", "v9.1", "--tag", "v9.2", "--format", "json"]
    data: dict[str, Any] = json.loads(run(*arguments).stdout)
    figures = [
        (c["release"], c["overall"]["errors"]["known"], c["overall"]["errors"]["total"]) for c in data["coverage"]
    ]
    assert figures == [("9.1", 2, 5), ("9.2", 1, 5)]
    assert [(c["kind"], c["new"]["function"]) for c in data["drift"][0]["changes"]] == [("reworded", "light")]
    assert [g["format"] for g in data["coverage"][1]["gone"]] == ["Lamp %s has no oil (%lu left)"]


@pytest.mark.usefixtures("private")
@pytest.mark.parametrize(("lang", "expected"), [("en", "2/5 (40.0%)"), ("zh", "总计")])
def test_coverage_text(tmp_path: Path, lang: str, expected: str) -> None:
    """The table shows numerators and denominators, and says so in both languages."""
    tar = write_tar(tmp_path / "criu-9.1.tar.gz")
    answer = run("kb", "coverage", "--criu-source", tar, "--release", "9.1", "--lang", lang)
    assert answer.exit_code == 0
    assert expected in answer.stdout


@pytest.mark.parametrize("arguments", [["kb", "coverage"], ["kb", "verify"], ["kb", "new"], ["kb", "new", "files"]])
def test_usage(arguments: list[str]) -> None:
    """A command without what it needs ends with status 2 and an example."""
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert "example" in answer.output


@pytest.mark.parametrize(("lang", "expected"), [("en", "    9.2: 2 of 2"), ("zh", "    9.2：2 处中吻合 2 处")])
def test_explain_shows_the_releases_that_fit(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str, expected: str
) -> None:
    """The text of --explain narrows the release by the log's source lines as the JSON does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    calls = [call for call in load_catalogues(repo, ["v9.1", "v9.2"])[1].calls if call.level == "error"][:2]
    log = tmp_path / "x.log"
    log.write_text("".join(f"(00.1)      1: Error ({call.file}:{call.line}): rattles\n" for call in calls))
    shown = run("diagnose", log, "--explain", "--lang", lang).stdout
    rows = json.loads(run("diagnose", log, "--explain", "--format", "jsonl").stdout)["releases"]
    assert expected in shown
    assert rows[0] == {"release": "9.2", "hits": 2, "pairs": 2}
    assert all(f"    {row['release']}" in shown for row in rows)


def test_a_tag_of_an_archive(tmp_path: Path) -> None:
    """A source that is not there is named with the next step."""
    answer = run("kb", "coverage", "--criu-source", tmp_path / "none")
    assert isinstance(answer.exception, CriukbError)
