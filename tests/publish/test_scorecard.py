"""The words of a scorecard."""

from __future__ import annotations

import pytest

from criukb.kb.langs import LANGS, Lang
from criukb.publish.scorecard import Scorecard
from criukb.publish.texts import texts
from criukb.scores.card import Card, Share
from criukb.stats.sightings import Sightings

GOOD = Card("a", "cause", Share(2, 2), Share(1, 1), Share(90, 90), Share(2, 2), Share(0, 88), Share(2, 3))
SEEN = Sightings(12, 3456, 3, 20, 4)


def words(card: Card, lang: Lang = "en", seen: Sightings = SEEN) -> list[str]:
    made = Scorecard(card, 443, seen, texts(lang))
    return [value for _, value in made.rows()] + made.notes()


def test_every_number_has_its_denominator() -> None:
    """Logs, near misses, copies, key texts, healthy logs, precision with Wilson's interval, store, days."""
    assert words(GOOD)[:-1] == [
        "2 of 2",
        "1 of 1",
        "90 of 90",
        "2 of 2",
        "0 of 88",
        "2 of 3 (67\xa0%), 95 % interval 21\xa0% to 94\xa0%",
        "12 of 3,456 judged results, in 3 of 20 runs",
        "4 days before the newest stored run",
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_what_does_not_hold_is_named(lang: Lang) -> None:
    """A log that does not match, a lost copy and a log of another entry stand below the table."""
    bad = Card(
        "a",
        "cause",
        *[Share(0, 1)] * 6,
        failing=("match-a.log",),
        weak=tuple(f"match-a.log: {n}" for n in range(6)),
        elsewhere=("b/match-c.log",),
    )
    notes = words(bad, lang)[-4:]
    assert "`match-a.log`" in notes[0]
    assert "`match-a.log: 3`" in notes[1]
    assert "2" in notes[1].rsplit("`", 1)[1]
    assert "`b/match-c.log`" in notes[2]


def test_no_data_is_no_good_result() -> None:
    """No log, no healthy log and no run are told as such, never as full marks."""
    empty = Card("a", "cause", *[Share(0, 0)] * 6)
    values = words(empty, seen=Sightings(0, 0, 0, 0))[:-1]
    assert values == ["no data"] * 6 + ["no runs are stored"]


def test_a_harmless_line_has_no_precision() -> None:
    """Only causes are named, so only they have a precision and hits in the store."""
    noise = Card("a", "noise", Share(1, 1), Share(1, 1), Share(9, 9), Share(1, 1), Share(80, 88), Share(0, 0))
    assert words(noise)[:-1] == ["1 of 1", "1 of 1", "9 of 9", "1 of 1", "80 of 88"]
