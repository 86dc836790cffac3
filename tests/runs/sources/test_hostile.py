"""Any bytes are a run or an error with its next step, whichever source is told to read them; and soon."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from criukb.errors import CriukbError, Fault
from criukb.runs.parsed import ParsedRun
from criukb.runs.schema import OUTCOMES
from criukb.runs.sources import HEAD, NAMES, Limits, find_source, source_named
from runfakes import console, passing

SMALL = console([*passing("a"), ("zdtm/static/b", [("h", "CRIU dump", "b'x'"), ("ns", "", "")])]).encode()
STAMP = b"2026-11-23T08:00:00.1234567Z "
SAYS = b"  1s autopkgtest [08:00:00]: "
PIECES = [
    SMALL,
    STAMP.join([b"", *SMALL.splitlines(keepends=True)]),
    SAYS + b"test zdtm: [-----------------------\n",
    SAYS + b"test zdtm: -----------------------]\n",
    SAYS + b"starting date and time: 2026-99-99 08:13:05+9999\n",
    b"zdtm                 FAIL non-zero exit status 1\n",
    b"a\tb\t" + STAMP + b"=== Run 1/1 ---------------- zdtm/static/a\n",
    STAMP + b"GITHUB_RUN_ATTEMPT=0\n",
    b"TAP version 13\n1..2\nok 1 - a\nnot ok 2 - b # flavor h\n  ---\n  output: |\n",
    b'<testsuite><testcase name="a"><failure/></testcase></testsuite>',
    b'{"version": {"major": 4, "minor": 0}, "tests": [{"id": "a:1", "path": "a", "status": "FAIL"}]}',
    b"PK\3\4",
    b"\0\xff\xfe\n",
    b"\n",
]
INPUTS = st.lists(
    st.one_of(
        st.sampled_from(PIECES), st.tuples(st.sampled_from(PIECES), st.integers(0, 200)).map(lambda p: p[0][p[1] :])
    ),
    max_size=6,
).map(b"".join)


def read(name: str | None, data: bytes) -> list[ParsedRun] | list[Fault]:
    path = Path("x")
    try:
        source = source_named(name) if name else find_source(path, data[:HEAD])
        return list(source.read(path, data, Limits(1 << 20)))
    except CriukbError as error:
        return list(error.faults)


def is_sound(found: ParsedRun | Fault) -> bool:
    if isinstance(found, Fault):
        return bool(found.message and found.hint)
    return all(r.test and r.invocation >= 1 and r.outcome in OUTCOMES for r in found.results)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "zdtm-report"])  # that one reads files by name
@settings(max_examples=60, deadline=None)
@given(data=INPUTS)
def test_any_bytes(name: str, data: bytes) -> None:
    """A source that is forced on any bytes gives sound results or a fault that says what to do."""
    assert all(is_sound(found) for found in read(name, data))


@settings(max_examples=100, deadline=None)
@given(data=INPUTS)
def test_finding_a_source(data: bytes) -> None:
    """Each input has a source that reads it, or a fault that names the next step."""
    assert all(is_sound(found) for found in read(None, data))
