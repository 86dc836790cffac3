"""Time stamps that CI systems put before each line: found by the first lines, then taken off all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice

_PROBE = 300
_SHARE = 0.6
_DAY = 86_400
MAX_LINE = 65_536

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ISO = r"(?P<moment>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?P<fraction>[.,]\d{1,9})?"
_ZONE = r"(?P<zone>Z|[+-]\d\d:?\d\d)"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
# With a zone a stamp is a time; a date without one, or a time of the day, only tells what passed between two lines.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("gitlab", re.compile(rf"{_ISO}(?P<zone>Z) \d\d[OE](?:[+ ]|\Z)")),
    ("github-actions", re.compile(rf"{_ISO}(?P<zone>Z)(?: |\Z)(?:##\[\w+\])?")),
    ("jenkins-iso", re.compile(rf"\[{_ISO}(?P<zone>Z)\](?: |\Z)")),
    ("iso", re.compile(rf"\[?{_ISO} ?{_ZONE}\]?:?(?: ?\| ?| |\Z)")),
    ("iso-local", re.compile(rf"\[?{_ISO}\]?:?(?: ?\| ?| |\Z)")),
    (
        "syslog",
        re.compile(
            rf"[A-Z][a-z]{{2}} [ \d]\d {_CLOCK} [\w.-]{{1,255}} [^\s:\[\]]{{1,100}}(?:\[\d{{1,10}}\])?:(?: |\Z)"
        ),
    ),
    ("jenkins", re.compile(rf"\[?{_CLOCK}(?:[.,]\d{{1,6}})?\]?(?: {{1,2}}|\Z)")),
    ("autopkgtest", re.compile(r"\s{0,6}(?P<passed>\d{1,7})s(?: |\Z)")),
    ("tap", re.compile(r"#(?: |\Z)")),
)


class Stamped:
    """Iterates over lines without their CI prefix, line ends, colours and byte order mark.

    ``seconds`` is the time of the line given last, ``first`` the first absolute time; None when lines have none.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        source = iter(lines)
        head = list(islice(source, _PROBE))
        self._lines = chain(head, source)
        self.kind = _detect(head)
        self._pattern = dict(_KINDS).get(self.kind or "")
        groups = self._pattern.groupindex if self._pattern else {}
        self._has_moment, self._has_clock = "moment" in groups, "hour" in groups
        self.seconds: float | None = None
        self.first: datetime | None = None
        self._days = 0

    def __iter__(self) -> Iterator[str]:
        pattern = self._pattern
        for number, raw in enumerate(self._lines):
            line = raw.rstrip("\r\n")
            if len(line) > MAX_LINE:
                line = line[:MAX_LINE]
            if number == 0:
                line = line.removeprefix("\ufeff")
            if pattern is not None:
                line = self._take_off(pattern, line)
            yield _ANSI.sub("", line) if "\x1b" in line else line

    def _take_off(self, pattern: re.Pattern[str], line: str) -> str:
        found = pattern.match(line)
        if not found:
            return line
        self._note(found)
        return line[found.end() :]

    def _note(self, found: re.Match[str]) -> None:
        if self._has_moment:
            self._note_moment(found.groupdict())
        elif self._has_clock:
            self._note_clock(int(found["hour"]) * 3600 + int(found["minute"]) * 60 + int(found["second"]))
        elif self.kind == "autopkgtest":
            self.seconds = float(found["passed"])

    def _note_clock(self, second_of_day: int) -> None:
        now = self._days * _DAY + second_of_day
        if self.seconds is not None and now + _DAY / 2 < self.seconds:
            self._days += 1
            now += _DAY
        self.seconds = float(now)

    def _note_moment(self, parts: dict[str, str | None]) -> None:
        zone = parts.get("zone")
        moment = _moment(f"{parts['moment']}{zone or '+00:00'}")
        if moment is None:
            return
        self.seconds = moment.timestamp() + float((parts["fraction"] or "0").replace(",", "."))
        if zone:
            self.first = self.first or moment


@lru_cache(maxsize=64)
def _moment(text: str) -> datetime | None:
    """Return a time that really is one; many lines have the same second."""
    try:
        moment = datetime.fromisoformat(text)
        moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return moment


def _detect(head: list[str]) -> str | None:
    lines = [_ANSI.sub("", line[:200]).removeprefix("\ufeff") for line in head if line.strip()]
    for name, pattern in _KINDS:
        hits = sum(1 for line in lines if pattern.match(line))
        if lines and hits >= _SHARE * len(lines):
            return name
    return None
