"""Logs of GitHub Actions, made here from the sample consoles and small ones by stamping their lines."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.paths import SAMPLE_DIR
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta
from criukb.runs.parsed import ParsedRun
from criukb.runs.reading import find_inputs, read_input
from criukb.runs.sources import HEAD, Limits, find_source, github_actions, zdtm_console
from runfakes import FakeDiagnoser, console, passing

SMALL = console([*passing("a"), ("zdtm/static/b", [("h", "CRIU dump", "b'x'")])])
SHA = "0123456789abcdef0123456789abcdef01234567"


def stamped(text: str, head: Iterable[str] = ()) -> bytes:
    lines = [*head, *text.rstrip("\n").split("\n")]
    return "".join(f"2026-11-23T08:{i // 60 % 60:02}:{i % 60:02}.1234567Z {x}\n" for i, x in enumerate(lines)).encode()


def archive(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, data in members.items():
            packed.writestr(member, data)
    return out.getvalue()


def read(data: bytes, limit: int = 1 << 26) -> list[ParsedRun]:
    path = Path("x.zip")
    source = find_source(path, data[:HEAD])
    assert source.name == "github-actions"
    return list(source.read(path, data, Limits(limit)))


def counts(run: ParsedRun) -> Counter[str]:
    return Counter(result.outcome for result in run.results)


def test_sample_in_an_archive() -> None:
    """A job whose log is a sample console has that console's results; jobs without zdtm are no runs."""
    path = find_inputs(SAMPLE_DIR)[0]
    data = read_input(path)
    (plain,) = zdtm_console.read(path, data, Limits())
    job = stamped(data.decode("utf-8", "replace"))
    (run,) = read(archive({"0_lint.txt": stamped("all is well"), "1_alpine (GCC=1).txt": job}))
    assert counts(run) == counts(plain)
    assert [r.evidence for r in run.results] == [r.evidence for r in plain.results]
    assert (run.meta.job, run.meta.variant, run.part) == ("alpine (GCC=1)", "alpine (GCC=1)", "alpine (GCC=1)")


def test_whole_log_and_steps() -> None:
    """Of a job's whole log, its steps and an old stand-in only one is read: the whole, else the steps in order."""
    lines = SMALL.split("\n")
    middle = len(lines) // 2
    steps = {
        "build/10_second.txt": b"\xef\xbb\xbf" + stamped("\n".join(lines[middle:])),
        "build/9_first.txt": b"\xef\xbb\xbf" + stamped("\n".join(lines[:middle])),
        "build/system.txt": b"no log",
    }
    stand_in = {"-2147483648_build.txt": b"stand-in\n"}
    for members in (steps | stand_in, {"0_build.txt": stamped(SMALL)} | steps | stand_in):
        (run,) = read(archive(members))
        assert counts(run) == {"pass": 3, "fail": 1, "not-run": 2}
        assert run.incomplete is None


def test_names_of_one_job() -> None:
    """A folder's name lacks the signs that a path cannot have; it is the same job all the same."""
    both = {"0_all build x.txt": stamped(SMALL), "all  build x/1_run.txt": stamped(SMALL)}
    assert len(read(archive(both))) == 1


def test_attempt_commit_and_start() -> None:
    """What the job prints of itself is taken when it says so once; with two answers there is none."""
    facts = ["GITHUB_RUN_ATTEMPT=2", f"GITHUB_SHA={SHA}", "Linux fv 6.8.0-1017-azure #20 SMP x86_64 GNU/Linux"]
    (run,) = read(archive({"0_b.txt": stamped(SMALL, facts)}))
    assert (run.meta.attempt, run.meta.commit, run.meta.kernel) == (2, SHA, "6.8.0-1017-azure")
    assert str(run.meta.started_at) == "2026-11-23 08:00:00+00:00"
    (run,) = read(stamped(SMALL, [*facts, "GITHUB_RUN_ATTEMPT=3", f"GITHUB_SHA={SHA[::-1]}"]))
    assert (run.meta.attempt, run.meta.commit, run.meta.job) == (None, None, None)
    checkout = ["[command]/usr/bin/git log -1 --format=%H", SHA]
    assert read(stamped(SMALL, checkout))[0].meta.commit == SHA


