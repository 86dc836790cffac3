"""A knowledge base compiled for matching: what diagnosis needs, and nothing that needs pydantic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from criukb.logs.criu import MAX_LINE, Event
from criukb.match.index import Index
from criukb.match.pattern import Captures, Pattern, Test, call_level

if TYPE_CHECKING:
    from criukb.kb import model
    from criukb.kb.base import KnowledgeBase

# A shorter text would turn up in ordinary sentences.
MIN_BARE_WEIGHT = 14


class Signature(NamedTuple):
    """A pattern with its conditions over the log's other lines and over the outer facts."""

    pattern: Pattern
    all_of: tuple[Pattern, ...] = ()
    any_of: tuple[Pattern, ...] = ()
    none_of: tuple[Pattern, ...] = ()
    before: tuple[Pattern, ...] = ()
    when: Mapping[str, Any] = {}

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The pattern itself and those of the conditions."""
        return (self.pattern, *self.all_of, *self.any_of, *self.none_of, *self.before)

    @property
    def weight(self) -> int:
        """How specific it is: fixed characters, plus a bonus per condition that must hold."""
        conditions = len(self.pattern.tests) + len(self.all_of) + len(self.any_of) + len(self.before) + len(self.when)
        return self.pattern.weight + 20 * conditions


class CompiledEntry(NamedTuple):
    """What diagnosis needs of an entry."""

    id: str
    area: str
    kind: str
    title: dict[str, str]
    summary: dict[str, str]
    evidence: str
    flake_class: str | None
    leads_to: tuple[str, ...]
    signatures: tuple[Signature, ...]


Matches = list[tuple[CompiledEntry, Signature, Captures]]


class CompiledBase:
    """All entries, and the source files of each area for errors that no entry knows.

    ``entries`` and ``index`` may come from the cache, where an entry is decoded when it is asked for.
    """

    def __init__(
        self, entries: Sequence[CompiledEntry], areas: tuple[tuple[str, str], ...] = (), index: Index | None = None
    ) -> None:
        self.entries = entries
        self.areas = areas
        self.index = index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CompiledBase) and (self.entries, self.areas) == (other.entries, other.areas)

    def __hash__(self) -> int:
        return hash((self.entries, self.areas))

    @cached_property
    def by_id(self) -> Mapping[str, CompiledEntry]:
        """Entries by id."""
        return getattr(self.entries, "by_id", None) or {entry.id: entry for entry in self.entries}

    @cached_property
    def _index(self) -> Index:
        if self.index is not None:
            return self.index
        from criukb.match.indexing import build_index  # noqa: PLC0415 - not needed with the cache

        return build_index(self.entries)

    @property
    def info_literals(self) -> Sequence[str]:
        """Fixed texts of all patterns for lines that CRIU prints without a level, conditions included."""
        return self._index.info

    @property
    def tool_literals(self) -> Sequence[str]:
        """Fixed texts of the patterns for lines of tools that have one of some length, conditions included."""
        return self._index.tools

    def matches(self, event: Event, *, bare: bool = True) -> Matches:
        """Return every signature whose pattern matches ``event``, conditions over other lines not yet looked at.

        With ``bare`` a line without CRIU's prefix is also tried against the formats.
        """
        found = []
        for entry_number, number in self._index.find(event.message[:MAX_LINE]):
            entry = self.entries[entry_number]
            signature = entry.signatures[number]
            if _is_candidate(signature.pattern, event, bare=bare):
                captures = signature.pattern.captures(event)
                if captures is not None:
                    found.append((entry, signature, captures))
        return found

    def area_of(self, file: str | None) -> str | None:
        """Return the area whose source files contain ``file``."""
        if file is None:
            return None
        path = PurePosixPath(file)
        for pattern, area in self.areas:
            if path.match(pattern) or path.name == pattern.rsplit("/", 1)[-1]:
                return area
        return None


def _is_candidate(pattern: Pattern, event: Event, *, bare: bool) -> bool:
    if pattern.level == "tool":
        # A line with CRIU's own time is no tool's, but for a record that lost its file and line.
        return event.level != "info" or event.message.startswith("Error: ")
    if event.level == "tool":
        return bare and pattern.weight >= MIN_BARE_WEIGHT
    return event.level != "test"


def compile_base(kb: KnowledgeBase) -> CompiledBase:
    """Compile ``kb``; raise ValueError naming the entry when a pattern cannot be compiled."""
    entries = tuple(_entry(folder.entry) for folder in kb.entries.values())
    areas = sorted(((file, area.id) for area in kb.areas for file in area.files), key=_most_exact_first)
    return CompiledBase(entries, tuple(areas))


def _most_exact_first(row: tuple[str, str]) -> tuple[bool, int, str]:
    return ("*" in row[0], -len(row[0]), row[0])


def _entry(entry: model.Entry) -> CompiledEntry:
    return CompiledEntry(
        id=entry.id,
        area=entry.area,
        kind=entry.kind,
        title=entry.title.model_dump(),
        summary=entry.summary.model_dump(),
        evidence=entry.evidence,
        flake_class=entry.flake_class,
        leads_to=tuple(entry.leads_to),
        signatures=tuple(_signature(item) for item in entry.match),
    )


def _signature(item: model.Signature) -> Signature:
    return Signature(
        pattern=compile_pattern(item),
        all_of=_patterns(item.all_of),
        any_of=_patterns(item.any_of),
        none_of=_patterns(item.none_of),
        before=_patterns(item.before),
        when=item.when.model_dump(exclude_none=True),
    )


def _patterns(items: Sequence[model.Pattern]) -> tuple[Pattern, ...]:
    return tuple(compile_pattern(item) for item in items)


def compile_pattern(item: model.Pattern) -> Pattern:
    """Compile one pattern of an entry; ValueError says what is wrong with it."""
    from criukb.match.indexing import required_text  # noqa: PLC0415 - not needed with the cache
    from criukb.match.printf import compile_format  # noqa: PLC0415 - the same

    tests = tuple(_tests(item))
    if item.format is None or item.call is None:
        regex = item.regex or ""
        text = required_text(regex)
        return Pattern("tool", None, regex, (), (), text, text, min(len(regex), 60), tests, f"{item.tool}: {regex}")
    compiled = compile_format(item.format, item.captures, perror=item.call == "pr_perror")
    return Pattern(
        level=call_level(item.call),
        file=item.file,
        regex=compiled.regex,
        names=compiled.names,
        types=compiled.types,
        literal=max(compiled.longest.split(), key=len, default=""),
        longest=compiled.longest,
        weight=compiled.weight,
        tests=tests,
        text=f"{item.call} {item.file} {item.format!r}",
        format=item.format,
    )


def _tests(item: model.Pattern) -> list[Test]:
    tests = []
    for capture, wanted in sorted(item.where.items()):
        if isinstance(wanted, str):
            tests.append(Test(capture, "equals", wanted))
        elif isinstance(wanted, list):
            tests.append(Test(capture, "any_of", tuple(wanted)))
        else:
            for op, value in sorted(wanted.model_dump(exclude_none=True).items()):
                tests.append(Test(capture, op, tuple(value) if isinstance(value, list) else value))
    return tests
