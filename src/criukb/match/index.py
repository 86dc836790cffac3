"""Which signatures a line may match, found without asking each: the size of the base must not matter.

Every pattern has words that a matching line must contain. Of their four-letter pieces the one that is rarest in the
base is its key; the pieces of a line then name the few patterns to try.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

GRAM = 4


class Index(NamedTuple):
    """Signatures as (number of the entry, number of its signature), found by a piece of their text.

    ``always`` are those without a text long enough; ``info`` are the texts of patterns for lines without a level,
    conditions included.
    """

    rows: Sequence[Sequence[int]]
    grams: dict[str, list[int]]
    always: Sequence[int]
    info: Sequence[str]

    def find(self, message: str) -> list[Sequence[int]]:
        """Return the signatures that ``message`` may match, in the base's order."""
        grams = self.grams
        found = set(self.always)
        if len(message) - GRAM < len(grams):
            for start in range(len(message) - GRAM + 1):
                found.update(grams.get(message[start : start + GRAM], ()))
        else:
            for gram, numbers in grams.items():
                if gram in message:
                    found.update(numbers)
        return [self.rows[number] for number in sorted(found)]
