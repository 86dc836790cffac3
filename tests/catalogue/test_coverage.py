"""The knowledge base held against source trees."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalogfakes import FILES, LAMP_C, call, catalogue
from criukb.catalogue.coverage import THROUGH_MACROS, Share, coverage
from criukb.catalogue.drift import drift
from criukb.catalogue.model import Catalogue
from criukb.catalogue.verify import Verdict, claims, span, verify
from criukb.kb.base import load_kb
from criukb.match.compiled import CompiledBase
from kbfactory import entry, write_entry

OIL = {"call": "pr_err", "file": "criu/lamp.c", "format": 'Lamp %s has no oil (%"PRIu64" left)'}
DARK = {"call": "pr_perror", "file": "criu/lamp.c", "format": "Too dark"}
TAB = {"call": "pr_warn", "file": "lamp.c", "format": 'Tab here "quoted" A'}
TREES = [Catalogue(release, release, catalogue("x").calls) for release in ("1.9", "1.10", "2.0")]
EMPTY = Catalogue("2.1", "2.1", ())


def verdicts(root: Path, *patterns: dict[str, Any], trees: list[Catalogue] | None = None) -> list[Verdict]:
    write_entry(root, entry("lamp", "unused", match=list(patterns)))
    return [verify(claim, trees or TREES) for claim in claims(load_kb(base=root))]


def test_where_formats_are_found(tmp_path: Path) -> None:
    """A format is found by its text, its call, its file's last components, and one of its lines with the prefix."""
    prefixed = OIL | {"format": "lamp: Lamp %s has no oil (%lu left)"}
    varies = {"call": "pr_warn", "file": "criu/lamp.c", "format": "Smoke from %s"}
    for verdict in verdicts(tmp_path, OIL, DARK, TAB, prefixed, varies):
        assert (verdict.found, verdict.faults, verdict.notes) == (("1.9", "1.10", "2.0"), (), ())


@pytest.mark.parametrize(
    "change",
    [{"call": "pr_warn"}, {"call": "pr_perror"}, {"file": "criu/lantern.c"}, {"format": "Lamp %s has no oil"}],
)
def test_where_they_are_not(tmp_path: Path, change: dict[str, str]) -> None:
    """Another level, an errno that the call does not add, another file or text: found nowhere."""
    (verdict,) = verdicts(tmp_path, OIL | change)
    assert verdict.nowhere
    assert verdict.faults == ("found in none of the given sources",)


def test_other_conversions_are_alike(tmp_path: Path) -> None:
    """A conversion of another length prints the same, and is told apart only in the table."""
    (verdict,) = verdicts(tmp_path, OIL | {"format": "Lamp %s has no oil (%u left)", "since": "1.9"})
    assert (verdict.found, verdict.alike, verdict.faults) == ((), ("1.9", "1.10", "2.0"), ())


@pytest.mark.parametrize(
    ("bounds", "faults", "notes"),
    [
        ({"since": "v1.9", "until": "v2.0"}, (), ()),
        ({"since": "1.10"}, ("claimed for, but not in 2.1",), ("since is 1.10, but it is already in 1.9",)),
        ({"until": "1.10"}, (), ("until is 1.10, but it is still in 2.0",)),
        ({"since": "1.0", "until": "2.1"}, ("claimed for, but not in 2.1",), ()),
        ({}, (), ()),
    ],
)
def test_bounds(tmp_path: Path, bounds: dict[str, str], faults: tuple[str, ...], notes: tuple[str, ...]) -> None:
    """What a bound claims and a tree lacks is a fault; what lies beyond it is a note; releases go by number."""
    (verdict,) = verdicts(tmp_path, OIL | bounds, trees=[*TREES, EMPTY])
    assert (verdict.faults, verdict.notes) == (faults, notes)


