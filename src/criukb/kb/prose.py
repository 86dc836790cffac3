"""The prose of an entry: fixed headings, placeholders for facts, Chinese lines joined without spaces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from criukb.errors import CriukbError, Fault, Place

if TYPE_CHECKING:
    from criukb.kb.langs import Lang
    from criukb.kb.model import Entry, Kind

CAUSE_HEADINGS: dict[str, dict[str, str]] = {
    "background": {"en": "Background", "zh": "问题背景"},
    "symptom": {"en": "Symptom", "zh": "错误现象"},
    "root-cause": {"en": "Root cause", "zh": "根本原因分析"},
    "details": {"en": "Technical details", "zh": "技术细节"},
    "remedies": {"en": "Remedies", "zh": "解决方案"},
    "practice": {"en": "In practice", "zh": "实际应用建议"},
    "summary": {"en": "Summary", "zh": "总结"},
}
NOTE_HEADINGS: dict[str, dict[str, str]] = {
    "meaning": {"en": "Meaning", "zh": "含义"},
    "action": {"en": "What to do", "zh": "处理方法"},
}

PLACEHOLDER = re.compile(r"\{\{\s*(?P<space>facts|refs|diagrams)\.(?P<name>[a-z][a-z0-9_]*)\s*\}\}")
_BRACES = re.compile(r"\{\{[^{}\n]*\}\}|\{%")
_FENCE = re.compile(r"^ {0,8}(```+|~~~+)")
_CJK = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2014\u2018\u2019\u201c\u201d\u2026"
_JOIN_TIGHT = re.compile(rf"(?<=[{_CJK}])\n(?=[{_CJK}])")
_JOIN_AFTER_MARK = re.compile(r"(?<=[，。：；？！（）「」《》、…])\n(?=\S)|(?<=\S)\n(?=[，。：；？！（）「」《》、…])")
_BLOCK_START = re.compile(r"\s*(?:[-*+] |\d+[.)] |#|\||>|!!! |\?\?\?|```|~~~|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """One level-2 section: its key, heading and body, the line of its heading and of its body's start (from 1)."""

    key: str
    heading: str
    body: str
    line: int
    body_line: int


@dataclass(frozen=True, slots=True)
class Prose:
    """One language's text of an entry."""

    path: Path
    sections: tuple[Section, ...]

    def body(self, key: str) -> str:
        """Return the body of section ``key``, or an empty text."""
        return next((s.body for s in self.sections if s.key == key), "")

    @property
    def text(self) -> str:
        """All bodies, for checks over the whole text."""
        return "\n".join(section.body for section in self.sections)


def headings(kind: Kind) -> dict[str, dict[str, str]]:
    """Return section key to heading per language, in order, for an entry of ``kind``."""
    return CAUSE_HEADINGS if kind == "cause" else NOTE_HEADINGS


def visible_lines(text: str) -> list[tuple[int, str]]:
    """Return (line number from 1, line) outside code fences."""
    result: list[tuple[int, str]] = []
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence:
            result.append((number, line))
    return result


def parse_prose(text: str, path: Path, kind: Kind, lang: Lang) -> Prose:
    """Split ``text`` into the sections of ``kind``; raise CriukbError with every missing or wrong heading."""
    wanted = {names[lang]: key for key, names in headings(kind).items()}
    marks = [(n, line[3:].strip()) for n, line in visible_lines(text) if line.startswith("## ")]
    faults = _heading_faults(marks, list(wanted), path)
    faults += _brace_faults(text, path)
    if faults:
        raise CriukbError(faults)
    lines = text.splitlines()
    ends = [*(n - 1 for n, _ in marks[1:]), len(lines)]
    sections = (_section(wanted[title], title, lines, n, end) for (n, title), end in zip(marks, ends, strict=True))
    return Prose(path, tuple(sections))


def _section(key: str, title: str, lines: list[str], start: int, end: int) -> Section:
    first = next((n for n in range(start, end) if lines[n].strip()), end)
    return Section(key, title, "\n".join(lines[first:end]).rstrip(), start, first + 1)


def _heading_faults(marks: list[tuple[int, str]], wanted: list[str], path: Path) -> list[Fault]:
    found = [title for _, title in marks]
    if found == wanted:
        return []
    line = next((n for (n, title), want in zip(marks, wanted, strict=False) if title != want), 1)
    message = f"headings are {', '.join(found) or 'missing'}"
    return [Fault(Place(path, line, 1), message, f"use these level-2 headings in this order: {', '.join(wanted)}")]


def _brace_faults(text: str, path: Path) -> list[Fault]:
    faults = []
    for number, line in visible_lines(text):
        for found in _BRACES.finditer(line):
            if not PLACEHOLDER.fullmatch(found[0]):
                hint = "only {{ facts.name }}, {{ refs.name }} and {{ diagrams.name }} are filled in"
                faults.append(Fault(Place(path, number, found.start() + 1), f"{found[0]} is no placeholder", hint))
    return faults


def placeholders(text: str) -> list[tuple[str, str]]:
    """Return every placeholder of ``text`` as (space, name), in order."""
    return [(m["space"], m["name"]) for m in PLACEHOLDER.finditer(text)]


def fill(body: str, entry: Entry, lang: Lang, diagrams: Mapping[str, str]) -> str:
    """Replace the placeholders of ``body``; ``diagrams`` maps a diagram's id to Markdown. Unknown names stay."""
    refs = {ref.id: f"[{ref.label}]({ref.url})" for ref in entry.references}
    values: dict[str, Mapping[str, str]] = {
        "facts": {name: fact.value for name, fact in entry.facts.items()},
        "refs": refs,
        "diagrams": diagrams,
    }
    filled = PLACEHOLDER.sub(lambda m: values[m["space"]].get(m["name"], m[0]), body)
    return join_cjk(filled) if lang == "zh" else filled


def join_cjk(text: str) -> str:
    """Join the source lines of Chinese paragraphs, which Markdown would otherwise part with a space."""
    out: list[str] = []
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        joinable = bool(out) and not fence and not mark and not _BLOCK_START.match(line)
        if joinable and out[-1].strip() and not _fenced_or_table(out[-1]):
            out[-1] = _join(out[-1], line.strip())
        else:
            out.append(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
    return "\n".join(out)


def _fenced_or_table(line: str) -> bool:
    stripped = line.lstrip()
    return stripped.startswith(("#", "|", "```", "~~~", "???", "!!!")) or line.endswith("  ")


def _join(first: str, second: str) -> str:
    joined = f"{first}\n{second}"
    joined = _JOIN_TIGHT.sub("", joined)
    return _JOIN_AFTER_MARK.sub("", joined).replace("\n", " ")
