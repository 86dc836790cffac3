"""``criukb diagnose``, as a user calls it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

SCM06 = """\
Error (criu/sk-unix.c:1651): unix: Can't bind id 0x9 ino 433398 addr : Address already in use
Error (criu/files.c:1213): Unable to open fd=5 id=0x9
"""


def run(*args: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from criukb.cli import main; main()", "diagnose", *args]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)


def answer(path: Path, *args: str) -> dict[str, Any]:
    done = run(str(path), "--format", "jsonl", *args)
    assert done.returncode == 0, done.stderr
    row: dict[str, Any] = json.loads(done.stdout)
    return row


@pytest.fixture
def scm06(tmp_path: Path) -> Path:
    """The two lines of the scm06 failure."""
    path = tmp_path / "restore.log"
    path.write_text(SCM06, encoding="utf-8")
    return path


def test_contract(scm06: Path) -> None:
    """The JSON object has every field of the contract, and names the scm06 entry with its consequence."""
    row = answer(scm06)
    wanted = {"path", "log_kind", "verdict", "cause", "chain", "secondary", "candidates", "unknown", "unwrapped"}
    assert wanted <= set(row)
    assert (row["verdict"], row["cause"]["id"]) == ("known", "unix-abstract-name-in-use")
    assert {"id", "title", "confidence", "captures", "lines"} <= set(row["cause"])
    assert row["cause"]["captures"] == {"addr": "", "errno": "EADDRINUSE", "id": 9, "ino": 433398}
    assert "unable-to-open-fd" in row["chain"]


@pytest.mark.parametrize(("lang", "word"), [("en", "An abstract unix socket name"), ("zh", "抽象")])
def test_text_in_both_languages(scm06: Path, lang: str, word: str) -> None:
    """The text names the cause in the language that was asked for, and quotes the line."""
    out = run(str(scm06), "--lang", lang).stdout.decode()
    assert word in out
    assert "Can't bind id 0x9 ino 433398" in out


def test_language_from_the_locale(scm06: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --lang the locale decides."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "原因" in run(str(scm06)).stdout.decode()


def test_standard_input_and_gzip(tmp_path: Path) -> None:
    """A log may come through a pipe or compressed."""
    assert b"unix-abstract-name-in-use" in run("-", stdin=SCM06.encode()).stdout
    packed = tmp_path / "x.gz"
    packed.write_bytes(gzip.compress(SCM06.encode()))
    assert answer(packed)["cause"]["id"] == "unix-abstract-name-in-use"


def test_large_log_is_searched_as_a_stream(tmp_path: Path) -> None:
    """A log above the limit gives the same answer with the right line number."""
    path = tmp_path / "big.log"
    filler = "(00.000001) a line of a -v4 log that says nothing at all about any failure\n"
    count = 5 * 1024 * 1024 // len(filler)
    path.write_text(filler * count + SCM06, encoding="utf-8")
    assert answer(path)["cause"]["lines"] == [count + 1]


def test_cause_in_the_middle_of_a_large_wrapped_log(tmp_path: Path) -> None:
    """A CI system's stamp before every line hides nothing, wherever in a large log the cause stands."""
    stamp = "2024-12-06T10:11:12.1234567Z "
    filler = f"{stamp}(00.000001) a line of a -v4 log that says nothing at all\n"
    path = tmp_path / "ci.log"
    failure = "".join(f"{stamp}{line}\n" for line in SCM06.splitlines())
    path.write_text(filler * 60_000 + failure + filler * 60_000, encoding="utf-8")
    row = answer(path)
    assert row["cause"]["id"] == "unix-abstract-name-in-use"
    assert row["cause"]["lines"] == [60_001]


def test_a_log_that_was_not_read_whole_is_never_clean(tmp_path: Path) -> None:
    """With too many Errors to read, harmless ones prove nothing, and the answer says what was left out."""
    noise = "(00.1) Error (criu/util.c:1): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted\n"
    path = tmp_path / "x.log"
    path.write_text(noise * 150_000, encoding="utf-8")
    row = answer(path)
    assert row["verdict"] == "unknown"
    assert int(row["facts"]["lines_left_out"]) > 0
    assert "were not read" in run(str(path), "--lang", "en").stdout.decode()


