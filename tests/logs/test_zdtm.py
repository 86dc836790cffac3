"""The zdtm console parser: what it must make of each form that a console takes."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from criukb.logs import zdtm_lines as grammar
from criukb.logs.ci_stamps import MAX_LINE
from criukb.logs.zdtm import Console, parse_console
from criukb.logs.zdtm_block import MAX_HEAD, MAX_TAIL

LONG = "['make', '--no-print-directory', '-C', 'zdtm/static', 'del_standalone_un_seqpacket.pid']"


def sep(title: str, char: str = "=", width: int = 80) -> str:
    """Pad as zdtm.py does."""
    return f" {title} ".center(width, char)


def run(test: str, flavor: str, *body: str, end: str = "PASS") -> list[str]:
    """Return the lines of one record; ``end`` is PASS, a failing step, or empty for a record without an end."""
    lines = [sep(f"Run {test} in {flavor}"), "Start test", *body]
    if end == "PASS":
        lines.append(sep(f"Test {test} PASS"))
    elif end:
        lines.append(sep(f"Test {test} FAIL at {end}", "#"))
    return lines


def progress(index: int, total: int, test: str) -> str:
    return f"=== Run {index}/{total} {'=' * 8 + '-' * 8} {test}"


def summary(failed: Sequence[str], total: int, skipped: int) -> list[str]:
    if not failed:
        return [sep(f"ALL TEST(S) PASSED (TOTAL {total}/SKIPPED {skipped})", "#")]
    head = sep(f"{len(failed)} TEST(S) FAILED (TOTAL {total}/SKIPPED {skipped})", "#")
    return [head, *(f" * {name}" for name in failed), sep("FAIL", "#")]


def outcomes(console: Console) -> list[tuple[str, str, str]]:
    return [(r.test, r.flavor, r.outcome) for r in console.records]


def messages(console: Console) -> str:
    return "\n".join(w.message for w in console.warnings)


A, B = "zdtm/static/a", "zdtm/static/b"
ACTION = ["Run criu dump", "Run criu restore"]


@pytest.mark.parametrize(
    ("line", "kind", "test", "detail"),
    [
        (sep(f"Run {A} in h"), "run", A, "h"),
        (f" Run zdtm/static/{'x' * 80} in uns ", "run", f"zdtm/static/{'x' * 80}", "uns"),
        (sep(f"Test {A} PASS"), "pass", A, ""),
        (sep(f"Test {A} FAIL at CRIU dump", "#"), "fail", A, "CRIU dump"),
        (f" Test {A} FAIL at {LONG} ", "fail", A, LONG),
        (f"Test {A} FAIL at {LONG}", "fail", A, LONG),
        (sep("11 TEST(S) FAILED (TOTAL 481/SKIPPED 64)", "#"), "failed", "", ""),
        (sep("ALL TEST(S) PASSED (TOTAL 3/SKIPPED 1)", "#"), "passed", "", ""),
        (sep("FAIL", "#"), "end", "", ""),
    ],
)
def test_title(line: str, kind: str, test: str, detail: str) -> None:
    """Separators are read with and without padding."""
    found = grammar.title(line)
    assert found is not None
    assert (found.kind, found.test, found.detail) == (kind, test, detail)


@pytest.mark.parametrize(
    "line", ["FAIL", "==== ALARM ====", sep("grep Error", "-", 60), sep(f"{A}.out.inprogress"), ""]
)
def test_no_title(line: str) -> None:
    """Other separators mean nothing; a bare FAIL is a test's own word."""
    assert grammar.title(line) is None


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (f"Skipping {A} (manual run only)", (A, "manual run only")),
        (f"Skipping {A} (no tun feature)", (A, "no tun feature")),
        ("Skipping rtc at root", None),
        ("Skipping net/tun at root", None),
        ("Skipping feature (x)", None),
    ],
)
def test_skip_line(line: str, want: tuple[str, str] | None) -> None:
    """Only the launcher's line about a test is a skip."""
    assert grammar.skip(line) == want


