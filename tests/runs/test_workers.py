"""Several processes read what one would, in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from criukb.errors import CriukbError
from criukb.match.diagnose import Diagnoser, Outer
from criukb.paths import SAMPLE_DIR
from criukb.runs import ingest as ingesting
from criukb.runs import workers
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.reading import find_inputs, read_input
from criukb.runs.remembering import RememberingBase, remembering
from criukb.runs.sources import Limits, zdtm_console
from criukb.runs.store import run_files
from criukb.runs.tables import Wishes
from runfakes import FakeDiagnoser


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser.load()


def test_same_store(tmp_path: Path, diagnoser: Diagnoser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes and one make equal files and equal summaries; a bad input behind a good one keeps both out."""
    monkeypatch.setattr(ingesting, "FEW", 0)
    inputs = find_inputs(SAMPLE_DIR)[1:4]
    one = ingest(inputs, tmp_path / "one", RunMeta(), diagnoser)
    two = ingest(inputs, tmp_path / "two", RunMeta(), diagnoser, wishes=Wishes(jobs=2))
    assert [(r.run_id, r.counts, r.known) for r in two] == [(r.run_id, r.counts, r.known) for r in one]
    first, second = (run_files(tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in second] == [path.read_bytes() for path in first]
    bad = tmp_path / "bad.log"
    bad.write_text("no console\n")
    with pytest.raises(CriukbError, match="not a zdtm console"):
        ingest([inputs[0], bad], tmp_path / "three", RunMeta(job="j"), diagnoser)
    assert run_files(tmp_path / "three") == []


def test_process_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a process dies the input is named, with the next step."""
    monkeypatch.setattr(workers, "_load", exec)
    kill: Any = "import os; os._exit(9)"
    with pytest.raises(CriukbError, match="process that read the inputs died") as caught:
        list(workers.tables_by_workers([Path("x.log")], RunMeta(), Wishes(jobs=1, kb=kill)))
    assert "--jobs 1" in caught.value.faults[0].hint


def test_store_is_not_made_for_nothing(tmp_path: Path) -> None:
    """When the only input is wrong there is no store afterwards, not even an empty one."""
    bad = tmp_path / "bad.log"
    bad.write_text("no console\n")
    with pytest.raises(CriukbError):
        ingest([bad], tmp_path / "store", RunMeta(job="j"), FakeDiagnoser())
    assert not (tmp_path / "store").exists()


def _failures() -> Iterator[tuple[tuple[str, ...], Outer]]:
    for path in find_inputs(SAMPLE_DIR):
        (run,) = zdtm_console.read(path, read_input(path), Limits())
        for result in run.results:
            if result.evidence:
                yield result.evidence, Outer(result.phase, result.test, result.flavor)


def test_remembering_answers_alike(diagnoser: Diagnoser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base that remembers gives the whole answer that the base gives, also when it has to forget."""
    monkeypatch.setattr("criukb.runs.remembering.MAX_LINES", 50)
    quick = remembering(diagnoser)
    assert isinstance(quick.base, RememberingBase)
    cases = list(_failures())
    for lines, outer in (*cases[::4], *cases[:30]):
        assert quick.diagnose(lines, outer) == diagnoser.diagnose(lines, outer)
