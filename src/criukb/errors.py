"""Errors that a user can act on: what is wrong, where, and the next step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """A position in a file; ``line`` and ``column`` count from 1, 0 means the whole file."""

    path: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return str(self.path)
        return f"{self.path}:{self.line}:{self.column or 1}"


class Fault(NamedTuple):
    """One thing that is wrong, with its place and what to do next."""

    place: Place
    message: str
    hint: str = ""

    def __str__(self) -> str:
        tail = f"\n  next: {self.hint}" if self.hint else ""
        return f"{self.place}: {self.message}{tail}"


def visible(text: str) -> str:
    """Return ``text`` fit for a terminal: what is no character to print, but the line ends, becomes ``?``."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


class CriukbError(Exception):
    """Bad input or usage: the command line shows every fault and ends with status 2."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @classmethod
    def at(cls, path: Path, message: str, hint: str = "", line: int = 0, column: int = 0) -> CriukbError:
        """Make an error with one fault."""
        return cls([Fault(Place(path, line, column), message, hint)])
