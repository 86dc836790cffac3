"""What the diagnosis says of one log of an entry, and of changed copies of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from criukb.errors import CriukbError
from criukb.logs.reader import read_text
from criukb.scores.breaking import break_key_texts
from criukb.scores.mutations import MUTATIONS

if TYPE_CHECKING:
    from criukb.match.diagnose import Diagnoser
    from criukb.match.result import Diagnosis

MAX_BYTES = 1 << 20  # each log is diagnosed some fifty times


@dataclass(frozen=True, slots=True)
class Task:
    """A log to judge: of which entry (none for the log of a passing run), of which kind, and where it lies."""

    entry: str | None
    kind: str
    path: Path

    @property
    def wanted(self) -> bool:
        """Whether the entry must be named."""
        return self.path.name.startswith("match-")


@dataclass(frozen=True, slots=True)
class Judged:
    """The answers for one log.

    ``cause`` is the named cause, ``seen`` what any line was read as, ``holds`` whether the entry is (or is not) named
    as it must be. Of ``mutated`` changed copies those in ``lost`` lost the diagnosis; of ``tokens`` lines whose key
    text was broken ``held`` still match.
    """

    task: Task
    text: str
    cause: str | None
    seen: frozenset[str]
    holds: bool
    mutated: int = 0
    lost: tuple[str, ...] = ()
    tokens: int = 0
    held: int = 0


def is_named(answer: Diagnosis, entry_id: str, kind: str) -> bool:
    """Whether a cause is the one that is named, or anything else is seen at all."""
    if kind == "cause":
        return answer.cause is not None and answer.cause.id == entry_id
    return entry_id in seen(answer)


def seen(answer: Diagnosis) -> frozenset[str]:
    """Return the ids that any line was read as."""
    return frozenset(step.id for step in answer.steps if step.id)


def judge(diagnoser: Diagnoser, task: Task) -> Judged:
    """Diagnose the log of ``task``; one that must match also in changed copies, and with its key texts broken."""
    text = _text(task.path)
    lines = text.splitlines()
    answer = diagnoser.diagnose(lines)
    cause = answer.cause.id if answer.cause else None
    if task.entry is None:
        return Judged(task, text, cause, seen(answer), holds=True)
    holds = is_named(answer, task.entry, task.kind) == task.wanted
    if not task.wanted:
        return Judged(task, text, cause, seen(answer), holds)
    mutated, lost = _survival(diagnoser, task.entry, task.kind, lines)
    breaking = break_key_texts(diagnoser, task.entry, lines)
    tokens, held = len(breaking.lines), len(breaking.held)
    return Judged(task, text, cause, seen(answer), holds, mutated, lost, tokens, held)


def _text(path: Path) -> str:
    try:
        return read_text(path, MAX_BYTES)
    except CriukbError:
        return ""  # a log that cannot be read proves nothing; lint says what is wrong with it


def _survival(diagnoser: Diagnoser, entry: str, kind: str, lines: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Return how many mutations change the log at all, and the names of those that lose the diagnosis."""
    count, lost = 0, []
    for name, mutate in MUTATIONS.items():
        changed = mutate(lines) if lines else []
        if changed == list(lines):
            continue
        count += 1
        if not is_named(diagnoser.diagnose(changed), entry, kind):
            lost.append(name)
    return count, tuple(lost)