@pytest.mark.parametrize(
    ("step", "phase"),
    [
        ("CRIU pre-dump", "pre-dump"),
        ("CRIU dump", "dump"),
        ("CRIU restore", "restore"),
        ("criu lazy-pages exited with -15", "lazy-pages"),
        ("criu page-server exited with 1", "page-server"),
        ("result check", "test"),
        (f"{A} die", "test"),
        (LONG, "test"),
    ],
)
def test_phase(step: str, phase: str) -> None:
    """A step names the criu command that failed; everything else is the test's own phase."""
    assert grammar.phase_of(step) == phase


def test_serial() -> None:
    """Each flavor is a record; a skip between them is no part of any."""
    lines = [
        "userns is supported",
        "Skipping zdtm/lib/groups (manual run only)",
        progress(2, 3, A),
        *run(A, "ns", *ACTION),
        "Skipping zdtm/static/c (exclude)",
        *run(A, "h", *ACTION),
        *summary([], 3, 2),
    ]
    console = parse_console(lines)
    assert outcomes(console) == [(A, "ns", "pass"), (A, "h", "pass")]
    assert [(s.test, s.reason) for s in console.skips] == [
        ("zdtm/lib/groups", "manual run only"),
        ("zdtm/static/c", "exclude"),
    ]
    assert console.incomplete is None
    assert console.warnings == []


def test_parallel() -> None:
    """Blocks printed in order of finishing belong to their own tests, wherever the progress lines stand."""
    lines = [
        progress(1, 2, A),
        progress(2, 2, B),
        *run(B, "h", *ACTION, end="CRIU restore"),
        "Test output: ================================",
        "",
        *run(A, "uns", *ACTION),
        *summary([f"{B}(h)"], 2, 0),
    ]
    console = parse_console(lines)
    assert outcomes(console) == [(B, "h", "fail"), (A, "uns", "pass")]
    assert console.records[0].phase == "restore"
    first = console.records[0]
    assert first.block == tuple(lines[first.first_line - 1 : first.first_line - 1 + len(first.block)])
    assert first.block[-2:] == ("Test output: ================================", "")
    assert console.warnings == []


def test_fail_without_padding() -> None:
    """A long step leaves the title without padding; it is a FAIL all the same."""
    lines = [progress(1, 1, A), *run(A, "h", end=""), f" Test {A} FAIL at {LONG} ", *summary([f"{A}(h)"], 1, 0)]
    record = parse_console(lines).records[0]
    assert (record.outcome, record.step, record.phase) == ("fail", LONG, "test")


def test_pass_after_fail() -> None:
    """The first FAIL of a record wins over a later PASS."""
    lines = [progress(1, 1, A), *run(A, "h", end="CRIU dump"), sep(f"Test {A} PASS"), *summary([f"{A}(h)"], 1, 0)]
    console = parse_console(lines)
    assert outcomes(console) == [(A, "h", "fail")]
    assert "PASS after FAIL" in messages(console)


def test_fail_after_pass() -> None:
    """A FAIL after the PASS of the same record counts."""
    lines = [progress(1, 1, A), *run(A, "h"), sep(f"Test {A} FAIL at start", "#"), *summary([f"{A}(h)"], 1, 0)]
    console = parse_console(lines)
    assert outcomes(console) == [(A, "h", "fail")]
    assert "FAIL after PASS" in messages(console)


TRACE = ["Traceback (most recent call last):", '  File "zdtm.py", line 1, in <module>', "    x()"]


@pytest.mark.parametrize(
    ("exception", "outcome"),
    [
        ("FileNotFoundError: [Errno 2] No such file", "aborted"),
        ("subprocess.TimeoutExpired: Command '['criu']' timed out after 60 seconds", "timeout"),
    ],
)
def test_traceback(exception: str, outcome: str) -> None:
    """A traceback without a FAIL line ends the record; the summary calls the flavor unknown."""
    lines = [
        progress(1, 2, A),
        *run(A, "ns", "Run criu dump", *TRACE, exception, end=""),
        progress(2, 2, B),
        *run(B, "h"),
        *summary([f"{A}(unknown)"], 2, 0),
    ]
    console = parse_console(lines)
    assert outcomes(console) == [(A, "ns", outcome), (B, "h", "pass")]
    assert (console.records[0].step, console.records[0].phase) == (exception, "dump")
    assert console.warnings == []
    assert console.incomplete is None


