"""The doors that the notebooks of ``reports/`` call: one per notebook, everything cached within a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from criukb.errors import CriukbError
from criukb.kb.base import KnowledgeBase, load_kb
from criukb.kb.langs import LANGS, Lang
from criukb.publish.articles import Article
from criukb.publish.onboarding import Onboarding
from criukb.publish.weekly import Weekly
from criukb.scores.card import Cards
from criukb.scores.cards import load_cards, read_cards
from criukb.stats.measures import Measures


@cache
def _kb(extra: tuple[Path, ...]) -> KnowledgeBase:
    return load_kb(extra)


@cache
def _measures(store: Path) -> Measures:
    return Measures(store)


@cache
def _cards(file: Path | None, extra: tuple[Path, ...]) -> Cards:
    return read_cards(file) if file and file.is_file() else load_cards(extra)


def _paths(extra: Sequence[str]) -> tuple[Path, ...]:
    return tuple(Path(name).resolve() for name in extra)


def _lang(name: str) -> Lang:
    if name not in LANGS:
        raise CriukbError.at(Path("lang"), f"unknown language {name!r}", f"use one of: {', '.join(LANGS)}")
    return name


def article(entry_id: str, lang: str, store: str, extra_kb: Sequence[str] = (), cards: str = "") -> Article:
    """Open the article of one entry.

    ``store`` is the folder of results, which may be missing, and ``cards`` the file of the scorecards; without it they
    are computed.
    """
    kb = _kb(_paths(extra_kb))
    try:
        folder = kb.get(entry_id)
    except KeyError:
        raise CriukbError.at(Path(entry_id), "no entry of this name", "see: criukb kb list") from None
    scored = _cards(Path(cards).resolve() if cards else None, _paths(extra_kb))
    return Article(kb, _measures(Path(store).resolve()), folder, _lang(lang), scored)


def weekly(week: str, lang: str, store: str, extra_kb: Sequence[str] = ()) -> Weekly:
    """Open the report of one ISO week, such as 2026-W48."""
    return Weekly(_kb(_paths(extra_kb)), _measures(Path(store).resolve()), week, _lang(lang))


def onboarding(lang: str, store: str, extra_kb: Sequence[str] = ()) -> Onboarding:
    """Open the reading for newcomers."""
    extra = _paths(extra_kb)
    return Onboarding(_kb(extra), _measures(Path(store).resolve()), _lang(lang), extra)
