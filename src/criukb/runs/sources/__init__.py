"""The formats of test results that ``criukb ingest`` reads; each is a module of this package.

A source has a ``name`` (the column ``source`` of the store), ``fits``, which tells its inputs by their content, and
``read``, which yields the runs of one input. Its results carry the lines of each failure; nothing is diagnosed here.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

from criukb.errors import CriukbError
from criukb.logs.reader import NoLogError

if TYPE_CHECKING:
    from criukb.runs.parsed import ParsedRun

DEFAULT_LIMIT: Final = 256 * 1024 * 1024
HEAD: Final = 64 * 1024

# In the order in which they are asked; the console is last, because its lines may stand behind megabytes of others.
MODULES: Final = MappingProxyType(
    {
        "tap": "criukb.runs.sources.tap",
        "junit": "criukb.runs.sources.junit",
        "kcidb": "criukb.runs.sources.kcidb",
        "zdtm-report": "criukb.runs.sources.report_dir",
        "github-actions": "criukb.runs.sources.github_actions",
        "autopkgtest": "criukb.runs.sources.autopkgtest",
        "zdtm-console": "criukb.runs.sources.zdtm_console",
    }
)
NAMES: Final = tuple(MODULES)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a source may read: bytes of one input, and of each part that it unpacks from it."""

    max_bytes: int = DEFAULT_LIMIT


class Source(Protocol):
    """One format of test results."""

    @property
    def name(self) -> str:
        """The name of the format, a key of MODULES."""

    def fits(self, path: Path, head: bytes) -> bool:
        """Whether ``path`` is of this format; ``head`` are its first HEAD bytes, decompressed, none of a folder."""

    def read(self, path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:
        """Yield the runs in ``data``, the whole content of ``path``, decompressed, with LF (empty for a folder).

        Raises CriukbError when it is not of this format, damaged or too large.
        """


def source_named(name: str) -> Source:
    """Return the source ``name``, which is a key of MODULES."""
    return cast("Source", importlib.import_module(MODULES[name]))


def find_source(path: Path, head: bytes) -> Source:
    """Return the first source that the input at ``path``, which begins with ``head``, fits; CriukbError if none."""
    for name in NAMES:
        source = source_named(name)
        if source.fits(path, head):
            return source
    if b"\0" in head:
        hint = "give the text that zdtm.py printed, a report, or an archive of job logs"
        raise NoLogError.at(path, "this is no test result: it holds binary data", hint)
    raise CriukbError.at(path, "not a format of test results", f"name it with --source: {', '.join(NAMES)}")
