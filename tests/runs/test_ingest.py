"""From files to the store: what is stored, what is refused, and that nothing is ever half-written."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from criukb.errors import CriukbError
from criukb.logs.zdtm_block import MAX_HEAD
from criukb.paths import SAMPLE_DIR
from criukb.runs.ingest import RunSummary, Wishes, failures, ingest
from criukb.runs.meta import RunMeta, make_meta
from criukb.runs.rows import EXCERPT_BYTES
from criukb.runs.schema import SCHEMA
from criukb.runs.store import run_files
from runfakes import NAMED, FakeDiagnoser, console, passing

META = make_meta({"job": "nightly", "started_at": "2026-11-23T07:30:00Z", "criu_version": "4.2"})
FAILING = console(
    [
        *passing("a"),
        ("zdtm/static/b", [("ns", "CRIU dump", f'b"(00.1) Error (criu/cr-dump.c:1): {NAMED} 0"')]),
        ("zdtm/static/c", [("h", "CRIU restore", "b'(00.2)   1: Error (criu/x.c:7): no 42 at /tmp/x'")]),
        ("zdtm/static/d", [("h", "PASS", ""), ("uns", "", "")]),
    ]
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def write(folder: Path, text: str = FAILING, name: str = "x.console.log") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def add(path: Path, store: Path, meta: RunMeta = META, *, allow_incomplete: bool = False) -> RunSummary:
    return ingest([path], store, meta, FakeDiagnoser(), wishes=Wishes(allow_incomplete=allow_incomplete))[0]


def rows(store: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pa.concat_tables(
        [pq.read_table(p, partitioning=None) for p in run_files(store)]
    ).to_pylist()
    return found


def files(store: Path) -> list[str]:
    """Return all files, but for the store's lock and the note of its format."""
    found = sorted(str(p.relative_to(store)) for p in store.rglob("*") if p.is_file())
    return [name for name in found if name not in (".criukb/lock", ".criukb/format")]


def test_rows(tmp_path: Path, store: Path) -> None:
    """Passed, failed, aborted and not-run results are rows; each failure has a verdict and an excerpt."""
    diagnoser = FakeDiagnoser()
    done = ingest([write(tmp_path)], store, META, diagnoser)[0]
    assert done.counts == {"pass": 4, "fail": 2, "timeout": 0, "aborted": 1, "skip": 0, "not-run": 5}
    assert (done.known, done.unknown, failures(done)) == (1, 2, 3)
    by_test = {(r["test"], r["flavor"]): r for r in rows(store)}
    known, unknown = by_test["zdtm/static/b", "ns"], by_test["zdtm/static/c", "h"]
    assert (known["verdict"], known["cause"], known["chain"]) == ("known", "rlimit-denied", ["dump-failed"])
    assert (unknown["verdict"], unknown["cause"], unknown["phase"]) == ("unknown", None, "restore")
    assert str(unknown["log_excerpt"]).startswith(
        "(00.2)   1: Error (criu/x.c:7): no 42 at /tmp/x\nTest zdtm/static/c FAIL"
    )
    assert by_test["zdtm/static/d", "uns"]["step"] == "KeyError: 'x'"
    assert by_test["zdtm/static/a", "h"]["verdict"] is None
    first = diagnoser.asked[0]
    assert (first.phase, first.test, first.flavor, first.criu) == ("dump", "zdtm/static/b", "ns", "4.2")


def test_same_run_twice(tmp_path: Path, store: Path) -> None:
    """The same console is one run, plain or compressed, with LF or CRLF, and gives the same bytes."""
    first = add(write(tmp_path), store)
    before = first.file.read_bytes()
    packed = tmp_path / "y.console.log.gz"
    packed.write_bytes(gzip.compress(FAILING.replace("\n", "\r\n").encode()))
    second = add(packed, store)
    assert (first.run_id, first.new, second.new) == (second.run_id, True, False)
    assert second.file.read_bytes() == before
    assert len(run_files(store)) == 1


def test_other_job_is_another_run(tmp_path: Path, store: Path) -> None:
    """Equal consoles of different jobs are different runs."""
    path = write(tmp_path)
    assert add(path, store).run_id != add(path, store, RunMeta(job="other")).run_id


