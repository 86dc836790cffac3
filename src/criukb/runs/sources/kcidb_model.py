"""The parts of a kcidb report that are read, checked as the schema says; other fields are left alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from criukb.errors import CriukbError, Fault, Place

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_ITEMS: Final = 500_000
MAX_FAULTS: Final = 20
_MAJORS: Final = (4, 5)

Text = Annotated[str, Field(max_length=64 * 1024)]
Id = Annotated[str, Field(min_length=1, max_length=2_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Resource(_Part):
    """A file somewhere else."""

    name: Text
    url: Text


class Environment(_Part):
    """Where a test ran."""

    comment: Text | None = None
    compatible: list[Text] | None = None


class Checkout(_Part):
    """The tested source code."""

    id: Id
    git_commit_hash: Text | None = None
    git_commit_name: Text | None = None


class Build(_Part):
    """The tested build."""

    id: Id
    checkout_id: Id
    architecture: Text | None = None
    config_name: Text | None = None
    compiler: Text | None = None


class Test(_Part):
    """One test run; ``path`` is empty or missing for a whole build, ``duration`` is in seconds."""

    id: Id
    build_id: Id
    path: Text | None = None
    comment: Text | None = None
    status: Annotated[str, Field(pattern=r"^(?:FAIL|ERROR|MISS|PASS|DONE|SKIP)$")] | None = None
    start_time: Text | None = None
    duration: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    log_excerpt: Text | None = None
    log_url: Text | None = None
    output_files: list[Resource] | None = None
    environment: Environment | None = None


class Report(_Part):
    """A report; each part may be missing."""

    checkouts: Annotated[list[Checkout], Field(max_length=MAX_ITEMS)] = []
    builds: Annotated[list[Build], Field(max_length=MAX_ITEMS)] = []
    tests: Annotated[list[Test], Field(max_length=MAX_ITEMS)] = []


def load_report(data: bytes, path: Path) -> Report:
    """Read ``data``, which came from ``path``; CriukbError with the first MAX_FAULTS faults, each with its key."""
    if len(data) > MAX_BYTES:
        raise CriukbError.at(path, f"more than {MAX_BYTES} bytes of JSON", "split the report")
    content = _parse(data, path)
    _check_version(content, path)
    try:
        return Report.model_validate(content)
    except ValidationError as error:
        hint = "validate the report against the schema of kcidb-io, version 4 or 5"
        found = error.errors(include_input=False, include_url=False)[:MAX_FAULTS]
        raise CriukbError([Fault(Place(path), f"{_key(f['loc'])}: {f['msg']}", hint) for f in found]) from error


def _parse(data: bytes, path: Path) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        hint = "check that the report is whole"
        raise CriukbError.at(path, f"no valid JSON: {error.msg}", hint, error.lineno, error.colno) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CriukbError.at(path, f"not UTF-8 at byte {error.start}", "save the report as UTF-8", line) from error
    except RecursionError as error:
        raise CriukbError.at(path, "nested too deeply", "this is no kcidb report") from error
    except ValueError as error:
        raise CriukbError.at(path, f"no valid JSON: {error}", "correct the report") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice[:80]!r} stands twice in one object")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _check_version(content: Any, path: Path) -> None:
    version = content.get("version") if isinstance(content, dict) else None
    major = version.get("major") if isinstance(version, dict) else None
    if type(major) is not int or major not in _MAJORS:
        shown = major if type(major) is int else "none"
        hint = "upgrade the report with kcidb-io to version 4 or 5"
        raise CriukbError.at(path, f"version {shown} of the kcidb schema is not supported", hint, 1)


def _key(location: tuple[int | str, ...]) -> str:
    """Write a place in JSON as ``tests[3].status``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return re.sub(r"[^\w\[\].-]", "?", text.removeprefix("."))
