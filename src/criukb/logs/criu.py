"""The grammar of CRIU's own log lines, in every form since 1.x and in every wrapper.

A record with a level (``Error (file.c:12): text``) is found anywhere in its line, so the wrapper before it does not
matter; lines without a level keep what stands behind the known wrappers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from criukb.logs.lazy import lazy
from criukb.logs.unwrap import unwrap

MAX_LINE = 16 * 1024
# A runtime may put a whole log on one line with literal \\n; beyond this even that is cut.
MAX_RAW = 1024 * 1024

_RECORD = re.compile(
    r"(?:\((?P<time>\d{1,7}\.\d{1,9})\)[ \t]*)?"
    r"(?:(?P<pid>\d{1,10}):[ \t]*)?"
    r"(?:pie:[ \t]*(?:(?P<pie>\d{1,10}):[ \t]*)?)?"
    r"(?P<level>Error|Warn)[ ]{0,3}\((?P<file>[^\s():]{1,300}\.[chSs](?:pp)?):(?P<source>\d{1,6})\):[ ]?"
)
_PLAIN = re.compile(
    r"^\s*(?:\((?P<time>\d{1,7}\.\d{1,9})\)[ \t]*(?:(?P<pid>\d{1,10}):[ \t]*)?|(?=pie: \d))"
    r"(?:pie:[ \t]*(?:(?P<pie>\d{1,10}):[ \t]*)?)?"
)
_PIE = lazy(r"pie:[ \t]*(\d{0,10})")
# What makes a line matter, whatever the knowledge base: its level, or long lines within it.
LEVEL_TEXTS = ("Error", "Warn", "\\n(")
# What a log says about itself.
HEAD_TEXTS = (
    "Version: ",
    "Running on ",
    "Dumping processes (pid:",
    "Restoring processes from",
    "Forking task with",
)
TEST_TEXTS = ("ERR: ", "FAIL: ")
# A line that a zdtm test program printed about its own failure.
_TEST_LINE = lazy(
    r"^(?:\d\d:\d\d:\d\d\.\d{3}:\s*)?(?:\d+: )?(?:ERR|FAIL): (?P<file>[\w.+-]{1,100}\.c):(?P<source>\d{1,6}): "
)


class Event(NamedTuple):
    """One record of a log; ``line`` counts from 1.

    ``level`` is error, warn or info for CRIU's lines, test for an ERR or FAIL line of a zdtm test program, and tool
    for any other line without CRIU's prefix. ``message`` of test and tool lines is the whole line.
    """

    line: int
    level: str
    message: str
    file: str | None = None
    source_line: int | None = None
    time: float | None = None
    pid: int | None = None
    pie: bool = False


class Parsed(NamedTuple):
    """All events of a log in order, and the names of the wrappers that were removed."""

    events: tuple[Event, ...]
    unwrapped: tuple[str, ...]


def parse_lines(lines: Sequence[str], wanted: Sequence[str] = ()) -> Parsed:
    """Parse a whole log's lines; see parse_numbered."""
    return parse_numbered(enumerate(lines, start=1), wanted)


def parse_numbered(lines: Iterable[tuple[int, str]], wanted: Sequence[str] = ()) -> Parsed:
    """Parse lines that come with their numbers; over-long lines are cut.

    With ``wanted``, a line that CRIU printed without a level gives an event only if it contains one of these texts
    or says something about the log itself: most of a -v4 log is such lines.
    """
    wrappers: dict[str, None] = {}
    events: list[Event] = []
    skip = _skipper(wanted) if wanted else None
    broken: set[str] = set()  # tasks whose pie line ends with > and goes on in a later line
    for number, text in lines:
        raw = text.rstrip("\r\n")
        if skip is not None and skip(raw) and not (broken and "pie:" in raw):
            continue
        if broken or raw.endswith(">"):
            _note_broken(raw, broken)
        for inner in unwrap(raw[:MAX_RAW], wrappers):
            events.extend(_records(number, inner[:MAX_LINE]))
    return Parsed(tuple(_join_pie(events)), tuple(wrappers))


def _note_broken(raw: str, broken: set[str]) -> None:
    found = _PIE.search(raw)
    if found and raw.endswith(">"):
        broken.add(found[1])
    elif found:
        broken.discard(found[1])


def _skipper(wanted: Sequence[str]) -> Callable[[str], bool]:
    """Return a cheap test for lines that start with CRIU's time and hold nothing of interest."""
    texts = tuple(dict.fromkeys([*LEVEL_TEXTS, *HEAD_TEXTS, *wanted]))
    start = re.compile(r"\(\d+\.\d+\)|pie: \d+: ").match

    def skip(raw: str) -> bool:
        return start(raw) is not None and not raw.endswith(">") and not any(text in raw for text in texts)

    return skip


def _records(number: int, text: str) -> Iterator[Event]:
    starts = list(_RECORD.finditer(text)) if ("Error" in text or "Warn" in text) else []
    if not starts:
        yield _plain(number, text)
        return
    head = text[: starts[0].start()]
    if _PLAIN.match(head) and head.strip():
        yield _plain(number, head)
    ends = [*(found.start() for found in starts[1:]), len(text)]
    for found, end in zip(starts, ends, strict=True):
        yield _leveled(number, found, text[found.end() : end])


def _leveled(number: int, found: re.Match[str], message: str) -> Event:
    time, pid, pie, level, file, source = found.groups()
    return Event(
        line=number,
        level="error" if level == "Error" else "warn",
        message=message.strip(),
        file=file,
        source_line=int(source),
        time=float(time) if time else None,
        pid=int(pie or pid) if pie or pid else None,
        pie="pie:" in found[0],
    )


def _plain(number: int, text: str) -> Event:
    found = _PLAIN.match(text)
    if not found:
        return _unprefixed(number, text.strip())
    time, pid, pie = found.groups()
    return Event(
        line=number,
        level="info",
        message=text[found.end() :].strip(),
        time=float(time) if time else None,
        pid=int(pie or pid) if pie or pid else None,
        pie="pie:" in found[0],
    )


def _unprefixed(number: int, text: str) -> Event:
    found = _TEST_LINE.match(text)
    if found:
        return Event(number, "test", text, file=found["file"], source_line=int(found["source"]))
    return Event(number, "tool", text)


def _join_pie(events: Iterable[Event]) -> Iterator[Event]:
    """Join pie lines that CRIU up to 3.8 broke with a trailing ``>`` and continued in the same pid's next line."""
    kept: list[Event] = []
    held: dict[int | None, int] = {}  # where the beginning of each task's broken line stands
    for event in events:
        if not event.pie:
            kept.append(event)
            continue
        index = held.pop(event.pid, len(kept))
        joined = event
        if index < len(kept):
            joined = kept[index]._replace(message=kept[index].message.removesuffix(">") + event.message)
        kept[index : index + 1] = [joined]
        if joined.message.endswith(">") and len(joined.message) < MAX_LINE:
            held[event.pid] = index
    return iter(kept)


def header_facts(events: Iterable[Event]) -> dict[str, str]:
    """Return what the log's first lines say of themselves: ``criu`` and ``kernel`` release, where present."""
    facts: dict[str, str] = {}
    for event in events:
        if event.level != "info":
            continue
        found = re.match(r"Version: v?(\d[\w.]*)", event.message)
        if found:
            facts.setdefault("criu", found[1])
        found = re.match(r"Running on \S+ Linux (\d[\w.]*)", event.message)
        if found:
            facts.setdefault("kernel", found[1])
        if len(facts) == 2:  # noqa: PLR2004 - both are known
            break
    return facts