def test_wrong_fact() -> None:
    """A number that is no attempt is left out, and nothing else with it."""
    (run,) = read(archive({"0_b.txt": stamped(SMALL, ["GITHUB_RUN_ATTEMPT=0", f"GITHUB_SHA={SHA}"])}))
    assert (run.meta.job, run.meta.attempt, run.meta.commit) == ("b", None, SHA)


def test_viewed_log() -> None:
    """The output of gh run view --log is split by its first column."""
    lines = stamped(SMALL).decode().splitlines()
    text = "".join(f"{job}\tRun tests\t{line}\n" for line in lines for job in ("x86", "arm"))
    runs = read(text.encode())
    assert [run.part for run in runs] == ["x86", "arm"]
    assert counts(runs[0]) == counts(runs[1]) == {"pass": 3, "fail": 1, "not-run": 2}


def test_failed_without_a_failed_test() -> None:
    """A job that failed though its tests passed says so: it is not all green."""
    log = stamped(console(passing("a")) + "make: *** [run] Error 1\n##[error]Process completed with exit code 2.\n")
    (run,) = read(log)
    assert "failed outside its zdtm tests: Process completed with exit code 2." in run.warnings[-1][1]
    assert log.decode().split("\n")[run.warnings[-1][0] - 1].endswith("exit code 2.")
    assert "failed outside its zdtm tests" in run.broken[-1]


def test_many_invocations() -> None:
    """A job that runs zdtm many times is one run; equal tests of different invocations stay apart."""
    body = SMALL.rstrip("\n")
    text = "\n".join(
        f"+ ./test/zdtm.py run -a {options} --keep-going\nuserns is supported\n{body}"
        for options in ("-p 2", "--criu-config", "--fault 130")
    )
    (run,) = read(archive({"0_b.txt": stamped(text)}))
    assert sorted({r.invocation for r in run.results}) == [1, 2, 3]
    assert run.options[3].endswith("--fault 130 --keep-going")
    assert counts(run)["fail"] == 3


@pytest.mark.parametrize("name", ["../0_b.txt", "/etc/0_b.txt", "a/../../0_b.txt"])
def test_names_that_lead_out(name: str) -> None:
    """An archive with a name that leads out of it is refused whole."""
    with pytest.raises(CriukbError, match="leads out"):
        read(archive({"0_a.txt": stamped(SMALL), name: stamped(SMALL)}))


def test_bombs() -> None:
    """What unpacks to more than the limits is refused: one job, and all of them together."""
    bomb = b"2026-11-23T08:00:00.0000000Z =\n" * 100_000
    with pytest.raises(CriukbError, match="more than the limit"):
        read(archive({"0_a.txt": bomb}), 1_000_000)
    with pytest.raises(CriukbError, match="more than the limit"):
        read(archive({f"{n}_{n}.txt": bomb for n in range(6)}), 4_000_000)


def test_damaged_and_empty() -> None:
    """A damaged archive and one without zdtm are errors with the next step."""
    whole = archive({"0_a.txt": stamped(SMALL)})
    for data in (whole[: len(whole) // 2], archive({"0_a.txt": stamped("nothing")}), archive({"x.txt": b"x"})):
        with pytest.raises(CriukbError) as caught:
            read(data)
        assert caught.value.faults[0].hint


def test_into_the_store(tmp_path: Path) -> None:
    """Two jobs of an archive are two runs; --job names both, and the variant keeps them apart."""
    path = tmp_path / "logs.zip"
    path.write_bytes(archive({"0_a.txt": stamped(SMALL), "1_b.txt": stamped(SMALL, ["b"])}))
    found = ingest([path], tmp_path / "s", RunMeta(job="ci"), FakeDiagnoser())
    assert [run.path.name for run in found] == ["logs.zip!a", "logs.zip!b"]
    assert {run.job for run in found} == {"ci"}
    assert len({run.run_id for run in found}) == 2
    again = ingest([path], tmp_path / "s", RunMeta(job="ci"), FakeDiagnoser())
    assert [run.new for run in again] == [False, False]


def test_what_fits() -> None:
    """An archive of other files, and a plain console, are not GitHub's."""
    assert not github_actions.fits(Path("x"), archive({"criu/x.png": b"x"}))
    assert not github_actions.fits(Path("x"), SMALL.encode())
