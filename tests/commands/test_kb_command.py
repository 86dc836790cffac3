"""``criukb kb``, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from criukb.commands.kb import command
from criukb.errors import CriukbError
from criukb.kb.base import load_kb


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
