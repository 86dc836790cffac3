"""``criukb kb``, as a user calls it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from criukb.commands.kb import command
from criukb.errors import CriukbError
from criukb.kb.base import load_kb
from criukb.scores import cards
from criukb.scores.card import Cards
from criukb.scores.cards import score


def run(*args: str) -> Result:
    return CliRunner().invoke(command, list(args), catch_exceptions=False)


def test_list_contract() -> None:
    """Each row has the fields of the contract, and the scm06 entry is found by its former name."""
    rows = json.loads(run("list", "--format", "json").stdout)
    assert {"id", "aliases", "area", "kind", "flake_class", "evidence", "title"} <= set(rows[0])
    assert any("scm06-address-in-use" in row["aliases"] for row in rows)


@pytest.mark.parametrize(("lang", "heading"), [("en", "## Root cause"), ("zh", "## 根本原因分析")])
def test_show(lang: str, heading: str) -> None:
    """An entry is shown by alias, facts filled in."""
    out = run("show", "scm06-address-in-use", "--lang", lang).stdout
    assert heading in out
    assert "{{" not in out
    assert "8b90a9f819dc" in out


@pytest.fixture
def quick_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge the logs of one entry only, as the cards of all of them have their own tests."""

    def few(*_: object) -> Cards:
        kb = load_kb()
        name = "unix-abstract-name-in-use"
        return score(replace(kb, entries={name: kb.get(name)}), workers=1)

    monkeypatch.setattr(cards, "load_cards", few)


@pytest.mark.usefixtures("quick_cards")
def test_card(tmp_path: Path) -> None:
    """The card is found by a former name, as JSON and in both languages."""
    store = ("--store", str(tmp_path))
    row = json.loads(run("card", "scm06-address-in-use", "--format", "json", *store).stdout)
    assert (row["id"], row["matched"][0]) == ("unix-abstract-name-in-use", row["matched"][1])
    assert row["mutated"][0] == row["mutated"][1] > 20
    assert row["store"] == {"hits": 0, "judged": 0, "hit_runs": 0, "runs": 0, "days": None}
    assert "no runs are stored" in run("card", "unix-abstract-name-in-use", "--lang", "en", *store).stdout
    assert "尚无运行记录" in run("card", "unix-abstract-name-in-use", "--lang", "zh", *store).stdout


def test_show_suggests() -> None:
    """A mistyped id gets suggestions and status 2."""
    done = run("show", "ghost-file-over-limits")
    assert done.exit_code == 2
    assert "did you mean ghost-file-over-limit" in done.stderr


def test_new_then_lint_says_what_is_missing(tmp_path: Path) -> None:
    """A new entry loads, and lint tells that no log proves it."""
    (tmp_path / "entries").mkdir()
    assert run("new", "files", "my-failure", "--into", str(tmp_path)).exit_code == 0
    assert load_kb(base=tmp_path).get("my-failure").entry.area == "files"
    done = run("lint", "--kb", str(tmp_path), "--rule", "KB011")
    assert done.exit_code == 1
    assert "my-failure" in done.stdout


@pytest.mark.parametrize("name", ["../escape", "Upper", "a b"])
def test_new_refuses_bad_names(tmp_path: Path, name: str) -> None:
    """No path escapes through a name."""
    with pytest.raises(CriukbError, match="no kebab-case name"):
        run("new", "files", name, "--into", str(tmp_path))


def test_explain_a_rule() -> None:
    """Every rule can be explained; an unknown one lists those that exist."""
    assert "half-width space" in run("lint", "--explain", "KB004").stdout
    assert "KB004" in run("lint", "--explain", "KB999").stderr


def test_sign_then_lint(tmp_path: Path) -> None:
    """What is signed is fresh for lint; a name that does not exist and no name at all are usage errors."""
    (tmp_path / "entries").mkdir()
    run("new", "files", "my-failure", "--into", str(tmp_path))
    assert run("sign", "my-failure", "--kb", str(tmp_path)).stdout == "signed my-failure\n"
    assert "my-failure" in (tmp_path / "pairs.yaml").read_text(encoding="utf-8")
    assert run("sign", "my-failures", "--kb", str(tmp_path)).exit_code == 2
    assert run("sign", "--kb", str(tmp_path)).exit_code == 2
