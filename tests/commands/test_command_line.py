"""The program as it is called: help that loads little, and errors of the system that are no tracebacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from criukb.cli import COMMANDS, cli

HEAVY = ("pydantic", "duckdb", "pyarrow", "matplotlib", "numpy", "scipy", "pandas", "pyspark", "yaml")
IMPORTED = f"""
import sys
from click.testing import CliRunner
from criukb.cli import cli
for words in sys.stdin.read().splitlines():
    assert CliRunner().invoke(cli, [*words.split(), "--help"]).exit_code == 0, words
    found = [name for name in {HEAVY!r} if name in sys.modules]
    assert not found, (words, found)
"""


def _commands(group: click.Group, names: tuple[str, ...] = ()) -> list[str]:
    context = click.Context(group)
    found = [" ".join(names)]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = (*names, name)
        found += _commands(command, inner) if isinstance(command, click.Group) else [" ".join(inner)]
    return found


def _main(*args: str | Path) -> subprocess.CompletedProcess[str]:
    program = "from criukb.cli import main; main()"
    return subprocess.run([sys.executable, "-c", program, *map(str, args)], capture_output=True, text=True, check=False)


def test_help_loads_nothing_heavy() -> None:
    """No --help of the whole tree loads the engines, the model or the parsers."""
    words = _commands(cli)
    assert set(COMMANDS) == {word.split()[0] for word in words if word}
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], input="\n".join(words), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["gate", "ingest", "diagnose"])
def test_errors_of_the_system(command: str) -> None:
    """A name that the system refuses is bad input: status 2, its place, the next step; no traceback."""
    done = _main(command, "a" * 300)

    assert done.returncode == 2
    assert done.stderr.startswith("error: aaa")
    assert "next: " in done.stderr
    assert "Traceback" not in done.stderr


def test_errors_hold_no_control_characters(tmp_path: Path) -> None:
    """What a file's name holds never reaches the terminal as a command."""
    done = _main("ingest", tmp_path / "\x1b[2J\x07.console.log")

    assert done.returncode == 2
    assert "?[2J?.console.log" in done.stderr
    assert "\x1b" not in done.stderr
