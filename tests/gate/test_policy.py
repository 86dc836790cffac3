"""Policies: what their rules select, and that each fault is told with its line and column."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.gate.policy import DEFAULT, Policy, read_policy
from criukb.paths import KB_DIR


@dataclass(frozen=True)
class Entry:
    """An entry as the gate sees it."""

    id: str = "a-race"
    area: str = "files"
    evidence: str = "confirmed"
    flake_class: str | None = "race"


def names(name: str) -> str | None:
    """Know one entry, and an alias of it."""
    return {"a-race": "a-race", "old-name": "a-race"}.get(name)


def read(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "gate.yaml"
    path.write_text(text, encoding="utf-8")
    return read_policy(path, names)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("entries: [a-race]", True),
        ("entries: [old-name]", True),
        ("flake_class: [timeout, race]", True),
        ("flake_class: [timeout]", False),
        ("area: [files]", True),
        ("area: [net]", False),
        ("tests: ['zdtm/static/sk-*']", True),
        ("tests: ['zdtm/static/sk']", False),
        ("tests: ['ZDTM/*']", False),
        ("area: [files], flavors: [ns]", True),
        ("area: [files], flavors: [h, uns]", False),
        ("area: [net], tests: ['*']", False),
    ],
)
def test_selection(tmp_path: Path, rule: str, *, fits: bool) -> None:
    """Every field that is given must fit; aliases name their entry."""
    policy = read(tmp_path, f"allow: [{{reason: why, {rule}}}]")

    assert policy.allow[0].selects(Entry(), "zdtm/static/sk-unix", "ns", unknown=False) is fits


def test_unknown_flavor_fits_as_asked(tmp_path: Path) -> None:
    """Where the flavor is not known, the answer is the careful one that the caller names."""
    rule = read(tmp_path, "deny: [{reason: why, area: [files], flavors: [ns]}]").deny[0]

    assert rule.selects(Entry(), "t", None, unknown=True)
    assert not rule.selects(Entry(), "t", None, unknown=False)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("allow:\n  - reason: x\n    entries: [b-race]\n", "gate.yaml:3:15: no entry 'b-race'"),
        ("allow:\n  - reason: x\n", "gate.yaml:2:5: allow.0: a rule says what it is about"),
        ("allow:\n  - area: [files]\n", "gate.yaml:2:5: allow.0.reason: Field required"),
        ("allow:\n  - reason: x\n    area: [files]\n    until: 2026-13-01\n", "gate.yaml:4:5: allow.0.until"),
        ("allow:\n  - reason: x\n    area: [files]\n    confidence: 2\n", "gate.yaml:4:5: allow.0.confidence"),
        ("allow:\n  - reason: x\n    area: [files]\n    max: -1\n", "gate.yaml:4:5: allow.0.max"),
        ("allow:\n  - reason: x\n    flake_class: [flaky]\n", "gate.yaml:3:19: allow.0.flake_class.0"),
        ("deny:\n  - reason: x\n    area: [a]\n    max: 1\n", "gate.yaml:4:5: unknown field 'deny.0.max'"),
        ("retry: 3\n", "gate.yaml:1:1: unknown field 'retry'"),
        ("- allow\n", "gate.yaml:1:1: not a policy"),
        ("allow: [\n", "not valid YAML"),
        ("max_allowed: many\n", "gate.yaml:1:1: max_allowed"),
    ],
)
def test_faults_have_a_place(tmp_path: Path, text: str, fault: str) -> None:
    """Each fault names file, line and column, and what is wrong there."""
    with pytest.raises(CriukbError) as caught:
        read(tmp_path, text)
    assert fault in str(caught.value)


def test_no_such_policy(tmp_path: Path) -> None:
    """A policy that is not there is an error, not an empty policy."""
    with pytest.raises(CriukbError, match="no such file"):
        read_policy(tmp_path / "none.yaml", names)


def test_default_policy() -> None:
    """The policy of the knowledge base allows causes that depend on time, with a reason in both languages."""
    policy = read_policy(DEFAULT, names)

    assert DEFAULT.is_relative_to(KB_DIR)
    assert [rule.flake_class for rule in policy.allow] == [["race", "async-resource", "timeout"]]
    assert policy.allow[0].evidence == "likely"
    assert policy.allow[0].says("en") != policy.allow[0].says("zh")
