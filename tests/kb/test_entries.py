"""Each entry proves itself: it is named on its match logs, and is silent on its near misses."""

from __future__ import annotations

import pytest

from criukb.logs.reader import read_text
from criukb.match.diagnose import Diagnoser
from criukb.paths import KB_DIR
from kblogs import diagnoser_of_the_base, is_named, kind_of

ENTRIES = {path.parent.name: path.parent for path in sorted((KB_DIR / "entries").glob("*/*/entry.yaml"))}


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    """The whole built-in base, so that entries compete as they do for a user."""
    return diagnoser_of_the_base()


@pytest.mark.parametrize("entry_id", ENTRIES)
def test_logs(entry_id: str, diagnoser: Diagnoser) -> None:
    """A cause is named first on match-*.log, a consequence or noise is seen; on nomatch-*.log neither is."""
    logs = sorted((ENTRIES[entry_id] / "logs").glob("*.log"))
    kind = kind_of(diagnoser, entry_id)
    said = {path.name: is_named(diagnoser.diagnose(read_text(path).splitlines()), entry_id, kind) for path in logs}
    assert said == {path.name: path.name.startswith("match-") for path in logs}


@pytest.mark.parametrize("entry_id", ENTRIES)
def test_has_logs(entry_id: str) -> None:
    """No entry goes unproved: there is at least one log that it must match."""
    assert list((ENTRIES[entry_id] / "logs").glob("match-*.log"))
