"""Report directories: CRIU's logs join the failures of the same run's console or TAP report; nothing doubles."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from criukb.errors import CriukbError
from criukb.runs.ingest import Wishes, ingest
from criukb.runs.meta import make_meta
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.sources import Limits, find_source, report_dir, report_logs, tap
from criukb.runs.store import run_files
from runfakes import FakeDiagnoser

DATA = Path(__file__).parent / "data"
REPORT = (DATA / "zdtm.tap").read_text(encoding="utf-8").replace("1..481", "1..10")
LOGS = DATA / "report"
ONLY_IN_THE_LOG = "Hugetlb size 1024 Mb is supported"
META = make_meta({"job": "nightly"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report directory as zdtm leaves it, with the logs of one of its three failures."""
    made = tmp_path / "x.report"
    shutil.copytree(LOGS, made)
    (made / "criu-testreport.tap").write_text(REPORT, encoding="utf-8")
    return made


def read(path: Path, limit: int = 10**8) -> ParsedRun:
    return next(report_dir.read(path, b"", Limits(limit)))


def failure(run: ParsedRun) -> ParsedResult:
    return next(r for r in run.results if (r.test, r.flavor) == ("zdtm/static/autofs", "ns"))


def console() -> str:
    """Return what the console of the failed tests in the report was."""
    quoted = [part.split("\n...")[0] for part in REPORT.split('"output": |\n')[1:]]
    lines = [line[2:] for part in quoted for line in part.splitlines()]
    end = [
        "#### 2 TEST(S) FAILED (TOTAL 2/SKIPPED 0) ####",
        " * zdtm/static/autofs(ns)",
        " * zdtm/static/file_lease04(h)",
    ]
    return "\n".join([*lines, *end, "#" * 20 + " FAIL " + "#" * 20]) + "\n"


def test_logs_join_the_report(folder: Path) -> None:
    """A failure gets the whole logs; every other result, and the identity of the run, is that of the TAP report."""
    run = read(folder)
    alone = next(tap.read(Path("x"), REPORT.encode(), Limits()))

    assert run.source == "zdtm-report"
    assert run.identity == alone.identity
    assert run.incomplete is None
    assert run.warnings == ()
    assert any(ONLY_IN_THE_LOG in line for line in failure(run).evidence)
    assert not any(ONLY_IN_THE_LOG in line for line in failure(alone).evidence)
    assert [r for r in run.results if r != failure(run)] == [r for r in alone.results if r != failure(alone)]


def test_log_stands_where_it_was_quoted(folder: Path) -> None:
    """Each log follows the step that wrote it, so that the failing step is still told from the others."""
    lines = list(failure(read(folder)).evidence)
    places = [next(i for i, line in enumerate(lines) if text in line) for text in (
        "Run criu dump", "1/dump.log", "Dumping finished successfully", "Run criu restore", "1/restore.log",
        "Restoring FAILED", "FAIL at CRIU restore",
    )]  # fmt: skip

    assert places == sorted(places)
    assert not any(line.startswith(("b'", 'b"')) for line in lines)


@pytest.mark.parametrize("kind", ["tar.gz", "tar.xz", "zip"])
def test_archives(folder: Path, tmp_path: Path, kind: str) -> None:
    """An archive of the directory is the same run."""
    path = tmp_path / f"y.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, file.relative_to(folder))
    else:
        with tarfile.open(path, f"w:{kind[4:]}") as tar:
            tar.add(folder, "report")

    assert read(path) == read(folder)


def test_console_and_report_are_one_run(folder: Path, tmp_path: Path) -> None:
    """The report replaces the run that was ingested from its console alone: nothing is counted twice."""
    beside = tmp_path / "x.console.log.gz"
    beside.write_bytes(gzip.compress(console().encode()))
    (folder / "criu-testreport.tap").unlink()
    store = tmp_path / "store"

    first = ingest([beside], store, META, FakeDiagnoser(), wishes=Wishes(allow_incomplete=True))[0]
    second = ingest([folder], store, META, FakeDiagnoser(), wishes=Wishes(allow_incomplete=True))[0]

    assert (first.run_id, first.counts) == (second.run_id, second.counts)
    assert second.counts["fail"] == 2
    assert len(run_files(store)) == 1


def test_console_and_report_at_once(folder: Path, tmp_path: Path) -> None:
    """Given together, in any order, they are one run, and it keeps the logs."""
    beside = tmp_path / "x.console.log"
    beside.write_text(console(), encoding="utf-8")
    (folder / "criu-testreport.tap").unlink()
    store = tmp_path / "store"

    found = ingest([beside, folder], store, META, FakeDiagnoser(), wishes=Wishes(allow_incomplete=True))

    assert len(found) == 1
    evidence = pq.read_table(run_files(store)[0], columns=["evidence"], partitioning=None).column(0).to_pylist()
    assert any(ONLY_IN_THE_LOG in (text or "") for text in evidence)


def test_console_in_the_directory_wins_over_tap(folder: Path) -> None:
    """The console knows the flavors of the passing tests; two consoles are a question, not a guess."""
    (folder / "console.log").write_text(console(), encoding="utf-8")
    assert len([r for r in read(folder).results if r.outcome == "fail"]) == 2

    (folder / "other.console.log").write_text(console(), encoding="utf-8")
    with pytest.raises(CriukbError, match="several consoles in one report"):
        read(folder)


