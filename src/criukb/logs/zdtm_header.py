"""Facts about the machine that a console states before its first test. Nothing is guessed: two answers are none."""

from __future__ import annotations

import re
from datetime import datetime

_MAX_LINES = 20_000
_VERSION = re.compile(r"Version: (\d{1,3}(?:\.\d{1,3}){1,3}(?:-[\w.]+)?)\s*\Z")
_UNAME = re.compile(
    r"Linux \S{1,255} (\d{1,3}\.\d{1,3}\S{0,80}) .{0,200}?"
    r"\b(x86_64|aarch64|armv7l|ppc64le|s390x|riscv64|loongarch64|mips64)\b"
)


class Header:
    """Collects facts from lines outside the tests' records."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}
        self._lines = 0
        self._version: str | None = None
        self._asked = False

    @property
    def wanted(self) -> bool:
        """False after so many lines that what follows is no header any more."""
        return self._lines < _MAX_LINES

    def feed(self, line: str) -> None:
        """Read one line: ``uname -a``, or ``criu --version`` with its trace or its GitID line."""
        self._lines += 1
        if line.startswith("Linux "):
            self._uname(line)
        elif line.startswith("Version: "):
            found = _VERSION.match(line)
            self._version = found[1] if found else None
            if self._asked and self._version:
                self._add("criu_version", self._version)
        elif line.startswith("GitID: ") and self._version:
            self._add("criu_version", self._version)
        self._asked = line.startswith("+") and "criu" in line and line.rstrip().endswith((" --version", " -V"))

    def _uname(self, line: str) -> None:
        found = _UNAME.match(line[:600])
        if found:
            self._add("kernel", found[1])
            self._add("arch", found[2])

    def _add(self, name: str, value: str) -> None:
        self._seen.setdefault(name, set()).add(value)

    def facts(self, started: datetime | None) -> dict[str, str]:
        """Return the facts that were stated equally each time; ``started_at`` comes from absolute time stamps."""
        facts = {name: min(values) for name, values in sorted(self._seen.items()) if len(values) == 1}
        if started is not None:
            facts["started_at"] = started.isoformat()
        return facts
