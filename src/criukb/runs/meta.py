"""What is known of a run beyond its console: from the options, else the side file, else the console itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from criukb.errors import CriukbError, Fault, Place
from criukb.kb.yamltext import Document, read_yaml

SUFFIX = ".meta.yaml"
COMPRESSED = (".gz", ".xz", ".bz2", ".zst")
_MAX_TEXT = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)\Z")


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("contains control characters")
    return value


def parse_time(value: str) -> datetime:
    """Read an ISO 8601 time with its zone, in UTC; raises ValueError."""
    if not _TIME.match(value):
        raise ValueError(f"{value!r} is not a time with a zone, such as 2026-11-23T07:30:00Z")
    return datetime.fromisoformat(value).astimezone(UTC)


Text = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT), AfterValidator(_printable)]


class RunMeta(BaseModel):
    """Facts about one run; None means not known. ``variant`` says how the job was set up, in the job's own words."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    job: Text | None = None
    started_at: datetime | None = None
    criu_version: Text | None = None
    kernel: Text | None = None
    arch: Text | None = None
    distro: Text | None = None
    variant: Text | None = None
    commit: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{7,40}$")] | None = None
    attempt: Annotated[int, Field(ge=1, le=10_000)] | None = None

    def over(self, other: RunMeta) -> RunMeta:
        """Return these facts, completed by those of ``other``."""
        return RunMeta.model_construct(
            **{name: mine if (mine := getattr(self, name)) is not None else getattr(other, name) for name in _FIELDS}
        )


_FIELDS = tuple(RunMeta.model_fields)


def make_meta(values: Mapping[str, str | None], where: Path | None = None, document: Document | None = None) -> RunMeta:
    """Check textual ``values``; raise CriukbError with each fault at its place in ``document`` (or at ``where``)."""
    data: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
    place = Place(where or Path("options"))
    faults: list[Fault] = []
    started = data.pop("started_at", None)
    moment = None
    try:
        moment = parse_time(started) if started is not None else None
    except (ValueError, OverflowError, TypeError) as error:
        here = document.place(("started_at",)) if document else place
        faults.append(Fault(here, f"started_at: {error}", "write it as 2026-11-23T07:30:00Z"))
    try:
        checked = RunMeta.model_validate(data)
    except ValidationError as error:
        faults += [_fault(e, document, place) for e in error.errors()]
        raise CriukbError(faults) from error
    if faults:
        raise CriukbError(faults)
    return checked.model_copy(update={"started_at": moment})


def _fault(error: Any, document: Document | None, place: Place) -> Fault:
    key = tuple(error["loc"])
    name = ".".join(str(part) for part in key)
    if error["type"] == "extra_forbidden":
        message, hint = f"unknown field {name!r}", f"use one of: {', '.join(_FIELDS)}"
    else:
        message, hint = f"{name}: {error['msg']}", "correct the value, or leave the field out when it is not known"
    return Fault(document.place(key) if document else place, message, hint)


def side_file(console: Path) -> Path | None:
    """Return the side file of ``console``: ``<console>.meta.yaml``, with or without the ending of its compression."""
    names = [console.name]
    if console.suffix in COMPRESSED:
        names.append(console.stem)
    found = [path for name in names if (path := console.with_name(name + SUFFIX)).is_file()]
    if len(found) > 1:
        raise CriukbError.at(found[1], f"{found[0].name} describes the same console", "keep one of the two")
    return found[0] if found else None


def read_side_file(path: Path) -> RunMeta:
    """Read a side file; raise CriukbError with every fault and its place."""
    document = read_yaml(path)
    if document.data is None:
        return RunMeta()
    if not isinstance(document.data, dict):
        hint = f"write lines such as 'job: NAME'; the fields are {', '.join(_FIELDS)}"
        raise CriukbError.at(path, "not a mapping of fields", hint, 1)
    return make_meta(document.data, path, document)


def meta_from_console(facts: Mapping[str, str]) -> RunMeta:
    """Return what the console itself stated; a value that is no valid fact is left out."""
    known = {name: value for name, value in facts.items() if name in _FIELDS}
    return make_meta({name: value for name, value in known.items() if _is_fact(name, value)})


def _is_fact(name: str, value: str) -> bool:
    try:
        make_meta({name: value})
    except CriukbError:
        return False
    return True
