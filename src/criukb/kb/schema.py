"""JSON Schema of the knowledge base's YAML files, for editors; generated from the models, never written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from criukb.kb.model import Area, Entry, Term

_FILES = {"entry.schema.json": Entry, "areas.schema.json": list[Area], "glossary.schema.json": list[Term]}


def schemas() -> dict[str, str]:
    """Return file name to schema text, one per kind of YAML file."""
    return {name: _text(model) for name, model in _FILES.items()}


def _text(model: Any) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | TypeAdapter(model).json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
        paths.append(folder / name)
    return paths


def stale_schemas(folder: Path) -> list[str]:
    """Return the names of the schemas in ``folder`` that are missing or not what the models say."""
    return [name for name, text in schemas().items() if not _same(folder / name, text)]


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