def test_open_without_close() -> None:
    """A record that the next one interrupts is aborted, also without a traceback."""
    lines = [progress(1, 1, A), *run(A, "ns", end=""), *run(A, "h"), *summary([f"{A}(unknown)"], 1, 0)]
    assert outcomes(parse_console(lines)) == [(A, "ns", "aborted"), (A, "h", "pass")]


def test_taint_exception() -> None:
    """A kernel that becomes tainted stops the suite: what was never launched is counted in a warning."""
    lines = [
        progress(1, 9, A),
        *run(A, "h"),
        "The kernel is tainted: '512' (was '0')",
        sep("ALL TEST(S) PASSED (TOTAL 9/SKIPPED 0)", "#"),
        *TRACE,
        "Exception: The kernel is tainted: '512' (was '0')",
    ]
    console = parse_console(lines)
    assert outcomes(console) == [(A, "h", "pass")]
    assert "dmesg" in messages(console)
    assert "8 of 9 tests were neither launched nor skipped" in messages(console)
    assert "the launcher itself ended with: Exception" in messages(console)
    assert console.incomplete is None


def test_taint_exception_without_keep_going() -> None:
    """Without a summary the launcher's own traceback is the end: the console is whole."""
    lines = [progress(1, 9, A), *run(A, "h"), *TRACE, "Exception: The kernel is tainted: '512' (was '0')"]
    console = parse_console(lines)
    assert console.invocations[0].ended == "crash"
    assert console.incomplete is None


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([progress(1, 1, A), *run(A, "h", "Run criu dump", end="")], [(A, "h", "aborted")]),
        ([progress(1, 3, A), *run(A, "h")], [(A, "h", "pass")]),
        ([progress(1, 2, A), progress(2, 2, B), *run(B, "h")], [(B, "h", "pass")]),
        ([sep(f"Test {A} PASS"), progress(2, 2, B), *run(B, "h"), *summary([], 2, 0)], [(B, "h", "pass")]),
    ],
    ids=["in a record", "after a record", "output missing", "beginning missing"],
)
def test_cut(lines: list[str], outcome: list[tuple[str, str, str]]) -> None:
    """A cut console is said to be incomplete, wherever it was cut."""
    console = parse_console(lines)
    assert outcomes(console) == outcome
    assert console.incomplete is not None


def test_no_keep_going() -> None:
    """Without --keep-going a lone FAIL line ends the invocation; a passing one ends without any line."""
    failing = [progress(1, 5, A), *run(A, "h", end="CRIU dump"), sep("FAIL", "#")]
    assert parse_console(failing).incomplete is None
    assert parse_console([progress(1, 1, A), *run(A, "h")]).incomplete is None


def test_invocations() -> None:
    """Each zdtm.py call of a job is an invocation of its own, with its options when the shell shows them."""
    lines = [
        "+ ./test/zdtm.py run -a -p 2 --keep-going -x maps04",
        progress(1, 1, A),
        *run(A, "h"),
        *summary([], 1, 0),
        "+ ./test/zdtm.py run -t zdtm/static/a --fault 1 -f ns",
        progress(1, 1, A),
        *run(A, "ns", end="CRIU dump"),
        sep("FAIL", "#"),
        "++ ./test/zdtm.py --set zdtm run -t zdtm/static/a --user",
        progress(1, 1, A),
        *run(A, "h"),
    ]
    console = parse_console(lines)
    assert [r.invocation for r in console.records] == [1, 2, 3]
    options = [i.options for i in console.invocations]
    assert [o.streaming for o in options if o] == [False, True, True]
    assert [o.flavors for o in options if o] == [(), ("ns",), ()]
    assert [o.host_only for o in options if o] == [False, False, True]
    assert console.incomplete is None