def test_month_changes(tmp_path: Path, store: Path) -> None:
    """A run that is ingested again with another start time moves to that month and leaves no copy."""
    path = write(tmp_path)
    add(path, store, RunMeta(job="nightly"))
    assert files(store)[0].startswith("month=unknown/")
    add(path, store)
    assert [name.split("/")[0] for name in files(store)] == ["month=2026-11"]


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        (".gz", gzip.compress),
        (".xz", lzma.compress),
        (".zst", lambda data: pa.Codec("zstd").compress(data, asbytes=True)),
        ("", bytes),
    ],
    ids=["gz", "xz", "zst", "plain"],
)
def test_compressed(tmp_path: Path, store: Path, ending: str, pack: object) -> None:
    """Compression is recognised by content, whatever the name says."""
    path = tmp_path / f"x.log{ending}"
    path.write_bytes(pack(FAILING.encode()))  # type: ignore[operator]
    assert add(path, store).counts["pass"] == 4


def test_side_file_and_options(tmp_path: Path, store: Path) -> None:
    """Options win over the side file, which wins over the console; what nobody says stays unknown."""
    path = write(tmp_path, "Linux h 6.1.0 #1 SMP x86_64 GNU/Linux\n" + FAILING)
    (tmp_path / "x.console.log.meta.yaml").write_text("job: side\nkernel: 6.18.44\ncriu_version: 3.10\n")
    add(path, store, RunMeta(criu_version="4.2"))
    row = rows(store)[0]
    assert (row["job"], row["kernel"], row["criu_version"], row["arch"]) == ("side", "6.18.44", "4.2", "x86_64")
    assert (row["started_at"], row["distro"], row["attempt"]) == (None, None, None)


def test_side_file_of_a_compressed_console(tmp_path: Path, store: Path) -> None:
    """The side file may leave out the ending of the compression; versions stay text."""
    (tmp_path / "x.console.log.gz").write_bytes(gzip.compress(FAILING.encode()))
    (tmp_path / "x.console.log.meta.yaml").write_text("job: side\ncriu_version: 3.10\n")
    add(tmp_path / "x.console.log.gz", store, RunMeta())
    assert rows(store)[0]["criu_version"] == "3.10"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("job: a\nstarted_at: 2026-11-23\n", 2, "not a time with a zone"),
        ("job: a\nstarted_at: 2026-11-23T07:30:00\n", 2, "not a time with a zone"),
        ("job: a\nkernal: 6.18\n", 2, "unknown field 'kernal'"),
        ("job: a\nattempt: zero\n", 2, "attempt"),
        ("job: a\nattempt: 0\n", 2, "attempt"),
        ("job: a\ncommit: xyz\n", 2, "commit"),
        ("job: a\njob: b\n", 2, "stands twice"),
        ("job: [a, b]\n", 1, "job"),
        ("- a\n", 1, "not a mapping"),
        ("job: 'a\n", 2, "not valid YAML"),
    ],
)
def test_bad_side_file(tmp_path: Path, store: Path, text: str, line: int, message: str) -> None:
    """A wrong side file is an error at its line, and nothing is stored."""
    path = write(tmp_path)
    side = tmp_path / "x.console.log.meta.yaml"
    side.write_text(text)
    with pytest.raises(CriukbError, match=message) as caught:
        add(path, store, RunMeta())
    assert caught.value.faults[0].place.path == side
    assert caught.value.faults[0].place.line == line
    assert caught.value.faults[0].hint
    assert files(store) == []


def _truncated(data: bytes) -> bytes:
    return gzip.compress(data)[:-20]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"hello\nworld\n", "not a zdtm console"),
        (b"\x7fELF\0\0\0\0", "binary"),
        (_truncated(FAILING.encode()), "truncated"),
        (gzip.compress(b"x" * 100)[:-8] + b"12345678", "cannot be read"),
        (pa.Codec("zstd").compress(FAILING.encode(), asbytes=True)[:-9], "truncated"),
        (FAILING[: len(FAILING) // 2].encode(), "the console is cut"),
        (FAILING[FAILING.index("Test zdtm/static/a PASS") :].encode(), "the console is cut"),
    ],
    ids=["nothing", "blanks", "text", "binary", "truncated", "checksum", "zstd", "no end", "no beginning"],
)
def test_bad_console(tmp_path: Path, store: Path, content: bytes, message: str) -> None:
    """Bad input is an error with its file and the next step, and nothing is stored."""
    path = tmp_path / "x.console.log"
    path.write_bytes(content)
    with pytest.raises(CriukbError, match=message) as caught:
        add(path, store)
    assert caught.value.faults[0].place.path == path
    assert caught.value.faults[0].hint
    assert files(store) == []


