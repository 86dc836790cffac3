"""Every wrapper that is seen around CRIU's lines, in one example each, and what must stay as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.logs.criu import parse_lines
from criukb.logs.unwrap import unwrap

BIND = '(00.1)      1: Error (criu/sk-unix.c:1651): unix: Can\'t bind id 0x9: "x"'
GO = BIND.replace('"', '\\"')


@pytest.mark.parametrize(
    ("wrapped", "name"),
    [
        (repr(BIND.encode()), "zdtm-bytes"),
        (f"2024-12-06T10:11:12.1234567Z {BIND}", "github-actions"),
        (f"2024-12-06T10:11:12.1234567Z \x1b[36;1m{BIND}\x1b[0m", "ansi"),
        (f"2024-12-06T10:11:12.123Z {BIND}", "timestamp"),
        (f"[2024-12-06T10:11:12.123Z] {BIND}", "timestamp"),
        (f"2024-12-06T10:11:12.123456Z: {BIND}", "crun"),
        (f"2024-12-06T10:11:12.123456789+01:00 stderr F {BIND}", "cri-log"),
        (f"2024-12-06T10:11:12+0100 node-1 podman[123]: {BIND}", "syslog"),
        (f"Nov 23 10:11:12 host runc[123]: {BIND}", "syslog"),
        (f"I1123 10:11:12.123456   12345 x.go:12] {BIND}", "klog"),
        (f"WARN[0012] {BIND}", "logrus"),
        (f'time="2024-12-17T06:57:27Z" level=warning msg="841:{GO}"', "logrus"),
        (f'# time="2024-12-17T06:57:27Z" level=warning msg="841:{GO}"', "bats"),
        (f'{{"level":"warning","msg":"841:{GO}","time":"2024"}}', "json"),
        (f'{{"log":"{GO}\\n","stream":"stderr"}}', "json"),
        (f"560s {BIND}", "autopkgtest"),
        (f"20:00:20   [OUT] {BIND}", "jenkins"),
        (f"> > {BIND}", "quote"),
        (f"- {BIND}", "list"),
        (f"`{BIND}`", "code"),
        (f"    checkpoint_test.go:163: {BIND}", "go-test"),
        (f"1606:{BIND}", "grep-n"),
        (f"images/dump.log:1606:{BIND}", "grep-n"),
        (f"# ./image-dir/restore.log-{BIND}", "grep"),
        (f"lxc-checkpoint: u1: criu.c: do_dump: 1200 criu output: {BIND}", "lxc"),
        (f"u1: {BIND}", "lxc"),
    ],
)
def test_one_line(wrapped: str, name: str) -> None:
    """The record comes out as CRIU printed it, and the wrapper is named."""
    names: dict[str, None] = {}
    assert [line for line in unwrap(wrapped, names) if line] == [BIND]
    assert name in names


@pytest.mark.parametrize(
    "wrapped",
    [
        f"criu failed: \\n{GO}\\n(00.2) Error (criu/x.c:1): second\\n",
        f'failed: "criu failed: \\n{GO}\\n(00.2) Error (criu/x.c:1): second": exit status 1',
        f'E1123 10:11:12.123456   12345 x.go:12] "Failed" err="rpc error: \\n{GO}\\n(00.2) Error (criu/x.c:1): second"',
        f'time="2024" level=error msg="failed" error="runc: \\n{GO}\\n(00.2) Error (criu/x.c:1): second"',
        f'{{"level":"error","msg":"failed: \\n{GO}\\n(00.2) Error (criu/x.c:1): second"}}',
        f"failed:\\\\n{GO}\\\\n(00.2) Error (criu/x.c:1): second",
    ],
)
def test_whole_log_in_a_string(wrapped: str) -> None:
    r"""Literal \\n of a runtime's message are line ends; what stands behind the string is no part of the record."""
    events = [e for e in parse_lines([wrapped]).events if e.level == "error"]
    assert [(e.line, e.message) for e in events] == [(1, BIND.split("): ", 1)[1]), (1, "second")]


def test_rpc_client() -> None:
    """The message of CRIU's RPC answer loses its tail."""
    line = "criu failed: type DUMP errno 0 (msg:Error (criu/x.c:1): broke\\n err:0)"
    events = parse_lines([line]).events
    assert [(e.level, e.message) for e in events] == [("tool", "criu failed: type DUMP errno 0"), ("error", "broke")]


@pytest.mark.parametrize(
    "line",
    [
        "(00.1) cg: value 'a\\nb'",
        "(00.1) `- daemon exits w/ 0",
        "pie: 12: Error (criu/pie/restorer.c:1): x",
        " 21713: Error (criu/files.c:1210): Unable to open fd=20 id=0x58",
        "iptables-restore: line 3 failed",
        "08:14:29.529:     5: FAIL: file_lease02.c:132: Ghost signal",
        "### Test zdtm/static/x FAIL at CRIU restore ###",
        "--- excerpt from CRIU log",
        '[  801.173871] audit: type=1400 audit(1536721328.602:38): apparmor="DENIED" peer_addr="@/crtools-pr-920"',
        'type=AVC msg=audit(1543862223.631:119): avc:  denied  { connectto } for  pid=870 comm="top"',
        "criu failed: type NOTIFY errno 0\\nlog file: /run/restore.log",
        "(msg: no answer",
        "b'half",
        "{broken",
    ],
)
def test_left_as_it_is(line: str) -> None:
    """What is no wrapper stays whole: audit lines, test programs' lines, values that look like a wrapper."""
    names: dict[str, None] = {}
    assert (unwrap(line, names), names) == ([line], {})


@given(st.text(st.sampled_from("()0123456789.:-TZ pie:ErrorWarn b'\"\\nrt>x/c`{}[]#*=msg\x1b\ufeff"), max_size=300))
def test_any_text(line: str) -> None:
    """Text made of the wrappers' own pieces does not make it fail."""
    assert unwrap(line, {})
