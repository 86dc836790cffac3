"""The scorecard of an entry: counts only, each with its denominator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from criukb.scores.judge import Judged

SHARES = ("matched", "unmatched", "mutated", "broken", "healthy", "named")
_NAMES = ("failing", "weak", "elsewhere")


class Share(NamedTuple):
    """``part`` of ``whole``."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Card:
    """How one entry stands.

    ``matched`` and ``unmatched``: of its own match and nomatch logs those that hold, ``failing`` names the others.
    ``mutated``: changed copies of its match logs that keep the diagnosis, ``weak`` names the others.
    ``broken``: lines that are no longer read as the entry once their key text is broken.
    ``healthy``: logs of passing runs on which a cause is named (a consequence or harmless line: occurs).
    ``named``: of the base's different logs on which a cause is named its own ones, ``elsewhere`` names the others.
    """

    id: str
    kind: str
    matched: Share
    unmatched: Share
    mutated: Share
    broken: Share
    healthy: Share
    named: Share
    failing: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain data; a share is a list of part and whole."""
        return asdict(self) | {name: list(getattr(self, name)) for name in SHARES}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Card:
        """Read what ``as_json`` wrote; KeyError, TypeError or ValueError when it is something else."""
        shares: dict[str, Any] = {name: Share(*map(int, row[name])) for name in SHARES}
        names: dict[str, Any] = {name: tuple(map(str, row[name])) for name in _NAMES}
        return cls(id=str(row["id"]), kind=str(row["kind"]), **shares, **names)


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards by id; ``logs`` counts the different logs of all entries."""

    cards: Mapping[str, Card]
    logs: int


def make_cards(kinds: Mapping[str, str], judged: Iterable[Judged]) -> Cards:
    """Count the judged logs for every entry of ``kinds`` (id to kind)."""
    rows = list(judged)
    healthy = [row for row in rows if row.task.entry is None]
    own: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.task.entry is not None:
            own[row.task.entry].append(row)
    texts = _texts(row for row in rows if row.task.entry is not None)
    cards = {name: _card(name, kind, own[name], healthy, texts) for name, kind in sorted(kinds.items())}
    return Cards(cards, len(texts))


def _texts(rows: Iterable[Judged]) -> list[list[Judged]]:
    """Group the logs by their text: a near miss of one entry is often a match log of its neighbour."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        groups[row.text.strip()].append(row)
    return list(groups.values())


def _card(name: str, kind: str, own: list[Judged], healthy: list[Judged], texts: list[list[Judged]]) -> Card:
    match = [row for row in own if row.task.wanted]
    near = [row for row in own if not row.task.wanted]
    hits = sum((row.cause == name) if kind == "cause" else (name in row.seen) for row in healthy)
    copies, tokens = sum(row.mutated for row in match), sum(row.tokens for row in match)
    named = [rows for rows in texts if rows[0].cause == name]
    foreign = [rows for rows in named if not any(row.task.entry == name and row.task.wanted for row in rows)]
    return Card(
        name,
        kind,
        matched=Share(sum(row.holds for row in match), len(match)),
        unmatched=Share(sum(row.holds for row in near), len(near)),
        mutated=Share(copies - sum(len(row.lost) for row in match), copies),
        broken=Share(tokens - sum(row.held for row in match), tokens),
        healthy=Share(hits, len(healthy)),
        named=Share(len(named) - len(foreign), len(named)),
        failing=tuple(sorted(row.task.path.name for row in own if not row.holds)),
        weak=tuple(sorted(f"{row.task.path.name}: {lost}" for row in match for lost in row.lost)),
        elsewhere=tuple(sorted(min(f"{row.task.entry}/{row.task.path.name}" for row in rows) for rows in foreign)),
    )
