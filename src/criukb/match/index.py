"""Which signatures a line may match, found without asking each: the size of the base must not matter.

Every pattern has words that a matching line must contain. Of those the one that is rarest in the base is looked for,
and found by a three-letter piece of it; the pieces of a line then name the few patterns to try.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

GRAM = 3
# A signature's number is that of its entry times this, plus its own within the entry.
STEP = 4096


class Index(NamedTuple):
    """Signatures by the words that they need.

    ``grams`` leads from each piece to the words that it may stand for, one a line, each with the numbers of its
    signatures behind it: flat texts, for a large base is read faster so, and few of them are looked at.
    ``always`` are the signatures without a text long enough. ``info`` are the texts of patterns for lines without a
    level and ``tools`` those of patterns for lines of tools, conditions included.
    """

    grams: Mapping[str, str]
    always: Sequence[int]
    info: Sequence[str]
    tools: Sequence[str]

    def find(self, message: str) -> list[tuple[int, int]]:
        """Return the signatures that ``message`` may match as (entry, signature), in the base's order."""
        grams = self.grams
        found = set(self.always)
        size = len(message) - GRAM + 1
        # One look at each piece; few are in the index.
        pieces = {message[at : at + GRAM] for at in range(size)} & grams.keys() if size < len(grams) else grams.keys()
        for piece in pieces:
            for row in grams[piece].split("\n"):
                word, *numbers = row.split(" ")
                if word in message:
                    found.update(map(int, numbers))
        return [divmod(number, STEP) for number in sorted(found)]
