"""The files of a report directory of zdtm.py (``--report DIR``), from a folder or an archive, in bounded memory.

``TEST_FLAVOR/images[.N]/ITER/dump.log`` and its neighbours are the logs of a failed test; N counts its later failures
in the same directory, from 0. ``criu-testreport[.N].tap`` and ``output`` stand beside them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from criukb.errors import CriukbError
from criukb.logs.inputs import Source, sources
from criukb.logs.reader import NoLogError
from criukb.runs.meta import COMPRESSED
from criukb.runs.sources.report_logs import read_log

_CHUNK = 1024 * 1024

_LOG = re.compile(
    r"(?:.*/)?(?P<test>[^/]{1,300})_(?P<flavor>h|ns|uns)/images(?:\.(?P<again>\d{1,6}))?/(?P<log>[^/]{1,40}/[\w-]{1,40}\.log)\Z"
)
_TAP = re.compile(r"criu-testreport(?:\.(?P<again>\d{1,6}))?\.tap\Z")
_CONSOLE = re.compile(r"(?:.+\.)?console\.log\Z")
_ENDINGS = ("", *COMPRESSED)

Attempt = Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class ReportFiles:
    """``logs`` has, for each test and flavor, the logs of each failure in order; names are such as ``1/dump.log``."""

    logs: dict[tuple[str, str], list[Attempt]] = field(default_factory=dict)
    taps: list[bytes] = field(default_factory=list)
    consoles: list[tuple[str, bytes]] = field(default_factory=list)
    output: bytes | None = None

    @property
    def is_report(self) -> bool:
        """Whether anything of a report was found."""
        return bool(self.logs or self.taps or self.output)


def is_report_name(name: str) -> bool:
    """Whether a path below the directory is one of those that zdtm makes."""
    return bool(_LOG.match(name) or _TAP.match(PurePosixPath(name).name))


def collect(path: Path, limit: int) -> ReportFiles:
    """Read what a folder or an archive holds of a report, at most ``limit`` bytes of it; CriukbError when it cannot."""
    return _Collector(path, limit).collect()


class _Collector:
    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._room = limit
        self._limit = limit
        self._found = ReportFiles()
        self._logs: dict[tuple[str, str], dict[int, dict[str, tuple[str, ...]]]] = defaultdict(dict)
        self._taps: dict[int, bytes] = {}

    def collect(self) -> ReportFiles:
        faults: list[CriukbError] = []
        for source in sources(self._path, faults, _wanted):
            if source.path != self._path:
                self._take(source)
        real = [fault for error in faults if not isinstance(error, NoLogError) for fault in error.faults]
        if real and not (len(real) == 1 and self._path.is_dir() and not self._found.is_report and not self._logs):
            raise CriukbError(real)
        self._found.logs = {key: [by[n] for n in sorted(by)] for key, by in sorted(self._logs.items())}
        self._found.taps = [self._taps[n] for n in sorted(self._taps)]
        return self._found

    def _take(self, source: Source) -> None:
        name = self._name(source.path)
        base = _plain(PurePosixPath(name).name)
        if found := _LOG.match(name):
            number = -1 if found["again"] is None else int(found["again"])
            by_number = self._logs[found["test"], found["flavor"]]
            by_number.setdefault(number, {})[found["log"]] = read_log(source.stream, self._spend)
        elif tap := _TAP.match(base):
            self._taps[-1 if tap["again"] is None else int(tap["again"])] = self._read(source)
        elif base == "output":
            self._found.output = self._read(source)
        elif _CONSOLE.match(base):
            self._found.consoles.append((name, self._read(source)))

    def _name(self, path: Path) -> str:
        if self._path.is_dir():
            return path.relative_to(self._path).as_posix()
        return str(path)[len(str(self._path)) + 1 :]

    def _read(self, source: Source) -> bytes:
        parts = []
        while chunk := source.stream.read(_CHUNK):
            self._spend(len(chunk))
            parts.append(chunk)
        return b"".join(parts).replace(b"\r\n", b"\n")

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            hint = "give a part of the report, or raise --max-bytes"
            raise CriukbError.at(self._path, f"more than {self._limit} bytes of logs in this report", hint)


def _plain(name: str) -> str:
    ending = PurePosixPath(name).suffix
    return name.removesuffix(ending) if ending in COMPRESSED else name


def _wanted(name: str) -> bool:
    """Choose by the last part: of a folder's files nothing else is known."""
    base = _plain(PurePosixPath(name).name)
    return base == "output" or base.endswith(".log") or _TAP.match(base) is not None


def companion(path: Path) -> Path | None:
    """Return the console, else the TAP report, of the same run that lies beside ``path``; None when there is none.

    It has the name of the report without what says how it is packed: ``X.failed-logs.tar.xz`` lies by
    ``X.console.log.gz``. Raises CriukbError when there are several of one kind.
    """
    for ending in (".console.log", ".tap"):
        for stem in _stems(path):
            found = [p for packed in _ENDINGS if (p := path.with_name(stem + ending + packed)).is_file()]
            if len(found) > 1:
                hint = "keep one of the two"
                raise CriukbError.at(found[1], f"{found[0].name} is of the same run", hint)
            if found:
                return found[0]
    return None


def _stems(path: Path) -> list[str]:
    name = _plain(path.name)
    for ending in (".tar", ".tgz", ".txz", ".zip"):
        name = name.removesuffix(ending)
    before, _, last = name.rpartition(".")
    return [name, before] if before and re.fullmatch(r"[A-Za-z][\w-]*", last) else [name]
