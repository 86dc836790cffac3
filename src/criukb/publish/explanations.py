"""What each statistic says, how it is computed and its source: one YAML table per language with equal keys."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from criukb.errors import CriukbError, Fault
from criukb.kb.langs import LANGS, Lang
from criukb.kb.yamltext import Document, read_yaml
from criukb.publish.texts import LOCALE_DIR


@dataclass(frozen=True, slots=True)
class Explanation:
    """The plain texts beside a statistic."""

    name: str
    says: str
    how: str
    source: str


_PARTS = tuple(part.name for part in fields(Explanation))


def load_explanations(folder: Path = LOCALE_DIR) -> dict[Lang, dict[str, Explanation]]:
    """Read both tables by function name; raise CriukbError for a text that one language lacks or that nobody asks."""
    documents = {lang: read_yaml(folder / f"statistics.{lang}.yaml") for lang in LANGS}
    names = sorted({name for document in documents.values() for name in document.data or {}})
    faults = [fault for document in documents.values() for name in names for fault in _faults(document, name)]
    if faults:
        raise CriukbError(faults)
    return {lang: {name: Explanation(**document.data[name]) for name in names} for lang, document in documents.items()}


def _faults(document: Document, name: str) -> list[Fault]:
    table: Any = (document.data or {}).get(name)
    given = table if isinstance(table, dict) else {}
    lacking = [part for part in _PARTS if not isinstance(given.get(part), str)]
    unknown = [part for part in given if part not in _PARTS]
    return [
        *(Fault(document.place((name,)), f"{name} lacks {part}", "write the text") for part in lacking),
        *(Fault(document.place((name, part)), f"{name} has {part}", f"use {', '.join(_PARTS)}") for part in unknown),
    ]


@cache
def explanations(lang: Lang) -> dict[str, Explanation]:
    """Return the explanations in ``lang`` by the name of the function in ``criukb.stats``."""
    return load_explanations()[lang]
