"""Rows made of parsed runs, whatever their format."""

from __future__ import annotations

from criukb.runs.meta import RunMeta, make_meta
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.rows import NO_OUTPUT, run_table
from criukb.runs.schema import SCHEMA
from runfakes import NAMED, FakeDiagnoser

META = make_meta({"job": "nightly", "started_at": "2026-11-23T07:30:00Z", "attempt": "2"})


def table(*results: ParsedResult, meta: RunMeta = META) -> list[dict[str, object]]:
    run = ParsedRun("junit", RunMeta(), results, {1: "--fast"})
    made = run_table(run, meta, "r1", FakeDiagnoser())
    assert made.schema.equals(SCHEMA, check_metadata=True)
    rows: list[dict[str, object]] = made.to_pylist()
    return rows


def test_columns_of_the_run() -> None:
    """What holds for the run stands in each row, sorted by invocation, test and flavor; the rest is null."""
    rows = table(
        ParsedResult("b", "pass", "ns", invocation=2),
        ParsedResult("b", "skip", skip_reason="no device"),
        ParsedResult("a", "pass", "h", duration_s=1.5),
    )
    assert [(r["test"], r["invocation"], r["options"]) for r in rows] == [
        ("a", 1, "--fast"),
        ("b", 1, "--fast"),
        ("b", 2, None),
    ]
    assert {(r["run_id"], r["job"], r["source"], r["attempt"], str(r["started_at"])) for r in rows} == {
        ("r1", "nightly", "junit", 2, "2026-11-23 07:30:00+00:00")
    }
    assert {r["evidence"] for r in rows} == {r["verdict"] for r in rows} == {r["kernel"] for r in rows} == {None}
    assert rows[0]["duration_s"] == 1.5


def test_failures() -> None:
    """A failure has the verdict of its lines and keeps them; one without any line says so."""
    known, silent = table(
        ParsedResult("a", "fail", evidence=("x", f"Error (criu/x.c:1): {NAMED}")), ParsedResult("b", "aborted")
    )
    assert (known["verdict"], known["cause"]) == ("known", "rlimit-denied")
    assert known["evidence"] == f"x\nError (criu/x.c:1): {NAMED}"
    assert (silent["verdict"], silent["cause"], silent["unknown_key"]) == ("unknown", None, NO_OUTPUT)


def test_what_cannot_be_stored() -> None:
    """Half a surrogate pair, which JSON may hold, is replaced wherever it stands."""
    meta = RunMeta.model_construct(**{**META.model_dump(), "distro": "d\udc00"})
    (row,) = table(ParsedResult("t\ud800", "fail", step="s\ud800", evidence=("e\ud800",)), meta=meta)
    assert (row["test"], row["step"], row["evidence"], row["distro"]) == ("t?", "s?", "e?", "d?")
