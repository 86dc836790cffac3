"""kcidb reports: the meaning of each status, the facts of the tested kernel, and JSON that means harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from criukb.errors import CriukbError
from criukb.runs.sources import Limits, find_source, kcidb, kcidb_model

DATA = Path(__file__).parent / "data"
PATH = Path("x.json")
V5 = (DATA / "kcidb-v5.json").read_bytes()
V4 = (DATA / "kcidb-v4.json").read_bytes()


def changed(**parts: Any) -> bytes:
    return json.dumps(json.loads(V5) | parts).encode()


def test_status() -> None:
    """ERROR is aborted, MISS and no status are not run, DONE judges nothing: only PASS is a pass."""
    run = kcidb.read_kcidb(V5, PATH)[0]

    assert {r.test: (r.outcome, r.skip_reason) for r in run.results} == {
        "criu.zdtm_static_env00": ("pass", None),
        "criu.zdtm_static_unix": ("fail", None),
        "criu.zdtm_static_tty": ("aborted", None),
        "criu.zdtm_static_pty": ("not-run", None),
        "criu.bench": ("skip", "DONE: completed without judging the code"),
        "criu.nftables": ("skip", "no nft"),
        "criu.unfinished": ("not-run", None),
    }


def test_facts() -> None:
    """Kernel, its commit, architecture, set-up and the first start are those that the report states."""
    run = kcidb.read_kcidb(V5, PATH)[0]

    assert run.meta.kernel == "6.18-rc3-15-g0123456789ab"
    assert run.meta.commit == "0123456789abcdef0123456789abcdef01234567"
    assert run.meta.arch == "arm64"
    assert run.meta.variant == "defconfig+criu, gcc-14, board-1 vendor,board"
    assert str(run.meta.started_at) == "2026-11-20 03:00:00+00:00"
    assert run.meta.job is None
    assert run.meta.criu_version is None
    assert run.results[-1].duration_s == 2


def test_evidence_is_quoted_and_not_fetched() -> None:
    """A failure has the excerpt of its log and the addresses of the rest."""
    run = kcidb.read_kcidb(V5, PATH)[0]
    evidence = next(r.evidence for r in run.results if r.outcome == "fail")

    assert evidence[0] == "Run criu restore"
    assert evidence[-2:] == (
        "log_url: https://example.org/t2.log",
        "output_file restore.log: https://example.org/restore.log",
    )


def test_each_build_is_a_run() -> None:
    """Tests of a build that the report does not hold are a run of their own, with nothing known of it."""
    runs = kcidb.read_kcidb(V5, PATH)

    assert [(run.part, len(run.results)) for run in runs] == [("example:b1 board-1 vendor,board", 7), ("example:b2", 1)]
    assert (runs[1].meta.kernel, runs[1].meta.arch, runs[1].meta.started_at) == (None, None, None)
    assert runs[1].warnings[0][1].startswith("build example:b2 is not in the report")
    assert len({run.identity for run in runs}) == 2


def test_version_4() -> None:
    """Version 4 is read; a waived failure is a failure; the same test twice is two attempts."""
    run = kcidb.read_kcidb(V4, PATH)[0]

    assert run.meta.kernel == "next-20261120"
    assert [(r.outcome, r.invocation) for r in run.results] == [("fail", 1), ("pass", 2)]


def test_order_in_the_report_does_not_matter() -> None:
    """The same report with its tests in another order is the same run."""
    content = json.loads(V5)
    content["tests"].reverse()

    assert kcidb.read_kcidb(json.dumps(content).encode(), PATH) == kcidb.read_kcidb(V5, PATH)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (V5[:500], r"x.json:\d+:\d+: no valid JSON"),
        (b'{"version": {"major": 5}, "tests": [], "tests": []}', "key 'tests' stands twice"),
        (b'{"version": {"major": 3}, "tests": []}', "version 3 of the kcidb schema"),
        (b'{"version": {"major": true}, "tests": []}', "version none"),
        (b'{"version": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"version": {"major": 5}, "tests": NaN}', "NaN is no number"),
        (b'{"version": {"major": ' + b"9" * 10_000 + b"}}", "no valid JSON"),
        (b'{"version": "\xff"}', "not UTF-8"),
        (changed(tests=[{"id": "a:1", "build_id": "a:1", "status": "GREEN"}]), r"tests\[0\].status"),
        (changed(tests=[{"id": "a:1", "build_id": "a:1", "duration": -1}]), r"tests\[0\].duration"),
        (changed(tests=[{"id": "a:1"}]), r"tests\[0\].build_id: Field required"),
        (changed(tests={}), "tests: Input should be a valid list"),
    ],
)
def test_damaged(data: bytes, message: str) -> None:
    """What is no report ends with the place and the reason."""
    with pytest.raises(CriukbError, match=message):
        kcidb.read_kcidb(data, PATH)


def test_all_faults_at_once_and_bounded() -> None:
    """Every fault is told, but no more than a screen of them."""
    with pytest.raises(CriukbError) as caught:
        kcidb.read_kcidb(changed(tests=[{"id": "a:1"}] * 100), PATH)

    assert len(caught.value.faults) == kcidb_model.MAX_FAULTS


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of bytes and of runs is bounded."""
    monkeypatch.setattr(kcidb, "MAX_RUNS", 1)
    with pytest.raises(CriukbError, match="more than 1 builds"):
        kcidb.read_kcidb(V5, PATH)
    monkeypatch.setattr(kcidb_model, "MAX_BYTES", 10)
    with pytest.raises(CriukbError, match="more than 10 bytes"):
        kcidb.read_kcidb(V5, PATH)


def test_bad_facts_are_left_out() -> None:
    """A commit that is none is not known; the other facts stay."""
    content = json.loads(V5)
    content["checkouts"][0]["git_commit_hash"] = "HEAD"
    meta = kcidb.read_kcidb(json.dumps(content).encode(), PATH)[0].meta

    assert (meta.commit, meta.kernel) == (None, "6.18-rc3-15-g0123456789ab")


def test_registry() -> None:
    """Kcidb is told by its parts; a report of builds alone is no green run."""
    assert find_source(PATH, V5).name == "kcidb"
    assert find_source(PATH, V4).name == "kcidb"
    assert not kcidb.fits(PATH, b'{"version": 1}')
    with pytest.raises(CriukbError, match="no test in this kcidb report"):
        list(kcidb.read(PATH, b'{"version": {"major": 5}, "builds": []}', Limits()))
