"""The lines of TAP 12, 13 and 14, in one pass: plans, test points, directives, diagnostics, YAML blocks, subtests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from criukb.runs.sources.tap_yaml import literal_text, yaml_texts

MAX_LINE: Final = 16 * 1024
MAX_EVIDENCE: Final = 20_000  # lines kept of one test
_MAX_COMMENTS = 1_000
_MAX_WARNINGS = 100

_POINT = re.compile(r"(?P<not>not )?ok\b(?:\s+(?P<number>\d{1,9})\b)?(?:\s*-(?=\s))?\s*(?P<text>.*)\Z", re.DOTALL)
_PLAN = re.compile(r"1\.\.(?P<count>\d{1,9})\s*(?:#.*)?\Z")
_DIRECTIVE = re.compile(
    r"(?<!\\)#\s*(?P<kind>SKIP|TODO)(?:(?<=SKIP)\S*|\b:?)\s*(?P<reason>.*)\Z", re.IGNORECASE | re.DOTALL
)
_TIMED = re.compile(r"(?P<text>.*\S) in (?P<ms>\d{1,9})ms\Z")


@dataclass(slots=True)
class Point:
    """One test line, with the lines that explain it; ``evidence_line`` is the place of the first of them, from 1."""

    ok: bool
    number: int | None
    text: str
    line: int
    directive: str | None = None
    reason: str = ""
    duration_s: float | None = None
    evidence: list[str] = field(default_factory=list)
    evidence_line: int | None = None

    def explain(self, lines: Iterable[str], line: int | None) -> None:
        """Add ``lines``, of which the first stands at ``line``, as far as there is room."""
        self.evidence += islice(lines, MAX_EVIDENCE - len(self.evidence))
        self.evidence_line = self.evidence_line or line


@dataclass(slots=True)
class Document:
    """One TAP stream. ``plan`` is the announced number of tests; ``unfinished`` says what the end of the text cut."""

    points: list[Point] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    plan: int | None = None
    plan_line: int = 0
    bail_out: str | None = None
    unfinished: str | None = None

    def warn(self, line: int, message: str) -> None:
        """Note something that the reader should know."""
        if len(self.warnings) < _MAX_WARNINGS:
            self.warnings.append((line, message))


class Reader:
    """Reads lines into documents; at most ``limit`` tests are kept, and a report of more is incomplete."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._documents = [Document()]
        self._number = 0
        self._held: list[str] = []  # lines of the point that was read last, or of a subtest before its own point
        self._held_line: int | None = None
        self._subtest = False
        self._yaml: list[str] | None = None
        self._yaml_line = 0

    def documents(self, lines: Iterable[str]) -> list[Document]:
        """Return the streams in ``lines``, at least one."""
        for self._number, raw in enumerate(lines, 1):
            line = raw[:MAX_LINE].rstrip("\r\n")
            if self._yaml is None:
                self._line(line)
            else:
                self._yaml_part(line)
        if self._yaml is not None:
            self._document.unfinished = f"the report ends within the YAML block of line {self._yaml_line}"
            self._end_yaml(self._yaml)
        self._settle()
        return self._documents

    @property
    def _document(self) -> Document:
        return self._documents[-1]

    def _line(self, line: str) -> None:
        if line.startswith("TAP version "):
            self._version()
        elif found := _PLAN.match(line):
            self._plan(int(found["count"]))
        elif line.startswith("Bail out!"):
            self._document.bail_out = line.removeprefix("Bail out!").strip()[:200]
        elif line.strip() == "---" and self._document.points and not self._subtest:
            self._yaml, self._yaml_line = [], self._number
        elif found := _POINT.match(line):
            self._point(found)
        else:
            self._other(line)

    def _version(self) -> None:
        if self._document.points or self._document.plan is not None:
            self._settle()
            self._documents.append(Document())

    def _plan(self, count: int) -> None:
        if self._document.points and 0 < self._document.plan_line < self._document.points[0].line:
            self._settle()  # a plan stands first or last: behind tests that one announced begins another report
            self._documents.append(Document())
        document = self._document
        if document.plan is not None:
            document.warn(self._number, f"a second plan of {count} tests; the larger one counts")
        document.plan = max(count, document.plan or 0)
        document.plan_line = self._number

    def _point(self, found: re.Match[str]) -> None:
        before: list[str] = []
        if self._subtest:
            before, self._held = self._held, []
        self._settle()
        self._held, self._subtest = before, False
        self._count += 1
        if self._count > self._limit:
            self._document.unfinished = f"more than {self._limit} tests: the rest is not read"
            return
        number = int(found["number"]) if found["number"] else None
        point = Point(ok=not found["not"], number=number, text=found["text"].strip(), line=self._number)
        _split_directive(point)
        if number is not None and self._document.points and number == self._document.points[-1].number:
            self._document.warn(self._number, f"test {number} is reported twice")
        self._document.points.append(point)

    def _other(self, line: str) -> None:
        indented = line.startswith(("    ", "\t"))
        if line.lstrip().startswith("# Subtest") or (indented and _PLAN.match(line.strip())):
            if not self._subtest:
                self._settle()
            self._subtest = True
        if line.startswith("#") and not self._document.points and len(self._document.comments) < _MAX_COMMENTS:
            self._document.comments.append(line[:200])
        self._hold(line)

    def _hold(self, line: str) -> None:
        if len(self._held) < MAX_EVIDENCE:
            self._held_line = self._held_line if self._held else self._number
            self._held.append(line.removeprefix("# "))

    def _settle(self) -> None:
        """Give the held lines to the point that was read last."""
        if self._held and self._document.points:
            self._document.points[-1].explain(self._held, self._held_line)
        self._held = []

    def _yaml_part(self, line: str) -> None:
        if line.strip() == "...":
            held, self._yaml = self._yaml or [], None
            self._end_yaml(held)
        elif self._yaml is not None and len(self._yaml) < MAX_EVIDENCE:
            self._yaml.append(line)

    def _end_yaml(self, held: list[str]) -> None:
        self._settle()
        point = self._document.points[-1]
        if len(point.evidence) >= MAX_EVIDENCE:
            return
        literal = literal_text(held)
        if literal is not None:
            point.explain(literal, self._yaml_line + 2)
            return
        texts, seconds = yaml_texts(held)
        point.explain(texts, self._yaml_line + 1)
        point.duration_s = seconds if point.duration_s is None else point.duration_s


def _split_directive(point: Point) -> None:
    found = _DIRECTIVE.search(point.text)
    if found:
        point.directive, point.reason = found["kind"].upper(), found["reason"].strip()
        point.text = point.text[: found.start()].strip()
    timed = _TIMED.match(point.text)
    if timed:
        point.text, point.duration_s = timed["text"], int(timed["ms"]) / 1000
    point.text = point.text.replace("\\#", "#").replace("\\\\", "\\")
