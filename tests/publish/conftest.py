"""Small stores and knowledge bases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import kbfactory
from criukb.kb.base import KnowledgeBase
from criukb.stats.measures import Measures
from storefakes import make_kb, make_store, many

__all__ = ["make_kb", "make_store"]

FIXED = {"side": "criu", "release": "4.2", "commit": "abcdef1", "subject": "synthetic fix"}


@pytest.fixture
def old_and_new(
    make_store: Callable[..., Path],
    make_kb: Callable[..., KnowledgeBase],
) -> tuple[KnowledgeBase, Measures]:
    """Two releases on one kernel: the old one fails ten times as often, for a cause fixed between them."""
    kb = make_kb(
        kbfactory.entry("too-new", "too new %d", flake_class="unsupported", fixes=[FIXED], scope={"kernel": ">=6.16"})
    )
    old = many("old", 90, 10, "too-new", criu_version="4.1.1")
    new = many("new", 99, 1, None, criu_version="4.2", unknown_key="Can't do N")
    return kb, Measures(make_store(old, new))
