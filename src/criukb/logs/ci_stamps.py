"""Time stamps that CI systems put before each line: found by the first lines, then taken off all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice

_PROBE = 300
_SHARE = 0.6
_DAY = 86_400
MAX_LINE = 65_536

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("github-actions", re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z(?: |\Z)(?:##\[\w+\])?")),
    ("jenkins-iso", re.compile(r"\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z\](?: |\Z)")),
    ("jenkins", re.compile(r"(\d\d):(\d\d):(\d\d)(?: {1,2}|\Z)")),
    ("autopkgtest", re.compile(r"\s{0,6}(\d{1,7})s(?: |\Z)")),
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
        self.seconds: float | None = None
        self.first: datetime | None = None
        self._days = 0

    def __iter__(self) -> Iterator[str]:
        pattern = dict(_KINDS).get(self.kind or "")
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
        if self.kind in ("github-actions", "jenkins-iso"):
            self._note_absolute(found)
        elif self.kind == "jenkins":
            now = self._days * _DAY + int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
            if self.seconds is not None and now + _DAY / 2 < self.seconds:
                self._days += 1
                now += _DAY
            self.seconds = float(now)
        elif self.kind == "autopkgtest":
            self.seconds = float(found[1])

    def _note_absolute(self, found: re.Match[str]) -> None:
        try:
            moment = datetime.fromisoformat(found[1] + "+00:00")
        except ValueError:
            return
        self.first = self.first or moment
        self.seconds = moment.timestamp() + float(found[2] or 0)


def _detect(head: list[str]) -> str | None:
    lines = [_ANSI.sub("", line[:200]).removeprefix("\ufeff") for line in head if line.strip()]
    for name, pattern in _KINDS:
        hits = sum(1 for line in lines if pattern.match(line))
        if lines and hits >= _SHARE * len(lines):
            return name
    return None
