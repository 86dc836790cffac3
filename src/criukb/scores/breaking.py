"""Breaking what a pattern looks for: one letter of the fixed text in each line that an entry was read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from criukb.match.result import Diagnosis

if TYPE_CHECKING:
    from criukb.match.diagnose import Diagnoser
    from criukb.match.pattern import Pattern

_PUSHED = 3  # lines down which a mail program pushes the text


@dataclass(frozen=True, slots=True)
class Broken:
    """The lines whose key text was broken, those that are still read as the entry, and the answer in the end."""

    lines: tuple[int, ...]
    held: tuple[int, ...]
    answer: Diagnosis


def break_key_texts(diagnoser: Diagnoser, entry_id: str, lines: Sequence[str]) -> Broken:
    """Change a letter in each line that is read as the entry, until no further line is.

    Breaking one line may bring another to the fore, so there are rounds; each touches at least one more line.
    """
    changed, touched = list(lines), set[int]()
    while True:
        answer = diagnoser.diagnose(changed)
        numbers = {step.line for step in answer.steps if step.id == entry_id}
        if numbers <= touched:
            return Broken(tuple(sorted(touched)), tuple(sorted(numbers)), answer)
        for number, pattern in _matching(diagnoser, entry_id, changed):
            if number in numbers - touched:
                _break(changed, number, pattern)
        touched |= numbers


def _matching(diagnoser: Diagnoser, entry_id: str, lines: Sequence[str]) -> Iterator[tuple[int, Pattern]]:
    for event in diagnoser.events(lines):
        for entry, signature, _ in diagnoser.base.matches(event):
            if entry.id == entry_id:
                yield event.line, signature.pattern


def _break(lines: list[str], number: int, pattern: Pattern) -> None:
    """Change the line, or a following one onto which a mail program pushed the text."""
    texts = fixed_texts(pattern)
    for index in range(number - 1, min(number + _PUSHED, len(lines))):
        changed = broken(lines[index], texts)
        if changed != lines[index]:
            lines[index] = changed
            return


def fixed_texts(pattern: Pattern) -> list[str]:
    """Return the texts that a line must hold to match ``pattern``, longest first, then their words."""
    texts = _regex_texts(pattern.regex) if pattern.level == "tool" else [pattern.longest]
    words = [word for text in texts for word in text.split()]
    return [*sorted(texts, key=len, reverse=True), *sorted(words, key=len, reverse=True)]


def _regex_texts(source: str) -> list[str]:
    """Return the runs of plain characters of a regular expression, those that every match contains first."""
    runs: list[str] = [""]
    nested: list[Any] = []
    todo = list(_parser.parse(source))
    while todo or nested:
        if not todo:
            todo, nested = [(_parser.AT, None), *nested], []
        kind, value = todo.pop(0)
        if kind is _parser.LITERAL:
            runs[-1] += chr(value)
            continue
        runs.append("")
        if kind is _parser.SUBPATTERN:
            nested += list(value[3])
        elif kind is _parser.BRANCH:
            nested += [item for branch in value[1] for item in [*branch, (_parser.AT, None)]]
    return [run for run in runs if sum(map(str.isalnum, run)) > 1]


def broken(line: str, texts: Sequence[str]) -> str:
    """Return ``line`` with one character changed in the first of ``texts`` that it holds; unchanged when none."""
    for text in texts:
        letters = [index for index, char in enumerate(text) if char.isalnum()]
        at = line.find(text)
        if at >= 0 and letters:
            middle = at + letters[len(letters) // 2]
            return f"{line[:middle]}{'q' if line[middle] != 'q' else 'z'}{line[middle + 1 :]}"
    return line
