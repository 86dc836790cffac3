"""Which lines of a log belong to the failing step."""

from __future__ import annotations

from collections.abc import Sequence

from criukb.logs.criu import Event
from criukb.logs.lazy import lazy

_RUN = lazy(r"Run criu (?P<action>[a-z-]+)\b")
_FAIL = lazy(r"#* ?Test \S+ FAIL at CRIU (?P<action>[a-z-]+)\b")
_CONSOLE = lazy(r"=+ (?:Run \S+ in (?:h|ns|uns) =|Run \d+/\d+ )|=+ ?Test \S+ PASS")
_TEST_FAIL = lazy(r"#* ?Test \S+ FAIL at ")
_DUMP = ("Dumping processes (pid:", "Dumping FAILED.")
_RESTORE = ("Restoring FAILED.", "Restoring processes from", "Forking task with")


def failing_part(events: Sequence[Event]) -> tuple[Sequence[Event], str | None]:
    """Return the events of the failing CRIU step of a zdtm block, and its phase; a plain log is returned whole.

    A block quotes the log of every step; when the last one failed, what the earlier ones printed is no reason.
    """
    action = next((m["action"] for e in events if e.level == "tool" and (m := _FAIL.match(e.message))), None)
    if action is None:
        return events, None
    starts = [i for i, e in enumerate(events) if e.level == "tool" and _is_run(e.message, action)]
    return (events[starts[-1] :] if starts else events), action


def test_failed(events: Sequence[Event]) -> bool:
    """Whether a zdtm verdict in the text says that the test failed."""
    return any(event.level == "tool" and _TEST_FAIL.match(event.message) for event in events)


def _is_run(message: str, action: str) -> bool:
    found = _RUN.match(message)
    return found is not None and found["action"] == action


def log_kind(events: Sequence[Event]) -> str:
    """Name the kind of log: zdtm-console, dump, restore, check, criu (no telling which) or other."""
    leveled = False
    for event in events:
        if event.level == "tool" and any(p.match(event.message) for p in (_RUN, _TEST_FAIL, _CONSOLE)):
            return "zdtm-console"
        leveled = leveled or event.level != "tool"
    if not leveled:
        return "other"
    return phase_of(events) or "criu"


def phase_of(events: Sequence[Event]) -> str | None:
    """Guess the phase from what only that phase prints; None when nothing tells."""
    for event in events:
        if event.message.startswith(_DUMP) or (event.file or "").endswith("cr-dump.c"):
            return "dump"
        if event.message.startswith(_RESTORE) or (event.file or "").endswith("cr-restore.c"):
            return "restore"
        if (event.file or "").endswith("cr-check.c"):
            return "check"
    return None
