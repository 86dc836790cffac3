"""What changed between two source trees: calls added, removed, reworded and moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from criukb.catalogue.literals import canonical
from criukb.catalogue.model import Call, Catalogue

MIN_SIMILARITY = 0.6
# Comparing every pair in a file of thousands would take minutes; beyond this the rest counts as added and removed.
MAX_PAIRS = 400_000

_Key = tuple[str, str, str | None, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One change; ``old`` is None for an added call and ``new`` for a removed one. ``similarity`` is of the texts."""

    kind: str
    old: Call | None
    new: Call | None
    similarity: float | None = None


def drift(old: Catalogue, new: Catalogue) -> list[Change]:
    """Return the changes of the Error and Warn calls, sorted by kind, file and line.

    ``moved`` has the same text in another file or function, ``reworded`` a similar text in the same file and function,
    ``level`` the same text in the same function at another level. A call that only changed its line is no change.
    """
    gone, come = _without_common(old.loud(), new.loud())
    changes: list[Change] = []
    for kind, same in (("level", _place_and_text), ("moved", _text)):
        pairs, gone, come = _paired(gone, come, same)
        changes += [Change(kind, one, other) for one, other in pairs]
    reworded, gone, come = _reworded(gone, come)
    changes += reworded
    changes += [Change("removed", call, None) for call in gone]
    changes += [Change("added", None, call) for call in come]
    return sorted(changes, key=_order)


def _order(change: Change) -> tuple[str, str, int, str]:
    call = change.new or change.old
    assert call is not None  # noqa: S101 - a change has at least one side
    return (change.kind, call.file, call.line, call.printed)


def _key(call: Call) -> _Key:
    return (call.level, call.file, call.function, canonical(call.printed))


def _place_and_text(call: Call) -> tuple[object, ...]:
    return (call.file, call.function, canonical(call.printed))


def _text(call: Call) -> tuple[object, ...]:
    return (call.level, canonical(call.printed))


def _without_common(old: Sequence[Call], new: Sequence[Call]) -> tuple[list[Call], list[Call]]:
    """Drop what both have: of three equal calls before and two after, one is gone."""
    before, after = Counter(map(_key, old)), Counter(map(_key, new))
    return list(_surplus(old, before - after)), list(_surplus(new, after - before))


def _surplus(calls: Iterable[Call], left: Counter[_Key]) -> Iterable[Call]:
    for call in calls:
        key = _key(call)
        if left[key] > 0:
            left[key] -= 1
            yield call


_Pairs = list[tuple[Call, Call]]
_Same = Callable[[Call], tuple[object, ...]]


def _paired(gone: Sequence[Call], come: Sequence[Call], same: _Same) -> tuple[_Pairs, list[Call], list[Call]]:
    waiting: dict[object, list[Call]] = {}
    for call in come:
        waiting.setdefault(same(call), []).append(call)
    pairs: _Pairs = []
    left = []
    for call in gone:
        matches = waiting.get(same(call))
        if matches:
            pairs.append((call, matches.pop(0)))
        else:
            left.append(call)
    return pairs, left, [call for rows in waiting.values() for call in rows]


def _reworded(gone: Sequence[Call], come: Sequence[Call]) -> tuple[list[Change], list[Call], list[Call]]:
    """Pair calls of the same file and function by the likeness of their texts, the most alike first."""
    by_place: dict[tuple[str, str | None], list[int]] = {}
    for index, call in enumerate(come):
        by_place.setdefault((call.file, call.function), []).append(index)
    scored: list[tuple[float, int, int]] = []
    budget = MAX_PAIRS
    for index, call in enumerate(gone):
        places = by_place.get((call.file, call.function), [])
        budget -= len(places)
        if budget < 0:
            break
        scored += [(score, index, other) for other in places if (score := _alike(call, come[other])) >= MIN_SIMILARITY]
    return _best_pairs(sorted(scored, key=lambda row: (-row[0], row[1], row[2])), gone, come)


def _alike(one: Call, other: Call) -> float:
    matcher = SequenceMatcher(None, one.printed[:300], other.printed[:300], autojunk=False)
    if matcher.real_quick_ratio() < MIN_SIMILARITY or matcher.quick_ratio() < MIN_SIMILARITY:
        return 0.0
    return round(matcher.ratio(), 3)


def _best_pairs(
    scored: Sequence[tuple[float, int, int]], gone: Sequence[Call], come: Sequence[Call]
) -> tuple[list[Change], list[Call], list[Call]]:
    used_old: set[int] = set()
    used_new: set[int] = set()
    changes = []
    for score, one, other in scored:
        if one not in used_old and other not in used_new:
            used_old.add(one)
            used_new.add(other)
            changes.append(Change("reworded", gone[one], come[other], score))
    left_old = [call for index, call in enumerate(gone) if index not in used_old]
    return changes, left_old, [call for index, call in enumerate(come) if index not in used_new]
