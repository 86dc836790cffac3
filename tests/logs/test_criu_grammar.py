"""CRIU's own lines, in the forms of every release and inside every wrapper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.logs.criu import Event, header_facts, parse_lines

BIND = "unix: Can't bind id 0x9 ino 433398 addr : Address already in use"
ERROR = f"Error (criu/sk-unix.c:1651): {BIND}"


def only(line: str) -> Event:
    events = parse_lines([line]).events
    assert len(events) == 1
    return events[0]


@pytest.mark.parametrize(
    ("line", "time", "pid", "pie"),
    [
        (ERROR, None, None, False),
        (f"(00.021682) {ERROR}", 0.021682, None, False),
        (f"(00.021682)      1: {ERROR}", 0.021682, 1, False),
        (f"(00.021682) pie: 5: {ERROR}", 0.021682, 5, True),
        (f"(00.021682)pie: 5: {ERROR}", 0.021682, 5, True),
        (f"pie: {ERROR}", None, None, True),
    ],
)
def test_forms_of_all_releases(line: str, time: float | None, *, pid: int | None, pie: bool) -> None:
    """Time, pid and the pie mark are read where the release printed them."""
    event = only(line)
    assert (time, pid, pie, "error", BIND) == (event.time, event.pid, event.pie, event.level, event.message)
    assert (event.file, event.source_line) == ("criu/sk-unix.c", 1651)


@pytest.mark.parametrize(
    ("wrapped", "name"),
    [
        (f'b"(00.1)      1: {ERROR}"', "zdtm-bytes"),
        (f"2024-12-06T10:11:12.1234567Z (00.1)      1: {ERROR}", "github-actions"),
        (f"560s (00.1)      1: {ERROR}", "autopkgtest"),
        (f"[OUT] (00.1)      1: {ERROR}", "jenkins"),
        (f"> (00.1)      1: {ERROR}", "quote"),
        (f"1606:(00.1)      1: {ERROR}", "grep-n"),
        (f"\x1b[31m(00.1)      1: {ERROR}", "ansi"),
        (f'time="2024-01-01T00:00:00Z" level=warning msg="(00.1)      1: {ERROR}"', "logrus"),
        (f"    checkpoint_test.go:163: (00.1)      1: {ERROR}", "go-test"),
    ],
)
def test_wrappers(wrapped: str, name: str) -> None:
    """The record comes out of its wrapper whole, and the wrapper is named."""
    parsed = parse_lines([wrapped])
    assert [(e.level, e.message, e.pid) for e in parsed.events if e.level == "error"] == [("error", BIND, 1)]
    assert name in parsed.unwrapped


def test_whole_log_in_one_string() -> None:
    r"""A runtime's one-line log with literal \\n becomes its lines, all with the number of that line."""
    line = f"criu failed: \\n(00.1) {ERROR}\\n(00.2) Error (criu/files.c:1213): Unable to open fd=5 id=0x9\\n"
    events = [e for e in parse_lines(["first", line]).events if e.level == "error"]
    assert [(e.line, e.message) for e in events] == [(2, BIND), (2, "Unable to open fd=5 id=0x9")]


def test_two_records_on_one_line() -> None:
    """Where CRIU forgot a newline, both records are found."""
    line = f"(00.1) /proc/self/loginuid failed: Permission denied{ERROR}"
    assert [e.level for e in parse_lines([line]).events] == ["info", "error"]


def test_broken_pie_line_is_joined() -> None:
    """Up to 3.8 a long pie line ends with > and goes on in the next line of the same pid."""
    lines = ["(00.1) pie: 7: Error (pie/restorer.c:9): Thread pid mismatch >", "(00.1) pie: 7: 8/9"]
    assert [e.message for e in parse_lines(lines).events] == ["Thread pid mismatch 8/9"]


def test_tool_lines_have_no_prefix() -> None:
    """Lines of ip, iptables or the runtime stay as they are."""
    assert (
        only("RTNETLINK answers: File exists").level,
        only("RTNETLINK answers: File exists").message,
    ) == ("tool", "RTNETLINK answers: File exists")


def test_header_facts() -> None:
    """The log says its CRIU release and kernel at the start."""
    lines = ["(00.000000) Version: 4.2.1 (gitid 0)", "(00.000001) Running on host Linux 6.18.44 #1 SMP x86_64"]
    assert header_facts(parse_lines(lines).events) == {"criu": "4.2.1", "kernel": "6.18.44"}


@given(st.lists(st.text(max_size=200), max_size=30))
def test_any_text_is_parsed(lines: list[str]) -> None:
    """No text makes the parser fail, and every event knows its line."""
    assert all(1 <= event.line <= len(lines) for event in parse_lines(lines).events)


@given(st.text(st.sampled_from("()0123456789.: pie:ErrorWarnb'\"\\n>x/c"), max_size=300))
def test_almost_records_are_parsed(line: str) -> None:
    """Text made of the grammar's own pieces does not make it fail either."""
    parse_lines([line, f"b'{line}'"])


def test_broken_pie_lines_of_two_tasks() -> None:
    """Tasks interleave: each broken line finds the end that its own task printed."""
    head = "Error (pie/restorer.c:9): Thread pid mismatch"
    lines = [f"pie: 7: {head} >", f"pie: 8: {head} >", "(00.1) chatter", "pie: 8: 1/2", "pie: 9: x", "pie: 7: 3/4"]
    events = parse_lines(lines, ["nothing"]).events
    assert [(e.line, e.pid, e.message) for e in events if e.level == "error"] == [
        (1, 7, "Thread pid mismatch 3/4"),
        (2, 8, "Thread pid mismatch 1/2"),
    ]
