"""Unknown failures in groups, and drafts of entries for them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from click.testing import CliRunner

from catalogfakes import catalogue
from criukb.catalogue.cluster import HARNESS, Cluster, clusters
from criukb.catalogue.draft import write_drafts
from criukb.cli import cli
from criukb.errors import CriukbError
from criukb.kb.draft import read_draft
from criukb.kb.scaffold import new_entry
from criukb.match.compiled import CompiledBase
from criukb.match.diagnose import mask
from criukb.runs.schema import SCHEMA
from criukb.runs.store import write_runs

BASE = CompiledBase((), (("criu/lamp.c", "lamps"),))
START = datetime(2026, 3, 1, tzinfo=UTC)
OIL = "lamp: Lamp {} has no oil (7 left)"


def failure(run: int, test: str, message: str, file: str | None = "criu/lamp.c:12") -> dict[str, Any]:
    line = f"(00.1)     1: Error ({file}): {message}" if file else message
    return {
        "run_id": f"r{run}",
        "job": "j",
        "started_at": START + timedelta(days=run),
        "invocation": 1,
        "test": test,
        "outcome": "fail",
        "verdict": "unknown",
        "phase": "restore",
        "unknown_key": mask(message),
        "log_excerpt": f"first words\n{line}\n(00.2) Error (criu/cr-dump.c:1): Dumping FAILED.",
    }


def store(root: Path, *rows: dict[str, Any]) -> Path:
    runs = sorted({row["run_id"] for row in rows})
    write_runs(root, [pa.Table.from_pylist([r for r in rows if r["run_id"] == run], schema=SCHEMA) for run in runs])
    return root


@pytest.fixture
def small(tmp_path: Path) -> Path:
    known = failure(1, "t9", "known") | {"verdict": "known", "cause": "x", "unknown_key": None}
    return store(
        tmp_path / "store",
        failure(1, "t1", OIL.format("red")),
        failure(2, "t2", OIL.format("blue")),
        failure(2, "t1", OIL.format("blue")),
        failure(1, "t3", "ERR: x.c:12: it broke", None),
        known,
    )


def test_by_masked_text(small: Path) -> None:
    """Without a catalogue a name in the message keeps groups apart; known failures are left out."""
    found = clusters(small, BASE)
    assert [(c.failures, c.area, c.tests) for c in found] == [
        (2, "lamps", ("t1", "t2")),
        (1, HARNESS, ("t3",)),
        (1, "lamps", ("t1",)),
    ]
    assert found[0].key == mask(OIL.format("blue"))


def test_by_format(small: Path) -> None:
    """With a catalogue these are one group, with its call; counts are of different tests and runs."""
    first = clusters(small, BASE, [catalogue("9.1")])[0]
    assert (first.key, first.failures, first.tests, first.runs) == (
        "Lamp %s has no oil (%lu left)", 3, ("t1", "t2"), ("r1", "r2"),
    )  # fmt: skip
    assert first.call is not None
    assert (first.call.function, first.line and first.line.line) == ("light", 2)
    assert (first.first_seen, first.last_seen) == (START + timedelta(days=1), START + timedelta(days=2))
    assert len(first.messages) == 2


def test_no_unknown_failures(tmp_path: Path) -> None:
    """An empty store has no groups."""
    assert clusters(tmp_path, BASE) == []


@pytest.mark.slow
@pytest.mark.parametrize("names", [1, 100_000])
def test_a_hundred_thousand(tmp_path: Path, names: int) -> None:
    """A hundred thousand failures take less than a minute, whether their messages differ or not."""
    letters = str.maketrans("0123456789", "ghijklmnop")
    rows = [failure(n % 20, f"t{n % 300}", OIL.format(str(n % names).translate(letters))) for n in range(100_000)]
    path = store(tmp_path / "store", *rows)
    start = time.perf_counter()
    found = clusters(path, BASE, [catalogue("9.1")])
    assert time.perf_counter() - start < 60
    assert [(c.failures, len(c.tests), len(c.runs)) for c in found] == [(100_000, 300, 20)]


def test_a_draft_becomes_an_entry(small: Path, tmp_path: Path) -> None:
    """A draft has the format, the phase and the log, and `kb new --from` makes a folder of it."""
    found = clusters(small, BASE, [catalogue("9.1")])
    paths = write_drafts(found, tmp_path / "drafts", {"lamp-has-no-oil-left"})
    assert [p.name for p in paths] == ["01-lamp-has-no-oil-left-2.yaml", "02-err-it-broke.yaml"]
    draft = read_draft(paths[0])
    folder = new_entry(tmp_path / "kb", draft.area, draft.id, draft.kind, draft)
    data = yaml.safe_load((folder / "entry.yaml").read_text(encoding="utf-8"))
    assert data["match"] == [{"call": "pr_err", "file": "criu/lamp.c", "format": "Lamp %s has no oil (%lu left)"}]
    assert (data["phase"], data["samples"][0]["file"]) == (["restore"], "match-cluster.log")
    assert OIL.format("blue") in (folder / "logs" / "match-cluster.log").read_text(encoding="utf-8")


def test_a_draft_without_a_call() -> None:
    """What no catalogue knows gets a format made from the masked line, or a regular expression for the test's own."""
    assert _pattern("Lamp 0x1f at /tmp/x: 100% of 5", "criu/lamp.c:1") == {
        "call": "pr_err", "file": "criu/lamp.c", "format": "Lamp %#x at %s: %d%% of %d",
    }  # fmt: skip
    assert _pattern("ERR: x.c:12: it (a) broke", None) == {"tool": "zdtm", "regex": r"ERR: x\.c:\d+: it \(a\) broke"}


def _pattern(message: str, file: str | None) -> dict[str, Any]:
    from criukb.catalogue.draft import draft_text  # noqa: PLC0415 - only here
    from criukb.logs.criu import parse_lines  # noqa: PLC0415 - the same

    row = failure(1, "t", message, file)
    line = parse_lines(row["log_excerpt"].splitlines()).events[1] if file else None
    one = Cluster(row["unknown_key"], None, None, 1, ("t",), ("r",), None, None, "odd", row["log_excerpt"], line, ())
    data = yaml.safe_load(draft_text(one, "x", "x.yaml"))
    assert (data["area"], data["phase"]) == ("environment", ["dump"])
    return dict(data["match"][0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: a\narea: b\nphase: [dump]\n", "match"),
        ("id: ../x\narea: b\nphase: [dump]\nmatch: [{tool: t, regex: x}]\n", "kebab-case"),
        ("id: a\narea: b\nphase: [dump]\nmatch: [{tool: t, regex: x}]\nlogs: {../x: a}\n", "logs and samples differ"),
    ],
)
def test_a_wrong_draft(tmp_path: Path, text: str, message: str) -> None:
    """A draft that lacks something, or would write elsewhere, is an error."""
    path = tmp_path / "d.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CriukbError, match=message):
        read_draft(path)


def test_hostile_excerpts(tmp_path: Path) -> None:
    """Control characters reach neither the terminal nor a draft; text that looks like YAML stays text."""
    evil = "\x1b[31mred {a: b} # c\x07"
    path = store(tmp_path / "store", failure(1, "t1", evil))
    answer = CliRunner().invoke(cli, ["cluster", "--store", str(path), "--draft", str(tmp_path / "d")])
    assert answer.exit_code == 0
    assert "\x1b" not in answer.stdout
    (draft,) = (tmp_path / "d").iterdir()
    assert "\x1b" not in draft.read_text(encoding="utf-8")
    assert "red {a: b} # c" in read_draft(draft).logs["match-cluster.log"]
