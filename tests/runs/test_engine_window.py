"""What DuckDB reads and writes: only the months of the window, and nothing into the output."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from criukb.runs import engine
from criukb.runs.engine import files_of_window, query, week_window, window
from criukb.runs.store import run_files
from querycases import QUERIES, odd_store, parameters

SHOWN = """
from criukb.runs.engine import connect
print(connect().sql("SELECT current_setting('enable_progress_bar')").fetchall())
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history from 2026-11-09 to 2026-12-07, with undated runs."""
    return odd_store(tmp_path_factory.mktemp("window") / "store")


@pytest.mark.parametrize("name", QUERIES)
def test_other_months_do_not_matter(store: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query over a window gives the same rows whether the files of other months are read or not."""
    bounds = window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    given = parameters(store, name)
    given |= {parameter: value for parameter, value in bounds.items() if parameter in given}
    found = query(store, name, **given)
    monkeypatch.setattr(engine, "files_of_window", lambda place, _: run_files(place))
    assert found.equals(query(store, name, **given))


@pytest.mark.parametrize(
    ("bounds", "months"),
    [
        (window(), {"2026-11", "2026-12", "unknown"}),
        (window(end=datetime(2026, 12, 1, tzinfo=UTC)), {"2026-11"}),
        (window(end=datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)), {"2026-11", "2026-12"}),
        (window(start=datetime(2026, 12, 1, tzinfo=UTC)), {"2026-12"}),
        (week_window("2026-W49"), {"2026-11", "2026-12"}),
        (week_window("2026-W02"), set()),
        ({}, {"2026-11", "2026-12", "unknown"}),
    ],
)
def test_months_of_a_window(store: Path, bounds: dict[str, object], months: set[str]) -> None:
    """A window needs the months that it touches; undated runs only when it has no ends."""
    assert {path.parent.name.removeprefix("month=") for path in files_of_window(store, bounds)} == months


def test_no_progress_bar_in_a_process() -> None:
    """DuckDB shows no bar, though this process looks like a session of somebody who types."""
    done = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "[(False,)]\n"


def test_no_progress_bar_in_a_kernel() -> None:
    """In a Jupyter kernel, where the bar cannot be set without another package, a connection opens and shows none."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SHOWN)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert [output["text"] for output in notebook.cells[0].outputs] == ["[(False,)]\n"]


def test_nothing_is_left_on_disk(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What DuckDB may write for want of memory goes below the folder for temporary files, and away again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert query(store, "run_outcomes", **window()).num_rows > 0
    assert list(tmp_path.iterdir()) == []
