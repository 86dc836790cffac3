"""From a line of a log to its call, its release and its neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogfakes import call, catalogue
from criukb.catalogue.describe import describe, fits, narrow, nearest
from criukb.catalogue.model import Catalogue
from kbfactory import diagnoser, entry

# Pairs from the logs of a real run of CRIU 4.2.1, and where the same calls stand in 4.2 and in 4.1.1.
REAL = {
    "compel/arch/x86/src/lib/infect.c": ((419,), (418,), (418,)),
    "compel/src/lib/infect.c": ((132,), (131,), (133,)),
    "criu/autofs.c": ((643, 716, 768), (643, 716, 768), (643, 716, 768)),
    "criu/cr-dump.c": ((389, 1584, 1975), (388, 1737, 2128), (371, 1720, 2111)),
    "criu/cr-restore.c": ((2331,), (2324,), (2320,)),
    "criu/eventpoll.c": ((328,), (328,), (328,)),
    "criu/mount-v2.c": ((265,), (265,), (265,)),
    "criu/util.c": ((1534,), (1534,), (1533,)),
}
PAIRS = [(file, line) for file, columns in REAL.items() for line in columns[0]]
RELEASES = ("4.2.1", "4.2", "4.1.1")


def real(column: int) -> Catalogue:
    calls = tuple(call(file, line) for file, columns in REAL.items() for line in columns[column])
    return Catalogue(RELEASES[column], RELEASES[column], calls)


def test_the_release_of_a_real_log() -> None:
    """All pairs are calls of the very release; a neighbour has half of them."""
    found = narrow(PAIRS, [real(2), real(0), real(1)])
    assert found == [("4.2.1", 12, 12), ("4.2", 6, 12), ("4.1.1", 5, 12)]


def test_newest_first_among_equals() -> None:
    """Releases that fit alike stand newest first, by number; pairs count once; no pairs fit nothing."""
    two = [catalogue("9.2"), catalogue("9.10")]
    assert narrow([("lamp.c", 12), ("lamp.c", 12), ("lamp.c", 13)], two) == [("9.10", 2, 2), ("9.2", 2, 2)]
    assert narrow([], two) == [("9.10", 0, 0), ("9.2", 0, 0)]


@pytest.mark.parametrize(
    ("file", "line", "message", "expected"),
    [
        ("criu/lamp.c", 12, "lamp: Lamp red has no oil (7 left)", "Lamp %s has no oil (%lu left)"),
        ("lamp.c", 99, "Lamp red has no oil (7 left)", "Lamp %s has no oil (%lu left)"),
        ("criu/lamp.c", 9, "lamp: Can't open /x: No such file or directory", "Can't open %s: %s"),
        ("criu/lamp.c", 17, "lamp: 3: Wick 5 is wet", "%d: Wick %d is wet"),
        ("criu/lamp.c", 12, "a message of another build", "Lamp %s has no oil (%lu left)"),
        ("criu/lamp.c", 400, "a message of another build", None),
        ("criu/other.c", 12, "Lamp red has no oil (7 left)", None),
        (None, None, "Lamp red has no oil (7 left)", None),
    ],
)
def test_describe(file: str | None, line: int | None, message: str, expected: str | None) -> None:
    """The format decides, then the place; without its file nothing is claimed."""
    found = describe(file, line, message, catalogue("9.1"))
    assert (found and found.printed) == expected


def test_the_longest_format_wins() -> None:
    """Of two formats that fit, the more exact one is meant."""
    calls = (call("a.c", 1, "%s failed"), call("a.c", 2, "open of %s failed"), call("a.c", 3, "%s"))
    found = describe("a.c", 1, "open of x failed", Catalogue("1", "1", calls))
    assert found is calls[1]


def test_a_format_without_words_fits_nothing() -> None:
    """A call that prints only a number or a text would fit every message."""
    calls = (call("a.c", 1, "%s"), call("a.c", 2, "%d"))
    assert describe("a.c", None, "anything at all", Catalogue("1", "1", calls)) is None


@pytest.mark.parametrize(
    ("fmt", "message", "expected"),
    [
        ("a %d b", "a 1 b", True),
        ("a %d b", "a 1 b c", False),
        ("%s", "", True),
        ("ab%sba", "aba", False),
        ("100%% of %s", "100% of it", True),
        ("\ttab %d", "tab 1", True),
        ("%s/%s/%s", "/".join("x" * 3), True),
    ],
)
def test_fits(fmt: str, message: str, expected: bool) -> None:
    """A message fits when the fixed texts stand in it in order, without overlap."""
    assert fits(call("a.c", 1, fmt), message) is expected


def test_nearest(tmp_path: Path) -> None:
    """Neighbours share words and most letters; noise is never one, and nonsense has none."""
    rows = [entry("lamp-dry", "Lamp %s has no oil (%d left)"), entry("wick-wet", "Wick %d is wet")]
    base = diagnoser(tmp_path, *rows, entry("lamp-noise", "Lamp %s has no oil (%d lost)", kind="noise")).base
    found = nearest("Lamp blue has no oil (17 lost)", base)
    assert [near.id for near in found] == ["lamp-dry"]
    assert 0.5 <= found[0].similarity < 1
    assert nearest("xyzzy", base) == []
    assert nearest("", base) == []
    assert len(nearest("Lamp " * 100_000, base)) <= 3
