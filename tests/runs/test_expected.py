"""Which flavors should have run: CRIU's descriptions, the options of the invocation, and what was seen."""

from __future__ import annotations

import gzip
from collections import defaultdict

import pytest

from criukb.logs.zdtm import Invocation, parse_console
from criukb.logs.zdtm_lines import Options
from criukb.paths import SAMPLE_DIR
from criukb.runs.expected import expected_flavors, flavor_table, missing_results
from runfakes import console, passing

ALL = frozenset({"h", "ns", "uns"})
NOT_RUN = {
    "debian-sid-criu-4.2.1-run01": 389,
    "debian-sid-criu-4.2.1-uid0-run11": 14,
    "debian-sid-criu-4.2.1-uid0-run13": 11,
    "debian-trixie-criu-4.1.1-uid0-run11": 171,
    "debian-trixie-criu-4.1.1-uid0-run13": 170,
}


def test_table_is_small_and_sound() -> None:
    """The table holds real flavors only, and no test that is free to run in all of them."""
    table = flavor_table()
    assert 100 < len(table) < 300
    assert all(set(flavors) < ALL and flavors for flavors in table.values())
    assert table["zdtm/static/scm06"] == ("ns", "uns")


@pytest.mark.parametrize("name", sorted(NOT_RUN))
def test_samples_agree_with_the_table(name: str) -> None:
    """Every test that passed completely in a sample ran in exactly the expected flavors; not-run follows from it."""
    text = gzip.decompress((SAMPLE_DIR / f"{name}.console.log.gz").read_bytes()).decode("utf-8", "replace")
    parsed = parse_console(text.split("\n"))
    seen: dict[str, set[str]] = defaultdict(set)
    for record in parsed.records:
        seen[record.test].add(record.flavor)
    failed = {r.test for r in parsed.records if r.outcome != "pass"}
    described = {test: set(flavor_table().get(test, ALL)) for test in seen}
    differ = {test for test in seen.keys() - failed if seen[test] != described[test]}
    assert differ == {"zdtm/static/scm06"}  # ran with h added to its description in these runs
    missing = missing_results(parsed)
    assert len(missing) == NOT_RUN[name]
    assert {m.outcome for m in missing} == {"not-run"}
    assert len(parsed.records) + len(parsed.skips) + len(missing) == 1139


def make(options: Options | None, flavors: frozenset[str] = ALL, *, userns: bool = True) -> Invocation:
    return Invocation(1, 1, options, userns=userns, flavors=set(flavors))


@pytest.mark.parametrize(
    ("options", "test", "want"),
    [
        (Options(""), "zdtm/static/x", "h ns uns"),
        (Options("", flavors=("ns",)), "zdtm/static/x", "ns"),
        (Options("", flavors=("h",)), "zdtm/static/scm06", ""),
        (Options("", host_only=True), "zdtm/static/x", "h"),
        (Options("", empty_ns=True), "zdtm/static/x", "ns uns"),
        (Options("", flavors=("best",)), "zdtm/static/x", "uns"),
        (Options("", flavors=("best",)), "zdtm/static/scm06", "uns"),
        (None, "zdtm/static/scm06", "ns uns"),
    ],
)
def test_options(options: Options | None, test: str, want: str) -> None:
    """The options narrow the flavors as zdtm.py v4.2 does."""
    assert expected_flavors(make(options), test) == frozenset(want.split())


def test_without_user_namespaces() -> None:
    """Without user namespaces uns is not expected."""
    assert expected_flavors(make(Options(""), userns=False), "zdtm/static/x") == {"h", "ns"}


def test_only_flavors_of_the_invocation() -> None:
    """Without options only the flavors seen anywhere in the invocation are expected."""
    assert expected_flavors(make(None, frozenset({"h"})), "zdtm/static/x") == {"h"}


def test_forbidden_flavor_that_ran() -> None:
    """A flavor that the table forbids and a record shows is expected of that test."""
    assert expected_flavors(make(None), "zdtm/static/scm06", frozenset({"h"})) == ALL


def test_rest_of_a_failed_test() -> None:
    """The flavors after a failing one are not-run."""
    text = console([*passing("a"), ("zdtm/static/b", [("ns", "CRIU dump", "")])])
    found = [(m.test, m.flavor, m.outcome) for m in missing_results(parse_console(text.split("\n")))]
    assert found == [("zdtm/static/b", "h", "not-run"), ("zdtm/static/b", "uns", "not-run")]


def test_launched_without_output() -> None:
    """A launched test without any output is not-run; when the summary names it as failed, it is aborted."""
    text = console([("zdtm/static/c", []), ("zdtm/static/d", []), *passing("a")])
    lines = text.replace("ALL TEST(S) PASSED", "1 TEST(S) FAILED").rstrip("\n").split("\n")
    parsed = parse_console([*lines, " * zdtm/static/d(unknown)"])
    found = [(m.test, m.flavor, m.outcome) for m in missing_results(parsed)]
    rest = [("zdtm/static/d", f, "not-run") for f in ("h", "ns", "uns")]
    assert found[:3] == [("zdtm/static/c", f, "not-run") for f in ("h", "ns", "uns")]
    assert found[3:] == [("zdtm/static/d", None, "aborted"), *rest]
