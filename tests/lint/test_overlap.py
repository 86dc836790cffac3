"""Patterns that can never win, or win by their name only, and claims without a place to look them up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from criukb.kb.model import Pattern
from criukb.match.compiled import compile_pattern
from criukb.match.example import example
from kbfactory import entry, write_entry
from lintrun import rules, run

CALL = {"call": "pr_err", "file": "criu/x.c"}


def both(root: Path, one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    write_entry(root, entry("aaa", "", match=[CALL | one]))
    write_entry(root, entry("zzz", "", match=[CALL | other]))
    found = run(root, "KB017", "KB018").findings
    return {f"{f.rule} {f.entry}" for f in found}


def when(phase: str) -> dict[str, Any]:
    return {"when": {"phase": [phase]}}


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ({"format": "broke %d"}, {"format": "bent %d"}, set()),
        ({"format": "broke %s"}, {"format": "broke the big %s"}, set()),
        ({"format": "broke %s"}, {"format": "broke something %s"}, set()),
        ({"format": "broke %d"}, {"format": "broke %s"}, {"KB018 aaa"}),
        ({"format": "broke %s"}, {"format": "broke %d"}, {"KB017 zzz"}),
        ({"format": "broke %d", "where": {"broke": "3"}}, {"format": "broke %s"}, set()),
        ({"format": "broke %d"} | when("dump"), {"format": "broke %d"} | when("restore"), set()),
    ],
)
def test_which_pattern_wins(tmp_path: Path, one: dict[str, Any], other: dict[str, Any], found: set[str]) -> None:
    """A pattern that another always beats is shadowed; equal ones are told apart by conditions only."""
    assert both(tmp_path, one, other) == found


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({"format": "a %d of %#x in %s"}, "a 7 of 0x7 in something"),
        ({"format": "100%% of %s", "where": {"of": {"prefix": "/dev/"}}}, "100% of /dev/something"),
        ({"format": "n %d", "where": {"n": {"min": "40"}}}, "n 40"),
        ({"call": "pr_perror", "format": "bind", "where": {"errno": "ENOENT"}}, "bind: No such file or directory"),
        ({"format": "a %s", "where": {"a": {"regex": "^x+$"}}}, None),
    ],
)
def test_a_line_made_from_a_pattern(pattern: dict[str, Any], message: str | None) -> None:
    """Conversions and conditions are filled in; a condition that needs a search gives no line."""
    made = example(compile_pattern(Pattern.model_validate(CALL | pattern)))
    assert (made.message if made else None) == message


def reference(kind: str, label: str, url: str) -> dict[str, Any]:
    return {"id": "ref", "kind": kind, "label": label, "url": url, "supports": {"en": "x", "zh": "文"}}


@pytest.mark.parametrize(
    "fields",
    [
        {"references": [reference("man", "criu(8)", "https://x.org/m")]},
        {"fixes": [{"side": "criu", "subject": "a change"}]},
        {"references": [reference("issue", "criu#12", "https://github.com/c/criu/issues/13")]},
    ],
)
def test_claims_can_be_looked_up(tmp_path: Path, fields: dict[str, Any]) -> None:
    """Confirmed by a manual alone, a fix without a place, and a label of another issue are found."""
    write_entry(tmp_path, entry("root", "broke %d", **fields))
    assert rules(run(tmp_path, "KB016")) == {"KB016"}
