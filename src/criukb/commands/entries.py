"""Finding an entry that a user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from criukb.kb.base import EntryFolder, KnowledgeBase


def find_entry(kb: KnowledgeBase, name: str) -> EntryFolder:
    """Return the entry with id or former name ``name``; UsageError with near names when there is none."""
    try:
        return kb.get(name)
    except KeyError:
        near = _near(name, kb)
        raise click.UsageError(f"no entry {name!r}{f'; did you mean {near}?' if near else ''}") from None


def _near(name: str, kb: KnowledgeBase) -> str:
    import difflib  # noqa: PLC0415 - only for a mistyped name

    return ", ".join(difflib.get_close_matches(name, [*kb.entries, *kb.aliases], n=3))