def test_conditions_are_claims_too(tmp_path: Path) -> None:
    """The patterns of conditions are checked, with their own place."""
    (first, second) = verdicts(tmp_path, OIL | {"before": [DARK | {"format": "Too light"}]})
    assert (first.faults, second.claim.role, second.nowhere) == ((), "before", True)
    assert second.claim.place.line not in {0, first.claim.place.line}


@pytest.mark.parametrize(
    ("found", "expected"),
    [((), "-"), (("1",), "1"), (("1", "2"), "1-2"), (("1", "3", "4"), "1, 3-4")],
)
def test_span(found: tuple[str, ...], expected: str) -> None:
    """Releases in a row are one range."""
    assert span(found, ["1", "2", "3", "4"]) == expected


def test_coverage(tmp_path: Path) -> None:
    """Numerators and denominators by area; a macro's message counts once; seen comes from the excerpts."""
    gone = OIL | {"format": "Lamp %s is lost", "since": "1.0", "until": "9.0"}
    past = OIL | {"format": "Lamp %s is old", "since": "1.0", "until": "1.9"}
    write_entry(tmp_path, entry("lamp", "unused", match=[OIL, TAB, gone, past]))
    base = CompiledBase((), (("criu/lamp.c", "lamps"),))
    files = FILES | {"criu/other.c": 'void f(void)\n{\n\txopen("a");\n\txopen("b");\n}\n'}
    log = "(00.1) Error (criu/lamp.c:12): lamp: Lamp a has no oil (1 left)\n"
    log += "(00.2) Error (criu/lamp.c:23): lamp: Too dark: x"
    found = coverage(load_kb(base=tmp_path), base, catalogue("2.0", files), [log, log])
    rows = {row.area: row for row in found.areas}
    assert rows["lamps"].errors == Share(known=1, total=4, seen=2, seen_known=1)
    assert rows["lamps"].warnings == Share(known=1, total=2, seen=0, seen_known=0)
    assert rows[THROUGH_MACROS].errors == Share(known=0, total=1, seen=0, seen_known=0)
    assert found.overall.errors == Share(known=1, total=5, seen=2, seen_known=1)
    assert [claim.pattern.format for claim in found.gone] == ["Lamp %s is lost"]


def test_drift() -> None:
    """A call that only moved down is no change; others are added, removed, reworded, moved or of another level."""
    new = (
        LAMP_C.replace("no oil", "no more oil")
        .replace('pr_warn("Tab', 'pr_err("Tab')
        .replace("int quench", "\n\nint snuff")
    )
    new += 'void fresh(void)\n{\n\tpr_err("All is new");\n}\n'
    changes = drift(
        catalogue("1"), catalogue("2", FILES | {"criu/lamp.c": new.replace('"Ashes\\n"', '"Quite another\\n"')})
    )
    assert Counter(change.kind for change in changes) == {
        "added": 2, "level": 1, "moved": 2, "removed": 1, "reworded": 1,
    }  # fmt: skip
    (reworded,) = (change for change in changes if change.kind == "reworded")
    assert reworded.old is not None
    assert reworded.new is not None
    assert (reworded.old.function, reworded.new.format) == ("light", "Lamp %s has no more oil (%lu left)")


def test_no_drift() -> None:
    """A tree does not differ from itself, nor from itself with every line moved."""
    later = FILES | {"criu/lamp.c": "\n\n\n" + LAMP_C}
    assert drift(catalogue("1"), catalogue("1")) == []
    assert drift(catalogue("1"), catalogue("2", later)) == []


def test_many_rewordings_are_bounded() -> None:
    """Thousands of different calls in one function are compared up to a limit."""
    old = Catalogue("1", "1", tuple(call("a.c", n, f"old {n:x} {n * 7919:b}") for n in range(1, 3000)))
    new = Catalogue("2", "2", tuple(call("a.c", n, f"new {n:o} {n * 104729:x}") for n in range(1, 3000)))
    assert len(drift(old, new)) >= 2999