def test_invocations_without_trace() -> None:
    """A counter that starts again is another invocation, also without a shell trace."""
    lines = [progress(1, 2, A), *run(A, "h"), progress(2, 2, B), *run(B, "h"), progress(1, 2, A), *run(A, "ns")]
    console = parse_console([*lines, progress(2, 2, B), *run(B, "h")])
    assert [r.invocation for r in console.records] == [1, 1, 2, 2]


def test_userns_asked_again() -> None:
    """A feature check in the middle of a run does not start another invocation."""
    lines = ["userns is supported", progress(1, 2, A), *run(A, "h"), "Checking feature userns", "userns is supported"]
    console = parse_console([*lines, progress(2, 2, B), *run(B, "h"), *summary([], 2, 0)])
    assert len(console.invocations) == 1
    assert console.invocations[0].userns
    again = parse_console([*lines[:-2], "userns is not supported", progress(1, 1, A), *run(A, "h")])
    assert [i.userns for i in again.invocations] == [True, False]


def test_dry_run() -> None:
    """A dry run has titles and no results."""
    console = parse_console(["+ ./test/zdtm.py run -a --dry-run", progress(1, 1, A), sep(f"Run {A} in h")])
    assert console.records == []
    assert console.incomplete is None


def test_fault_mode() -> None:
    """Only the second attempt of a fault run decides; the first, which is meant to fail, is no evidence."""
    lines = [
        "+ ./test/zdtm.py run -t zdtm/static/a --fault 1 --keep-going",
        progress(1, 1, A),
        *run(A, "h", "Run criu dump", "Forcing 1 fault", "meant to fail", "Run criu dump", "b'real'", end="CRIU dump"),
        *summary([f"{A}(h)"], 1, 0),
    ]
    record = parse_console(lines).records[0]
    assert record.fault == 1
    assert "meant to fail" in record.block
    assert "meant to fail" not in record.evidence
    assert "b'real'" in record.evidence


def test_fault_that_changes_behaviour() -> None:
    """With iterations each dump has the fault: none of them is a second attempt."""
    body = ["Run criu dump", "Forcing 130 fault", "first", "Run criu dump", "Forcing 130 fault", "second"]
    record = parse_console([progress(1, 1, A), *run(A, "h", *body, end="CRIU dump"), sep("FAIL", "#")]).records[0]
    assert record.evidence == record.block


PLAIN = [progress(1, 1, A), *run(A, "h", "b'x'", end="CRIU dump"), *summary([f"{A}(h)"], 1, 0)]


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        ("github-actions", "2026-11-23T08:13:{:02d}.1234567Z "),
        ("jenkins-iso", "[2026-11-23T08:13:{:02d}.123Z] "),
        ("jenkins", "08:13:{:02d} "),
        ("jenkins", "[08:13:{:02d}] "),
        ("jenkins", "08:13:{:02d}.250 "),
        ("gitlab", "2026-11-23T08:13:{:02d}.123456Z 01O "),
        ("iso", "2026-11-23T08:13:{:02d}+0100 "),
        ("iso", "[2026-11-23 08:13:{:02d},123 +00:00] "),
        ("iso-local", "2026-11-23 08:13:{:02d},123 | "),
        ("iso-local", "[2026-11-23T08:13:{:02d}] "),
        ("syslog", "Nov 23 08:13:{:02d} builder.example zdtm[812]: "),
        ("autopkgtest", " {:2d}s "),
        ("tap", "# "),
    ],
)
def test_ci_prefixes(kind: str, prefix: str) -> None:
    """Time stamps of CI systems are taken off; the records are those of the plain console."""
    stamped = [prefix.format(i) + line for i, line in enumerate(PLAIN)]
    console = parse_console(stamped)
    assert console.stamps == kind
    assert outcomes(console) == outcomes(parse_console(PLAIN))
    assert console.records[0].block == parse_console(PLAIN).records[0].block
    assert console.warnings == []


