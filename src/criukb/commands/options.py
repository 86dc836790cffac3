"""Options that several commands share."""

from __future__ import annotations

import locale
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from criukb.errors import CriukbError
from criukb.paths import STORE_DIR

_F = TypeVar("_F", bound=Callable[..., Any])


def default_lang() -> str:
    """Return zh when the locale of messages is Chinese, else en."""
    name = next((os.environ[v] for v in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), None)
    name = name or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith("zh") else "en"


def lang_option(function: _F) -> _F:
    """Add ``--lang en|zh`` with the locale's language as default."""
    return click.option(
        "--lang",
        type=click.Choice(["en", "zh"]),
        default=default_lang,
        help="Language of the answer. [default: from the locale]",
    )(function)


def kb_option(function: _F) -> _F:
    """Add ``--kb DIR``, which may be given several times."""
    return click.option(
        "--kb",
        "kb_dirs",
        multiple=True,
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="A private knowledge base on top of the built-in one; may be given several times.",
    )(function)


def store_option(function: _F) -> _F:
    """Add ``--store DIR``."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path, file_okay=False),
        default=STORE_DIR,
        show_default=True,
        help="The store of runs.",
    )(function)


def require_store(store: Path) -> None:
    """Raise CriukbError when there is no folder ``store``."""
    if not store.is_dir():
        raise CriukbError.at(store, "no store of runs here", "make one: criukb ingest PATH... --store DIR --job NAME")


def format_option(*choices: str) -> Callable[[_F], _F]:
    """Add ``--format`` with ``choices``; the first one is the default."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="Form of the answer.",
    )
