"""The evidence of a failure: bounded, with the numbers of the lines, and enough to diagnose it again."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from criukb.logs.zdtm import parse_console
from criukb.match.diagnose import Diagnoser, Outer
from criukb.paths import SAMPLE_DIR
from criukb.runs.evidence import MAX_EVIDENCE, bounded
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.reading import find_inputs, read_input
from criukb.runs.rows import diagnosed
from criukb.runs.schema import FAILED
from criukb.runs.sources.zdtm_console import console_lines

FAILURES = 505


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser.load()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, diagnoser: Diagnoser) -> Path:
    path = tmp_path_factory.mktemp("evidence") / "store"
    ingest([SAMPLE_DIR], path, RunMeta(), diagnoser)
    return path


def test_samples_again(store: Path, diagnoser: Diagnoser) -> None:
    """Each failure of the samples, diagnosed again from its stored evidence, has the same columns."""
    names = ("verdict", "cause", "confidence", "chain", "unknown_key", "log_excerpt")
    count = 0
    for row in pq.read_table(store, partitioning=None).to_pylist():
        if row["outcome"] not in FAILED:
            assert row["evidence"] is None
            continue
        lines = row["evidence"].split("\n")
        outer = Outer(row["phase"], row["test"], row["flavor"], row["kernel"], row["criu_version"], None, row["arch"])
        assert diagnosed(lines, row["step"], outer, diagnoser) == {name: row[name] for name in names}
        assert len(row["evidence"].encode()) <= MAX_EVIDENCE
        count += 1
    assert count == FAILURES


def test_bounded_evidence_answers_alike(diagnoser: Diagnoser) -> None:
    """With 2 KiB for each, the 92 records that had to be cut still give the answer of all their lines."""
    cut = 0
    for path in find_inputs(SAMPLE_DIR):
        for record in parse_console(console_lines(read_input(path))).records:
            lines = bounded(record.evidence, 2048)
            if record.outcome in FAILED and lines != list(record.evidence):
                cut += 1
                outer = Outer(record.phase, record.test, record.flavor)
                answers = [diagnosed(x, record.step, outer, diagnoser) for x in (record.evidence, lines)]
                assert answers[0] == answers[1]
    assert cut == 92


def test_small_is_kept_whole() -> None:
    """What fits is kept as it is."""
    assert bounded(["a", "", "b\nc"]) == ["a", "", "b", "c"]
    assert bounded([]) == []


def test_large_keeps_what_tells() -> None:
    """The Error in the middle of a huge record stays, at its own number, and so does the number of lines."""
    noise = [f"(00.{n:06}) nothing to see here, and a lot of it" for n in range(8000)]
    noise[4000] = "(00.004000) Error (criu/mount.c:1): mnt: no"
    noise[7999] = "### Test zdtm/static/x FAIL at CRIU restore ###"
    kept = bounded(noise)
    assert len(kept) == 8000
    assert (kept[4000], kept[7999]) == (noise[4000], noise[7999])
    assert kept[3999] == ""
    assert len("\n".join(kept).encode()) <= MAX_EVIDENCE


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=80), st.integers(min_value=0, max_value=400))
def test_never_too_large(lines: list[str], limit: int) -> None:
    """Whatever the lines are, the limit holds and a second bounding changes nothing."""
    kept = bounded(lines, limit)
    assert len("\n".join(kept).encode()) <= limit
    assert "\n".join(bounded(kept, limit)) == "\n".join(kept)


def test_half_a_surrogate() -> None:
    """Text that cannot be stored becomes text that can."""
    assert bounded(["a\ud800b"]) == ["a?b"]
