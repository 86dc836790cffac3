"""Checks of patterns against one another: whether the diagnosis can ever prefer each."""

from __future__ import annotations

from collections.abc import Iterator

from criukb.kb.base import EntryFolder, KnowledgeBase
from criukb.lint.check import Check, Finding
from criukb.lint.proof_checks import compiled_or_empty
from criukb.match.compiled import CompiledEntry, Signature
from criukb.match.diagnose import preference
from criukb.match.example import example

_Row = tuple[CompiledEntry, Signature]


class _Overlap(Check):
    """Shared: for each signature of an entry, the others' signatures that match a line made from it."""

    rule = "KB017"
    hint = ""

    def __init__(self, kb: KnowledgeBase) -> None:
        super().__init__(kb)
        self._base = compiled_or_empty(kb)

    def _rivals(self, folder: EntryFolder) -> Iterator[tuple[int, _Row, _Row]]:
        """Yield (number of the signature, itself, another entry's signature that matches its line)."""
        entry = self._base.by_id.get(folder.id)
        for index, signature in enumerate(entry.signatures if entry else ()):
            event = example(signature.pattern)
            for other, rival, _ in self._base.matches(event) if event and entry else ():
                if entry and other.id != entry.id:
                    yield index, (entry, signature), (other, rival)


def _unconditional(signature: Signature) -> bool:
    return not (signature.all_of or signature.any_of or signature.none_of or signature.before or signature.when)


class Shadowed(_Overlap):
    """KB017: no signature is shadowed: there is no line for which another entry's signature is always preferred.

    A line is made from the format, with plain values in the captures. When an entry of a stronger kind, or with a
    heavier pattern and no further conditions, takes that line, the signature is there in vain.
    """

    rule = "KB017"
    hint = "delete the signature, or give it conditions that make it the more specific one"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Look for a signature that always wins."""
        for index, mine, rival in self._rivals(folder):
            if rival[0].kind == mine[0].kind and _unconditional(rival[1]) and preference(*rival) < preference(*mine):
                place = folder.document.place(("match", index))
                yield self.finding(place, folder.id, f"{rival[0].id} always takes {mine[1].pattern.text[:80]}")


class Overlapping(_Overlap):
    """KB018: where the patterns of two causes match one line, something in them decides, not the order of their names.

    The heavier pattern wins: the number of its fixed characters, and twenty for each condition. Equal weights are fine
    where both have conditions over other lines or outer facts, which then tell them apart.
    """

    rule = "KB018"
    severity = "warning"
    hint = "tell them apart by where, all_of, none_of, before or when"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Look for equal weights."""
        for index, mine, rival in self._rivals(folder):
            if not mine[0].kind == rival[0].kind == "cause" or mine[1].weight != rival[1].weight:
                continue
            if mine[0].id < rival[0].id and (_unconditional(mine[1]) or _unconditional(rival[1])):
                place = folder.document.place(("match", index))
                yield self.finding(place, folder.id, f"ties with {rival[0].id} on {mine[1].pattern.text[:80]}")