def test_github_file() -> None:
    """A GitHub log with byte order mark, colours, CRLF and groups reads like the plain one, and gives its start."""
    lines = [f"2026-11-23T08:13:{i:02d}.0000000Z \x1b[32m{line}\x1b[0m\r\n" for i, line in enumerate(PLAIN)]
    lines[0] = "\ufeff" + lines[0]
    console = parse_console(lines)
    assert outcomes(console) == [(A, "h", "fail")]
    assert console.facts["started_at"] == "2026-11-23T08:13:00+00:00"


def test_only_a_zone_makes_a_time() -> None:
    """A stamp without a zone tells durations and no start: which zone it was is not guessed."""
    body = ["+ ./test/zdtm.py run -t zdtm/static/a", progress(1, 1, A), *run(A, "h")]
    there, local = (
        parse_console([f"[2026-11-23 08:13:{i:02d}{zone}] {line}" for i, line in enumerate(body)])
        for zone in ("+01:00", "")
    )
    assert there.facts["started_at"] == "2026-11-23T08:13:00+01:00"
    assert "started_at" not in local.facts
    assert [console.records[0].duration_s for console in (there, local)] == [2.0, 2.0]


def test_duration() -> None:
    """Durations come from real time stamps of serial runs only; in parallel runs a block's stamps are all equal."""
    body = [progress(1, 1, A), *run(A, "h")]
    stamp = "2026-11-23T08:13:{:02d}.500000Z {}".format
    serial = ["+ ./test/zdtm.py run -t zdtm/static/a", *body]
    parallel = ["+ ./test/zdtm.py run -a -p 4", *body]
    assert parse_console([stamp(i, x) for i, x in enumerate(serial)]).records[0].duration_s == 2.0
    assert parse_console([stamp(i, x) for i, x in enumerate(parallel)]).records[0].duration_s is None
    assert parse_console(body).records[0].duration_s is None


def test_header_facts() -> None:
    """Kernel, architecture and CRIU's version are taken where the console states them, and once only."""
    lines = [
        "Linux builder 6.18.44-amd64 #1 SMP PREEMPT_DYNAMIC Debian x86_64 GNU/Linux",
        "+ ./criu/criu --version",
        "Version: 4.2",
        "Version: 9.9",
        *PLAIN,
    ]
    assert parse_console(lines).facts == {"arch": "x86_64", "criu_version": "4.2", "kernel": "6.18.44-amd64"}
    assert "kernel" not in parse_console(["Linux a 5.15.0 x x86_64", "Linux b 6.1.0 x x86_64", *PLAIN]).facts


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (summary([f"{A}(ns)"], 1, 0), "failed in ns, the records say otherwise"),
        (summary([f"{A}(h)", f"{B}(h)"], 2, 0), f"names {B}(h) as failed, no record does"),
        (summary([], 1, 0), f"does not name: {A}"),
        (summary([f"{A}(h)"], 1, 3), "counts 3 skipped tests, the console shows 0"),
        (summary([f"{A}(h)"], 7, 0), "6 of 7 tests were neither launched nor skipped"),
        (summary([f"{A}(h)"], 1, 0)[:1], "counts 1 failed tests and lists 0"),
    ],
)
def test_summary_disagrees(end: list[str], message: str) -> None:
    """Each disagreement between records and summary is a warning."""
    console = parse_console([progress(1, 1, A), *run(A, "h", end="CRIU dump"), *end])
    assert message in messages(console)


def test_launched_without_record() -> None:
    """A test that was launched and left no output is named."""
    console = parse_console([progress(1, 2, A), progress(2, 2, B), *run(B, "h"), *summary([], 2, 0)])
    assert f"launched, but no result in the console: {A}" in messages(console)


def test_glued_separator() -> None:
    """A separator behind a tool's unfinished line is still read."""
    console = parse_console(["tool output" + progress(1, 1, A), "xx" + run(A, "h")[0], *run(A, "h")[1:]])
    assert outcomes(console) == [(A, "h", "pass")]
    assert [n.test for n in console.launches] == [A]


