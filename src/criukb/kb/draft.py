"""Drafts of entries: the part of an entry that a program can know, as ``criukb cluster --draft`` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field

from criukb.errors import CriukbError
from criukb.kb.base import validate
from criukb.kb.model import Kind, Phase, Sample, Signature, Slug, Strict
from criukb.kb.yamltext import read_yaml


class Draft(Strict):
    """A draft: id, area and patterns, and the texts of the logs that ``samples`` name."""

    id: Slug
    area: Slug
    kind: Kind = "cause"
    match: Annotated[list[Signature], Field(min_length=1)]
    phase: Annotated[list[Phase], Field(min_length=1)]
    samples: list[Sample] = Field(default_factory=list)
    logs: dict[str, str] = Field(default_factory=dict)


def read_draft(path: Path) -> Draft:
    """Read a draft; raise CriukbError with the place of every fault."""
    if not path.is_file():
        raise CriukbError.at(path, "no such file", "make drafts: criukb cluster --draft DIR")
    document = read_yaml(path)
    draft = validate(document, Draft)
    missing = sorted({sample.file for sample in draft.samples} ^ set(draft.logs))
    if missing:
        place = document.place(("logs",))
        hint = "give each file of samples its text below logs, and the other way round"
        raise CriukbError.at(place.path, f"logs and samples differ in {', '.join(missing)}", hint, place.line)
    return draft


def pattern_yaml(draft: Draft) -> str:
    """Return the draft's ``match`` and ``phase`` as YAML for an entry's file."""
    match: list[Any] = [signature.model_dump(exclude_defaults=True, by_alias=True) for signature in draft.match]
    return _dump({"match": match, "phase": list(draft.phase)})


def samples_yaml(draft: Draft) -> str:
    """Return the draft's ``samples`` as YAML for an entry's file."""
    return _dump({"samples": [sample.model_dump() for sample in draft.samples]})


def _dump(data: Any) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=4096)