def test_characters_that_command_a_terminal_are_not_passed_on(tmp_path: Path) -> None:
    """A log's C0 and C1 characters reach no terminal, whether its line is known or not."""
    path = tmp_path / "x.log"
    path.write_text(SCM06.replace("addr ", "addr \x9b31m\x1b[2J") + "Error (criu/x.c:1): \x9bpaint\n", encoding="utf-8")
    shown = run(str(path), "--lang", "en").stdout.decode()
    assert "unix-abstract-name-in-use" in shown
    assert not {"\x9b", "\x1b"} & set(shown)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x7fELF\0\0\0", "binary data"),
        (gzip.compress(SCM06.encode())[:-9], "truncated"),
        (b"one line of prose after another\n" * 20, "no line of a CRIU log"),
    ],
)
def test_bad_input(tmp_path: Path, content: bytes, message: str) -> None:
    """Bad input names the file and the next step, with status 2 and no traceback."""
    path = tmp_path / "x.log"
    path.write_bytes(content)
    done = run(str(path))
    text = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert message in text
    assert str(path) in text
    assert "next:" in text
    assert "Traceback" not in text


def test_one_bad_file_among_good_ones(scm06: Path, tmp_path: Path) -> None:
    """The good files are answered, the bad one is told, and the status is 2."""
    empty = tmp_path / "empty.log"
    empty.touch()
    done = run(str(empty), str(scm06), "--format", "jsonl")
    assert done.returncode == 2
    assert json.loads(done.stdout)["path"] == str(scm06)


def test_unknown_is_not_guessed(tmp_path: Path) -> None:
    """An Error that no entry knows gives its subsystem and no cause."""
    path = tmp_path / "x.log"
    path.write_text("(00.1) Error (criu/sk-unix.c:1): unix: a new kind of trouble\n", encoding="utf-8")
    row = answer(path)
    assert (row["verdict"], row["cause"]) == ("unknown", None)
    assert row["unknown"][0]["area"] == "unix-sockets"


def test_explain(scm06: Path) -> None:
    """--explain shows how each line was read and where the confidence comes from."""
    out = run(str(scm06), "--explain", "--lang", "en").stdout.decode()
    assert "consequence" in out
    assert "evidence confirmed" in out


def test_reader_that_closes_early(scm06: Path) -> None:
    """Output into head ends quietly."""
    pipe = f"'{sys.executable}' -c 'from criukb.cli import main; main()' diagnose '{scm06}' | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", pipe], capture_output=True, check=False, timeout=120)
    assert b"Traceback" not in done.stderr


def test_help_is_light() -> None:
    """--help of the program imports neither the matcher nor anything heavy."""
    code = (
        "import sys\nsys.argv = ['criukb', '--help']\nfrom criukb.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'yaml', 're2', 'duckdb', 'pyarrow', 'matplotlib', 'numpy', 'rich', 'scipy'}\n"
        "sys.exit(1 if heavy & set(sys.modules) else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60).returncode == 0


def test_folder_and_archive(tmp_path: Path) -> None:
    """Each log of a folder or an archive is answered under its own path; what is no log is passed over."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "dump.log").write_text(SCM06, encoding="utf-8")
    (folder / "pidfile").write_bytes(b"\0\1")
    (folder / "README.txt").write_text("one line of prose after another\n" * 20, encoding="utf-8")
    archive = tmp_path / "logs.tar.xz"
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(folder, "logs")
    done = run(str(folder), str(archive), "--format", "jsonl")
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["path"] for row in rows] == [str(folder / "dump.log"), f"{archive}!logs/dump.log"]
    assert {row["cause"]["id"] for row in rows} == {"unix-abstract-name-in-use"}
    piped = run("-", "--format", "jsonl", stdin=archive.read_bytes())
    assert json.loads(piped.stdout)["path"] == "-!logs/dump.log"


def test_one_bad_member(tmp_path: Path) -> None:
    """A damaged member of an archive is told with status 2, and the others are answered."""
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.log.gz", gzip.compress(SCM06.encode())[:-9])
        packed.writestr("b.log", SCM06)
    done = run(str(archive), "--format", "jsonl")
    assert done.returncode == 2
    assert json.loads(done.stdout)["path"] == f"{archive}!b.log"
    assert f"{archive}!a.log.gz: the compressed file is truncated" in done.stderr.decode()


def test_archive_without_logs(tmp_path: Path) -> None:
    """An archive that holds no log is told, with the next step."""
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.txt", b"one line of prose after another\n" * 20)
    done = run(str(archive))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no log of CRIU in it" in done.stderr
    assert b"next:" in done.stderr
