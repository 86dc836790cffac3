"""Which source reads an input, and what a source gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.paths import SAMPLE_DIR
from criukb.runs.ingest import Wishes, ingest
from criukb.runs.meta import RunMeta
from criukb.runs.reading import find_inputs, read_input
from criukb.runs.sources import HEAD, MODULES, NAMES, Limits, find_source, source_named
from runfakes import FakeDiagnoser, console, passing


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    """Each source calls itself by its key, and says what its format is."""
    assert source_named(name).name == name
    assert source_named(name).__doc__
    assert MODULES[name].startswith("criukb.runs.sources.")


def test_samples_are_consoles() -> None:
    """Each sample is found to be a console and is one run with 1139 results, whose identity is its own."""
    seen = set()
    for path in find_inputs(SAMPLE_DIR):
        data = read_input(path)
        source = find_source(path, data[:HEAD])
        (run,) = source.read(path, data, Limits())
        assert (source.name, run.source, len(run.results)) == ("zdtm-console", "zdtm-console", 1139)
        seen.add(run.identity)
    assert len(seen) == 5


def test_forced_source(tmp_path: Path) -> None:
    """A source that is named is used, and the store says which one it was."""
    path = tmp_path / "x.console.log"
    path.write_text(console(passing("a")))
    wishes = Wishes(source="zdtm-console")
    (done,) = ingest([path], tmp_path / "s", RunMeta(job="j"), FakeDiagnoser(), wishes=wishes)
    assert done.source == "zdtm-console"


def test_binary_is_none(tmp_path: Path) -> None:
    """Binary data that no source knows is refused with the next step."""
    with pytest.raises(CriukbError, match="binary") as caught:
        find_source(tmp_path / "x", b"\x7fELF\0\0")
    assert caught.value.faults[0].hint
