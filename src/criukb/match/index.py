"""Which signatures a line may match, found without asking each: the size of the base must not matter.

Every pattern has words that a matching line must contain. Of those the one that is rarest in the base is looked for,
and found by a three-letter piece of it; the pieces of a line then name the few patterns to try.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

GRAM = 3


class Index(NamedTuple):
    """Signatures as (number of the entry, number of its signature), and the words that each piece leads to.

    ``always`` are those without a text long enough. ``info`` are the texts of patterns for lines without a level and
    ``tools`` those of patterns for lines of tools, conditions included.
    """

    rows: Sequence[Sequence[int]]
    grams: Mapping[str, Sequence[tuple[str, Sequence[int]]]]
    always: Sequence[int]
    info: Sequence[str]
    tools: Sequence[str]

    def find(self, message: str) -> list[Sequence[int]]:
        """Return the signatures that ``message`` may match, in the base's order."""
        grams = self.grams
        found = set(self.always)
        size = len(message) - GRAM + 1
        if size < len(grams):
            # One look at each piece; few are in the index.
            pieces = {message[at : at + GRAM] for at in range(size)} & grams.keys()
            rows = (row for piece in pieces for row in grams[piece])
        else:
            rows = (row for rows in grams.values() for row in rows)
        for word, numbers in rows:
            if word in message:
                found.update(numbers)
        return [self.rows[number] for number in sorted(found)]