def test_invalid_utf8(tmp_path: Path, store: Path) -> None:
    """Invalid UTF-8 is replaced, never fatal."""
    path = tmp_path / "x.console.log"
    path.write_bytes(FAILING.encode().replace(b"no 42", b"no \xff\xfe"))
    add(path, store)
    assert any("\ufffd" in str(r["log_excerpt"]) for r in rows(store))


def test_one_bad_of_three(tmp_path: Path, store: Path) -> None:
    """One bad console keeps the good ones out, and all faults are told at once."""
    good = write(tmp_path)
    bad = write(tmp_path, "no console\n", "bad.log")
    with pytest.raises(CriukbError) as caught:
        ingest([good, bad, tmp_path / "absent"], store, META, FakeDiagnoser())
    assert len(caught.value.faults) == 2
    assert files(store) == []


def test_incomplete_on_request(tmp_path: Path, store: Path) -> None:
    """A cut console can be taken: the open record is aborted, and the rest of its flavors are not-run."""
    end = FAILING.index("Run criu dump", FAILING.index("Run zdtm/static/c in h"))
    done = add(write(tmp_path, FAILING[: end + 10]), store, allow_incomplete=True)
    assert done.incomplete
    assert done.counts["aborted"] == 1
    found = {(r["test"], r["flavor"]): r["outcome"] for r in rows(store)}
    assert found["zdtm/static/c", "h"] == "aborted"
    assert found["zdtm/static/c", "uns"] == "not-run"


def test_job_is_asked_for(tmp_path: Path, store: Path) -> None:
    """A run without a job's name is refused, with the way to name it."""
    with pytest.raises(CriukbError, match="job is not known") as caught:
        add(write(tmp_path), store, RunMeta())
    assert "--job" in caught.value.faults[0].hint


def test_size_limit(tmp_path: Path, store: Path) -> None:
    """A small file that decompresses to more than the limit is refused."""
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a" * 3_000_000))
    with pytest.raises(CriukbError, match="more than 1000000 bytes"):
        ingest([path], store, META, FakeDiagnoser(), wishes=Wishes(max_bytes=1_000_000))


def test_failing_write_leaves_nothing(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full at the second run, neither run is in the store."""
    real = pq.write_table
    calls: list[object] = []

    def full(table: pa.Table, where: Path, **options: object) -> None:
        calls.append(where)
        real(table, where, **options)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    paths = [write(tmp_path), write(tmp_path, console(passing("z")), "z.console.log")]
    with pytest.raises(CriukbError, match="No space left"):
        ingest(paths, store, META, FakeDiagnoser())
    assert files(store) == []


def test_excerpt_is_bounded(tmp_path: Path, store: Path) -> None:
    """However long the deciding lines are, the excerpt keeps its limit."""
    line = "Error (criu/x.c:1): " + "é" * 3000
    add(write(tmp_path, console([("zdtm/static/b", [("h", "CRIU dump", "\n".join([line] * 50))])])), store)
    sizes = [len(str(r["log_excerpt"]).encode()) for r in rows(store) if r["log_excerpt"]]
    assert sizes
    assert max(sizes) <= EXCERPT_BYTES
    assert MAX_HEAD > 50


def test_schema_and_hive(tmp_path: Path, store: Path) -> None:
    """Files have the declared columns and lie under month=YYYY-MM/."""
    done = add(write(tmp_path), store)
    assert pq.read_schema(done.file).equals(SCHEMA)
    assert files(store) == [f"month=2026-11/{done.run_id}.parquet"]


@pytest.mark.parametrize("value", ["2026-13-01T00:00:00Z", "yesterday", "2026-11-23T07:30:00", "99999-01-01T00:00Z"])
def test_bad_time_option(value: str) -> None:
    """A time without a zone, or none at all, is refused."""
    with pytest.raises(CriukbError, match="started_at"):
        make_meta({"started_at": value})


def test_zone_is_converted() -> None:
    """Times are kept in UTC."""
    found = make_meta({"started_at": "2026-11-23T15:30:00+08:00"}).started_at
    assert found is not None
    assert found.isoformat() == "2026-11-23T07:30:00+00:00"


def test_samples(store: Path) -> None:
    """The folder of samples is five runs of 1139 results each."""
    found = ingest([SAMPLE_DIR], store, RunMeta(), FakeDiagnoser())
    assert [sum(run.counts.values()) for run in found] == [1139] * 5
    assert all(run.started_at and run.started_at.startswith("2026-11-23T") for run in found)
    assert not any(run.warnings for run in found)
