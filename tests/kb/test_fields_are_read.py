"""No field of the knowledge base is written for nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import BaseModel

from criukb.kb import model
from criukb.paths import TEMPLATES_DIR

SOURCE = TEMPLATES_DIR.parent / "src" / "criukb"
MODELS = [one for one in vars(model).values() if isinstance(one, type) and issubclass(one, BaseModel)]
FIELDS = sorted({(one.__name__, field) for one in MODELS for field in one.model_fields})
# Read by a name that is put together: the language, the operator of a condition, the outer fact.
BY_NAME = {("Term", f"{group}_{lang}") for group in ("forbidden", "apart") for lang in ("en", "zh")}
BY_NAME |= {("Condition", field) for field in model.Condition.model_fields}
BY_NAME |= {("Facts", field) for field in model.Facts.model_fields}


@pytest.fixture(scope="module")
def readers() -> str:
    """Every program and template that reads the base."""
    files = [path for path in SOURCE.rglob("*.py") if path.name != "model.py" or path.parent.name != "kb"]
    files += list(TEMPLATES_DIR.rglob("*.j2"))
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(files))


@pytest.mark.parametrize(("owner", "field"), FIELDS)
def test_a_field_is_read(owner: str, field: str, readers: str) -> None:
    """Some code or template asks for it as an attribute, or it is one of those that are asked for by name."""
    assert (owner, field) in BY_NAME or re.search(rf"\.{field}\b", readers)


def test_the_names_that_are_put_together_exist() -> None:
    """The exceptions are fields themselves."""
    known: set[Any] = set(FIELDS)
    assert known >= BY_NAME