def test_side_file_of_the_console_describes_the_run(folder: Path, tmp_path: Path) -> None:
    """What is written beside the console holds for the joined run."""
    (folder / "criu-testreport.tap").unlink()
    (tmp_path / "x.console.log").write_text(console(), encoding="utf-8")
    (tmp_path / "x.console.log.meta.yaml").write_text("job: nightly\nkernel: '6.18'\n", encoding="utf-8")

    assert (read(folder).meta.job, read(folder).meta.kernel) == ("nightly", "6.18")


def test_logs_of_another_run_are_left_out(folder: Path) -> None:
    """Logs that lack the lines which the console quotes are of another run: not joined, and said."""
    log = folder / "zdtm_static_autofs_ns/images/1/restore.log"
    log.write_text(log.read_text(encoding="utf-8").replace("(00.04", "(09.04"), encoding="utf-8")
    run = read(folder)

    assert not any(ONLY_IN_THE_LOG in line for line in failure(run).evidence)
    assert (
        "the logs of 1 failures are not those that the console quotes: zdtm/static/autofs in ns" in run.warnings[0][1]
    )


def test_repeated_failures_find_their_own_logs(folder: Path) -> None:
    """Zdtm numbers the copies of later failures; each belongs to the attempt that quotes it."""
    images = folder / "zdtm_static_autofs_ns/images"
    images.rename(images.with_name("images.0"))
    shutil.copytree(images.with_name("images.0"), images)
    log = images / "1/restore.log"
    log.write_text(log.read_text(encoding="utf-8").replace("(00.04", "(09.04"), encoding="utf-8")

    assert any(line.startswith("(00.046430)") for line in failure(read(folder)).evidence)


def test_directory_without_console() -> None:
    """Failures alone are no whole run: it is incomplete, and nothing passes."""
    run = read(LOGS)

    assert run.incomplete == report_dir.ONLY_FAILED
    assert [(r.test, r.flavor, r.outcome, r.phase) for r in run.results] == [
        ("zdtm/static/autofs", "ns", "fail", "restore")
    ]
    assert run.identity == read(LOGS).identity != b""


def test_output_file_alone(folder: Path) -> None:
    """The file ``output`` holds the consoles of the failed tests only."""
    (folder / "criu-testreport.tap").unlink()
    (folder / "output").write_text(console().split("####")[0], encoding="utf-8")
    run = read(folder)

    assert run.incomplete == report_dir.ONLY_FAILED
    assert any(ONLY_IN_THE_LOG in line for line in failure(run).evidence)


@pytest.mark.parametrize(
    ("folder_name", "test"),
    [
        ("zdtm_static_socket-tcpbuf-local", "zdtm/static/socket-tcpbuf-local"),
        ("zdtm_transition_file_read", "zdtm/transition/file_read"),
        ("inhfd_pipe.py", "inhfd_pipe.py"),
    ],
)
def test_names(folder_name: str, test: str) -> None:
    """A name that cannot be told back stays the folder's."""
    assert report_dir.test_name(folder_name) == test


def test_registry(folder: Path, tmp_path: Path) -> None:
    """A directory or an archive of one is found; other folders and zips are left to others."""
    assert find_source(folder, b"").name == "zdtm-report"
    assert not report_dir.fits(tmp_path, b"")
    other = tmp_path / "jobs.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("0_build.txt", "x")
    assert not report_dir.fits(other, other.read_bytes())
    assert not report_dir.fits(tmp_path / "cut.zip", b"PK\3\4")


def test_no_report_in_it(tmp_path: Path) -> None:
    """An archive without a report is refused."""
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(DATA / "bats.xml", "bats.xml")
    with pytest.raises(CriukbError, match=r"no report of zdtm.py in it"):
        read(path)


def test_members_lead_nowhere(tmp_path: Path) -> None:
    """Links and names with .. are members like others or none: nothing outside is read."""
    secret = tmp_path / "secret.log"
    secret.write_text("secret", encoding="utf-8")
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        link = tarfile.TarInfo("zdtm_static_a_h/images/1/dump.log")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        tar.addfile(link)
        inside = tarfile.TarInfo("../../zdtm_static_b_h/images/1/dump.log")
        inside.size = 3
        tar.addfile(inside, io.BytesIO(b"abc"))
    run = read(path)

    assert [(r.test, r.evidence) for r in run.results] == [("zdtm/static/b", ("=[log]=> 1/dump.log", "abc"))]


def test_limits(folder: Path) -> None:
    """All logs together are bounded."""
    with pytest.raises(CriukbError, match="more than 1000 bytes of logs"):
        read(folder, 1000)


def test_long_log_keeps_what_tells() -> None:
    """Of a long log its beginning, its end and the lines before each Error stay; a line of megabytes is cut."""
    lines = [f"(00.{n:06d}) line {n}" for n in range(20_000)]
    lines[10_000] = "(00.010000) Error (criu/x.c:1): in the middle"
    lines[10_001] = "x" * 3_000_000
    spent: list[int] = []
    kept = report_logs.read_log(io.BytesIO("\n".join(lines).encode()), spent.append)

    assert kept[:2] == tuple(lines[:2])
    assert kept[-1] == lines[-1]
    assert kept[report_logs.MAX_HEAD : report_logs.MAX_HEAD + report_logs.BEFORE] == tuple(lines[9_996:10_001])
    assert len(kept) == report_logs.MAX_HEAD + report_logs.BEFORE + report_logs.MAX_TAIL
    assert sum(spent) == len("\n".join(lines))
