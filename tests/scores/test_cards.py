"""The cards count what the diagnosis says, and say so when an entry does not stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.kb.base import load_kb
from criukb.match import diagnose
from criukb.scores import cards
from criukb.scores.breaking import broken
from criukb.scores.card import Card, Share
from criukb.scores.cards import load_cards, read_cards, score, write_cards
from kbfactory import entry, write_entry

HIT = "(00.000001) Error (criu/x.c:1): broke 1\n"
MISS = "(00.000001) Error (criu/x.c:1): bent 1\n"
TWICE = "(00.000001) Error (criu/x.c:1): broke 1\n(00.000002) Error (criu/x.c:1): broke 2\n"


def card(root: Path, name: str = "root", healthy: tuple[Path, ...] = ()) -> Card:
    return score(load_kb(base=root), healthy).cards[name]


def test_an_entry_that_stands(tmp_path: Path) -> None:
    """All logs hold, all changed copies keep the diagnosis, each of the three lines ends with its key text."""
    write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": HIT, "match-b.log": TWICE, "nomatch-c.log": MISS})
    found = card(tmp_path)
    assert (found.matched, found.unmatched, found.broken, found.named) == ((2, 2), (1, 1), (3, 3), (2, 2))
    assert found.mutated.part == found.mutated.whole > 40
    assert (found.failing, found.weak, found.elsewhere) == ((), (), ())


def test_a_log_that_does_not_match_is_told(tmp_path: Path) -> None:
    """The counts and the name of the log say so, and none of its copies counts as surviving."""
    write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": MISS, "nomatch-b.log": HIT})
    found = card(tmp_path)
    assert (found.matched, found.unmatched) == ((0, 1), (0, 1))
    assert found.mutated.part == 0 < found.mutated.whole
    assert found.failing == ("match-a.log", "nomatch-b.log")
    assert len(found.weak) == found.mutated.whole


def test_an_unreadable_log_proves_nothing(tmp_path: Path) -> None:
    """An empty log does not match, and is no reason to stop."""
    write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": ""})
    assert card(tmp_path).matched == (0, 1)


def test_a_copy_of_its_own_log_counts_once_for_the_precision(tmp_path: Path) -> None:
    """A near miss of the neighbour that is this entry's own log is right; any other log of the neighbour is not."""
    write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": HIT})
    write_entry(
        tmp_path, entry("other", "bent %d"), {"match-a.log": MISS, "nomatch-b.log": HIT, "nomatch-c.log": TWICE}
    )
    found = card(tmp_path)
    assert found.named == (1, 2)
    assert found.elsewhere == ("other/nomatch-c.log",)


def test_hits_on_healthy_logs(tmp_path: Path) -> None:
    """A cause hits where it is named, a harmless line where it occurs."""
    write_entry(tmp_path, entry("root", "broke %d"))
    write_entry(tmp_path, entry("hum", "bent %d", kind="noise"))
    logs = []
    for name, text in {"a.log": HIT, "b.log": MISS, "c.log": "nothing\n"}.items():
        logs.append(tmp_path / name)
        logs[-1].write_text(text, encoding="utf-8")
    assert card(tmp_path, "root", tuple(logs)).healthy == (1, 3)
    assert card(tmp_path, "hum", tuple(logs)).healthy == (1, 3)


def test_a_pattern_without_its_letter_is_another() -> None:
    """The letter that is changed is the middle one of the first text that the line holds."""
    assert broken("Can't bind 3", ["no such", "bind"]) == "Can't biqd 3"
    assert broken("Can't bind 3", ["no such"]) == "Can't bind 3"


def test_processes_and_one_process_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes give the cards of one."""
    write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": HIT, "nomatch-b.log": MISS})
    kb = load_kb(base=tmp_path)
    alone = score(kb)
    monkeypatch.setattr(cards, "FEW", 0)
    assert score(kb, workers=2) == alone


def test_cards_are_kept_until_a_log_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call diagnoses nothing; a changed log is judged again; a damaged cache is made anew."""
    folder = write_entry(tmp_path / "kb", entry("root", "broke %d"), {"match-a.log": HIT})
    (tmp_path / "kb" / "healthy").mkdir()
    first = load_cards(base=tmp_path / "kb")
    with monkeypatch.context() as patch:
        patch.setattr(diagnose.Diagnoser, "diagnose", None)
        assert load_cards(base=tmp_path / "kb") == first
    (folder / "logs" / "match-a.log").write_text(MISS, encoding="utf-8")
    assert load_cards(base=tmp_path / "kb").cards["root"].matched == (0, 1)
    for path in cards.cache_dir().glob("cards-*.json"):
        path.write_text('{"stamp": 1}', encoding="utf-8")
    assert load_cards(base=tmp_path / "kb").cards["root"].matched == (0, 1)


def test_cards_in_a_file(tmp_path: Path) -> None:
    """What is written for the notebooks can be read, and anything else is told."""
    write_entry(tmp_path, entry("root", "broke %d"), {"match-a.log": HIT})
    made = score(load_kb(base=tmp_path))
    write_cards(tmp_path / "cards.json", made)
    assert read_cards(tmp_path / "cards.json") == made
    (tmp_path / "cards.json").write_text("[]", encoding="utf-8")
    with pytest.raises(CriukbError, match="no scorecards"):
        read_cards(tmp_path / "cards.json")


def test_a_card_survives_json() -> None:
    """What is written can be read."""
    one = Share(1, 2)
    found = Card("a", "cause", one, one, one, one, one, one, weak=("x: y",))
    assert Card.from_json(found.as_json()) == found
