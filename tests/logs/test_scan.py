"""Searching a log as a stream finds the same lines as reading it whole, whatever its size."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.logs import cells
from criukb.logs import scan as module
from criukb.logs.scan import scan

ERROR = "(00.1) Error (criu/x.c:1): broke 1"
PLAIN = "(00.1) a line that says nothing"


def found(text: str, *, tail: bytes = b"") -> list[tuple[int, str]]:
    return scan(io.BytesIO(text.encode() + tail), ["Error", "Warn"]).lines


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make blocks so small that lines cross them."""
    monkeypatch.setattr(cells, "BLOCK", 64)
    monkeypatch.setattr(cells, "MAX_LINE", 40)


@pytest.mark.usefixtures("small_blocks")
def test_numbers_across_blocks() -> None:
    """Line numbers are those of the file, however the blocks fall."""
    lines = [PLAIN] * 7 + [ERROR] + [PLAIN] * 11 + ["tool line", "", "pie: 5: chatter", ERROR]
    wanted = [(n, line) for n, line in enumerate(lines, start=1) if line in {ERROR, "tool line"}]
    assert found("\n".join(lines) + "\n") == wanted
    assert found("\n".join(lines)) == wanted


@pytest.mark.usefixtures("small_blocks")
def test_endless_line_is_cut() -> None:
    """A line longer than the buffer is cut, and the next line has its right number."""
    text = "x" * 1000 + "\n" + ERROR + "\n"
    assert found(text) == [(1, "x" * 40), (2, ERROR)]


def test_bounded_number_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many lines the first and the last are kept, and the number left out is told."""
    monkeypatch.setattr(module, "FIRST_LINES", 10)
    monkeypatch.setattr(module, "LAST_LINES", 5)
    monkeypatch.setattr(cells, "BLOCK", 256)
    lines = [f"(00.1) Error (criu/x.c:1): broke {n}" for n in range(1, 201)]
    result = scan(io.BytesIO("\n".join(lines).encode()), ["Error"])
    numbers = [number for number, _ in result.lines]
    assert numbers[:10] == list(range(1, 11))
    assert numbers[-5:] == list(range(196, 201))
    assert (result.total, len(result.lines) + result.left_out) == (200, 200)


def test_bounded_number_of_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Very long lines of interest fill the memory no more than many short ones."""
    monkeypatch.setattr(module, "FIRST_CHARS", 2500)
    monkeypatch.setattr(module, "LAST_LINES", 2)
    result = scan(io.BytesIO(b"".join(b"Error %d %s\n" % (n, b"x" * 990) for n in range(1, 31))), ["Error"])
    assert [number for number, _ in result.lines] == [1, 2, 3, 29, 30]
    assert result.left_out == 25


def test_head_texts_count_in_the_first_block_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a log says about itself stands at its beginning."""
    monkeypatch.setattr(cells, "BLOCK", 64)
    lines = ["(00.0) Version: 4.2", *[PLAIN] * 20, "(00.9) Version: 1.0"]
    result = scan(io.BytesIO("\n".join(lines).encode()), ["Error"], ["Version: "])
    assert [number for number, _ in result.lines] == [1]


def test_invalid_utf8() -> None:
    """Bytes that are no UTF-8 are replaced."""
    assert found("", tail=b"Error (criu/x.c:1): \xff\n") == [(1, "Error (criu/x.c:1): \ufffd")]


@given(
    st.lists(st.sampled_from([PLAIN, ERROR, "tool", "", "pie: 1: x", "(", "x" * 90]), max_size=60), st.integers(8, 200)
)
def test_equals_reading_it_whole(lines: list[str], block: int) -> None:
    """Any mixture of lines and any block size give what a plain loop gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "BLOCK", block)
        patch.setattr(cells, "MAX_LINE", 1000)
        text = "\n".join(lines)
        result = scan(io.BytesIO(text.encode()), ["Error"])
    wanted = [
        (n, line)
        for n, line in enumerate(text.split("\n"), start=1)
        if line and ("Error" in line or not line.startswith(("(", "pi")))
    ]
    cut = [(n, line) for n, line in wanted if len(line) < block]
    assert [row for row in result.lines if len(row[1]) < block] == cut


def test_a_wrapped_log_gives_only_the_lines_that_matter() -> None:
    """Where nearly every line stands in a wrapper, that alone says nothing about a line."""
    plain, tool = f"10:11:12 {PLAIN}", "10:11:12 RTNETLINK answers: File exists"
    lines = [plain] * 2000 + [tool, f"10:11:12 {ERROR}"] + [plain] * 2000
    result = scan(io.BytesIO("".join(f"{line}\n" for line in lines).encode()), ["Error"], (), ["RTNETLINK"])
    assert result.lines == [(2001, tool), (2002, f"10:11:12 {ERROR}")]
    assert result.left_out == 0
