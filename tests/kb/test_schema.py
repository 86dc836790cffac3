"""The JSON Schemas are fresh, and agree with the models on the real entries."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import yaml

from criukb.kb.schema import schemas, stale_schemas
from criukb.paths import KB_DIR


def test_fresh() -> None:
    """kb/schema/ holds what the models generate."""
    assert stale_schemas(KB_DIR / "schema") == []


def typed(value: Any, key: str = "") -> Any:
    """Turn the two numeric fields of a condition into numbers, as an editor's YAML reader does."""
    if isinstance(value, dict):
        return {name: typed(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return int(value) if key in {"min", "max"} else value


def test_real_entries_are_valid() -> None:
    """Every entry.yaml, read as an editor reads it, is valid by the schema."""
    validator = jsonschema.Draft202012Validator(json.loads(schemas()["entry.schema.json"]))
    paths = sorted(KB_DIR.glob("entries/*/*/entry.yaml"))
    assert paths
    for path in paths:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506 - text only
        faults = [error.message for error in validator.iter_errors(typed(data)) if error.validator != "type"]
        assert faults == [], path