def test_alarm_is_no_failure() -> None:
    """The launcher's ALARM and its process list change nothing."""
    lines = [progress(1, 1, A), "==== ALARM ====", "  PID TTY", *run(A, "h"), *summary([], 1, 0)]
    assert outcomes(parse_console(lines)) == [(A, "h", "pass")]


def test_old_console() -> None:
    """Progress lines of 2016 have no test's name, and Python 2 prints its log lines plain."""
    lines = ["=== Run 1/1 ================", *run(A, "h", "(00.1) Error (x.c:1): y", end="CRIU dump"), sep("FAIL", "#")]
    assert outcomes(parse_console(lines)) == [(A, "h", "fail")]


def test_huge_block_is_bounded() -> None:
    """The middle of a huge block is dropped and counted; head and tail stay."""
    extra = 5_000
    body = [f"line {i}" for i in range(MAX_HEAD + MAX_TAIL + extra)]
    record = parse_console([progress(1, 1, A), *run(A, "h", *body, end="CRIU dump"), sep("FAIL", "#")]).records[0]
    assert len(record.block) == MAX_HEAD + MAX_TAIL
    assert record.dropped == extra + 3
    assert record.block[2] == "line 0"


@pytest.mark.parametrize(
    "line",
    [
        "=" * 300_000 + "x",
        "#" * 300_000 + " Test",
        " Test x FAIL at " + "#" * 200_000 + "x",
        "+" * 200_000,
        "+ zdtm.py " * 50_000,
    ],
    ids=["equal signs", "hashes", "fail", "plus", "trace"],
)
def test_evil_lines_are_cheap(line: str) -> None:
    """No line costs more than its length."""
    start = time.process_time()
    parse_console([line] * 5)
    assert time.process_time() - start < 1
    assert len(line) > MAX_LINE


def test_many_invocations_are_cheap() -> None:
    """Five thousand invocations in one console take linear time."""
    start = time.process_time()
    console = parse_console(["+ ./zdtm.py run -a", progress(1, 2, A)] * 5_000)
    assert time.process_time() - start < 5
    assert len(console.invocations) == 5_000
    assert len(console.warnings) <= 201


_WORDS = st.sampled_from(
    [
        *PLAIN,
        *run(A, "ns"),
        *run(B, "uns", "Run criu dump", "Forcing 1 fault", end="result check"),
        *summary([], 2, 1),
        progress(2, 2, B),
        *TRACE,
        "Exception: x",
        "+ ./zdtm.py run -a -f h",
        f"Skipping {B} (exclude)",
        "userns is not supported",
        "The kernel is tainted: '1' (was '0')",
        "",
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(_WORDS, st.text(max_size=30)), max_size=60))
def test_any_text(lines: list[str]) -> None:
    """Any text is parsed; starts and ends of records add up, and lines stay within the console."""
    console = parse_console(lines)
    starts = sum(1 for line in lines if (t := grammar.title(line.rstrip("\r\n"))) and t.kind == "run")
    assert len(console.records) <= starts
    assert all(1 <= r.first_line <= r.last_line <= max(1, console.lines) for r in console.records)
    assert all(bool(r.block) == (r.outcome != "pass") or not r.block for r in console.records)
    assert all(1 <= r.invocation <= len(console.invocations) for r in console.records)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["PASS", "CRIU dump", "result check", "x die"])), max_size=40
    ),
)
def test_round_trip(results: list[tuple[int, str]]) -> None:
    """What a well-formed console says is what comes out, record by record."""
    lines: list[str] = []
    want = []
    failed = []
    for index, (number, end) in enumerate(results, 1):
        test = f"zdtm/static/t{number}_{index}"
        lines += [progress(index, len(results), test), *run(test, "ns", *ACTION, end=end)]
        want.append((test, "ns", "pass" if end == "PASS" else "fail"))
        failed += [f"{test}(ns)"] if end != "PASS" else []
    console = parse_console([*lines, *summary(failed, len(results), 0)])
    assert outcomes(console) == want
    assert console.warnings == []
    assert console.incomplete is None
