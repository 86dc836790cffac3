"""A plain file is searched by position, in several processes; the answer is that of reading it once, in one piece."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from criukb.logs import cells, scan_file
from criukb.logs import scan as module
from criukb.logs.reader import Joined, open_log, plain_file, read_head
from criukb.logs.scan import Scan, Wanted, scan

ERROR = "(00.1) Error (criu/x.c:1): broke"
WRAPPED = "2024-01-02T03:04:05Z (00.1) nothing"
LINES = [
    ERROR,
    "(00.1) a line that says nothing",
    "(00.0) Version: 4.2",
    "pie: 1: x",
    "tool",
    "",
    "\r",
    f"{ERROR}\r",
    WRAPPED,
    f"2024-01-02T03:04:05Z {ERROR}",
    "2024-01-02T03:04:05Z RTNETLINK answers",
    "x" * 90,
    ERROR * 8,
]
texts = Wanted(["Error", "Warn"], ["Version: "], ["RTNETLINK"])
logs = st.tuples(
    st.lists(st.one_of(st.sampled_from(LINES), st.sampled_from(LINES).map(lambda x: f"{x}\n" * 30)), max_size=60),
    st.sampled_from(["", "\n", "\n\n", "\r\n"]),
)


def bounded(patch: pytest.MonkeyPatch) -> None:
    """Make every bound so small that a short log reaches it."""
    for name, value in (("FIRST_LINES", 9), ("FIRST_CHARS", 400), ("LAST_LINES", 3), ("LAST_BYTES", 300)):
        patch.setattr(module, name, value)


def in_parts(data: bytes, count: int, before: bytes = b"") -> Scan:
    with tempfile.TemporaryFile() as file:
        file.write(before + data)
        file.flush()
        return scan_file.scan_file(file.fileno(), len(before), texts, count)


@pytest.mark.parametrize("small", [False, True])
@settings(max_examples=40)
@given(logs, st.integers(8, 200), st.integers(1, 100))
def test_parts_agree(small: bool, log: tuple[list[str], str], block: int, longest: int) -> None:
    """A stream, a file in one piece, in two and in five give the same lines, numbers and sums, wherever it is split."""
    data = ("\n".join(log[0]) + log[1]).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "BLOCK", block)
        patch.setattr(cells, "MAX_LINE", longest)
        patch.setattr("criukb.logs.finder.MIN_WRAPPED", 2)
        if small:
            bounded(patch)
        streamed = module.scan_stream(io.BytesIO(data), texts)
        found = [in_parts(data, count, before) for count, before in ((1, b""), (2, b""), (5, b""), (2, b"head of a"))]
    assert found == [streamed] * 4
    assert streamed.total == data.count(b"\n") + (data[-1:] not in {b"", b"\n"})


@settings(max_examples=40)
@given(st.lists(st.sampled_from(LINES), min_size=40, max_size=80), st.integers(8, 100))
def test_the_rule_of_the_first_and_the_last(lines: list[str], block: int) -> None:
    """Of all lines of interest those from the front and those from the end are kept, and none twice."""
    data = "".join(f"{line}\n" for line in lines).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "BLOCK", block)
        everything = in_parts(data, 1)
        bounded(patch)
        kept = in_parts(data, 2)
    first = sum(one == other for one, other in zip(everything.lines, kept.lines, strict=False))
    assert everything.left_out == 0
    assert first >= min(9, len(everything.lines)) or sum(len(text) for _, text in kept.lines[:first]) >= 400
    assert len(kept.lines) - first <= 3
    assert kept.lines == everything.lines[:first] + everything.lines[len(everything.lines) - len(kept.lines) + first :]


def test_header_facts_of_the_first_cell_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second half of a file is not its beginning."""
    monkeypatch.setattr(cells, "BLOCK", 64)
    data = b"(00.0) Version: 4.2\n" + b"(00.1) nothing\n" * 30 + b"(00.9) Version: 1.0\n" * 30
    assert [number for number, _ in in_parts(data, 2).lines] == [1]


def test_a_plain_file_is_known_through_what_was_read_of_it(tmp_path: Path) -> None:
    """What the opener read ahead is searched too, and the descriptor is used only for a plain regular file."""
    path = tmp_path / "x.log"
    path.write_text(f"{ERROR} 1\n{ERROR} 2\n")
    with open_log(path) as stream:
        whole = Joined(read_head(stream, 20), stream)
        assert (plain_file(whole) or (0, -1))[1] == 0
        assert [number for number, _ in scan(whole, ["Error"]).lines] == [1, 2]
    assert plain_file(io.BytesIO(b"x")) is None


def test_a_pipe_is_no_plain_file() -> None:
    """What can be read only once is read as a stream."""
    ours, theirs = os.pipe()
    os.write(theirs, f"{ERROR}\n".encode())
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as stream:
        assert plain_file(stream) is None
        assert scan(stream, ["Error"]).lines == [(1, ERROR)]


def test_what_a_reader_raises_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read in its second half is not taken for a shorter one."""
    real = os.preadv

    def broken(descriptor: int, rooms: list[memoryview], at: int) -> int:
        if at >= 640:
            raise OSError(5, "Input/output error")
        return real(descriptor, rooms, at)

    monkeypatch.setattr(cells, "BLOCK", 64)
    monkeypatch.setattr(os, "preadv", broken)
    with pytest.raises(OSError, match="Input/output error"):
        in_parts(b"(00.1) nothing\n" * 80, 2)


def test_a_lost_copy_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second process is killed half-way, its part is read here."""
    monkeypatch.setattr(cells, "BLOCK", 64)
    data = b"(00.1) nothing\n" * 40 + f"{ERROR}\n".encode() * 40
    expected = in_parts(data, 1)
    monkeypatch.setattr(scan_file, "_run_copy", lambda *_: os._exit(1))
    assert in_parts(data, 2) == expected


def test_no_copy_beside_other_threads() -> None:
    """A process with threads, such as a notebook's, is not copied: a lock may be held for ever in the copy."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not scan_file._may_fork()
    finally:
        done.set()
        thread.join()
