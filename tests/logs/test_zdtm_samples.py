"""The sample consoles, counted a second time by other means: plain text counts, and the suite's own summary."""

from __future__ import annotations

import gzip
import re
from collections import Counter

import pytest

from criukb.logs.zdtm import Console, parse_console
from criukb.paths import SAMPLE_DIR

# passed, failed, skipped: counted by hand when the samples were made
KNOWN = {
    "debian-sid-criu-4.2.1-run01": (418, 268, 64),
    "debian-sid-criu-4.2.1-uid0-run11": (1050, 11, 64),
    "debian-sid-criu-4.2.1-uid0-run13": (1054, 10, 64),
    "debian-trixie-criu-4.1.1-uid0-run11": (795, 108, 65),
    "debian-trixie-criu-4.1.1-uid0-run13": (796, 108, 65),
}


@pytest.fixture(scope="module", params=sorted(KNOWN))
def sample(request: pytest.FixtureRequest) -> tuple[str, str, Console]:
    name = str(request.param)
    text = gzip.decompress((SAMPLE_DIR / f"{name}.console.log.gz").read_bytes()).decode("utf-8", "replace")
    return name, text, parse_console(text.split("\n"))


def test_counts(sample: tuple[str, str, Console]) -> None:
    """Records and skips are as many as the independent figures say."""
    name, _, console = sample
    found = Counter(r.outcome for r in console.records)
    assert (found["pass"], found["fail"], len(console.skips)) == KNOWN[name]
    assert set(found) == {"pass", "fail"}


def test_plain_text_counts(sample: tuple[str, str, Console]) -> None:
    """Counting words over the whole text gives the same numbers."""
    _, text, console = sample
    found = Counter(r.outcome for r in console.records)
    assert text.count(" PASS =") == found["pass"]
    assert len(re.findall(r" FAIL at ", text)) == found["fail"]
    assert len(re.findall(r"^=+ Run \S+ in (?:h|ns|uns) =+$", text, re.MULTILINE)) == len(console.records)
    assert len(re.findall(r"^Skipping \S+ \(", text, re.MULTILINE)) == len(console.skips)


def test_own_summary(sample: tuple[str, str, Console]) -> None:
    """The suite's own list of failures is the list of failed records, flavor by flavor."""
    _, text, console = sample
    listed = re.findall(r"^ \* (\S+)\((\w+)\)$", text, re.MULTILINE)
    assert sorted(listed) == sorted((r.test, r.flavor) for r in console.records if r.outcome == "fail")
    assert console.summary is not None
    assert (console.summary.failed, console.summary.total) == (len(listed), 481)


def test_whole_and_silent(sample: tuple[str, str, Console]) -> None:
    """The samples are whole, and their parser has nothing to warn of."""
    _, _, console = sample
    assert console.incomplete is None
    assert console.warnings == []
    assert console.orphans == 0
    assert len(console.launches) + len(console.skips) == 481


def test_every_failure_has_its_block(sample: tuple[str, str, Console]) -> None:
    """A failure keeps its lines, one by one as they stand in the console; a pass keeps none."""
    _, text, console = sample
    lines = text.split("\n")
    for r in console.records:
        assert r.block == tuple(lines[r.first_line - 1 : r.first_line - 1 + len(r.block)])
    assert all(bool(r.block) == (r.outcome == "fail") for r in console.records)
    assert all(r.dropped == 0 for r in console.records)
    assert {r.phase for r in console.records if r.outcome == "fail"} <= {"dump", "restore", "test"}
