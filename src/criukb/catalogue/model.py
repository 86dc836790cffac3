"""What a catalogue holds: the print calls of one CRIU source tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from criukb.catalogue.literals import canonical, shape
from criukb.match.pattern import same_file

LOUD = ("error", "warn")


@dataclass(frozen=True, slots=True)
class Call:
    """One print call.

    ``call`` is CRIU's print macro (``pr_perror``), ``macro`` the other macro that led to it, if any.
    ``format`` has no newline at its end and no ``prefix`` (the file's LOG_PREFIX); ``errno`` says that the macro adds
    ``": %s"`` with the errno's text. ``raw`` is the format as it stands in the source, where ``format`` has the texts
    that the call itself gives for ``%s``. ``line`` and ``last_line`` count from 1: a log may show either of them.
    """

    call: str
    level: str
    format: str
    file: str
    function: str | None
    line: int
    last_line: int
    macro: str | None = None
    prefix: str = ""
    errno: bool = False
    raw: str | None = None

    @property
    def printed(self) -> str:
        """The format with what the macro adds to it."""
        return f"{self.format}: %s" if self.errno else self.format

    def texts(self) -> list[str]:
        """Return what a pattern may quote: all of it, each line of several, as it stands, and with its prefix."""
        lines = [line for line in self.printed.split("\n") if line.strip()] if "\n" in self.printed else []
        lines += [f"{self.raw}: %s" if self.errno else self.raw] if self.raw else []
        plain = [self.printed, *lines]
        return plain + [self.prefix + text for text in plain[:2]] if self.prefix else plain


@dataclass(frozen=True)
class Catalogue:
    """All calls of one tree, sorted by file and line. ``digest`` names the input that they were read from."""

    release: str
    digest: str
    calls: tuple[Call, ...]

    @cached_property
    def by_name(self) -> dict[str, tuple[Call, ...]]:
        """Calls by their file's last component."""
        return _grouped((call.file.rsplit("/", 1)[-1], call) for call in self.calls)

    @cached_property
    def by_text(self) -> dict[str, tuple[Call, ...]]:
        """Calls by the canonical spelling of what they print, see ``Call.texts``."""
        return _grouped((canonical(text), call) for call in self.calls for text in call.texts())

    @cached_property
    def by_shape(self) -> dict[str, tuple[Call, ...]]:
        """Calls by the shape of what they print, see ``Call.texts``."""
        return _grouped((shape(text), call) for call in self.calls for text in call.texts())

    @cached_property
    def _asked(self) -> dict[str, tuple[Call, ...]]:
        return {}

    def in_file(self, file: str) -> tuple[Call, ...]:
        """Return the Error and Warn calls of ``file``, which may be given by its last components only."""
        found = self._asked.get(file)
        if found is None:
            rows = self.by_name.get(file.rsplit("/", 1)[-1], ())
            found = tuple(call for call in rows if call.level in LOUD and same_file(call.file, file))
            self._asked[file] = found
        return found

    def loud(self) -> list[Call]:
        """Return the calls at Error and Warn level."""
        return [call for call in self.calls if call.level in LOUD]


def _grouped(rows: Iterable[tuple[str, Call]]) -> dict[str, tuple[Call, ...]]:
    groups: dict[str, list[Call]] = {}
    for name, call in rows:
        groups.setdefault(name, []).append(call)
    return {name: tuple(calls) for name, calls in groups.items()}
