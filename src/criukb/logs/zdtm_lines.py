"""The lines that zdtm.py itself prints, one small parser per kind. All of them take linear time.

zdtm centres a title in 80 columns with ``=`` or ``#``; a title that is too long has blanks around it and no padding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Flavor = Literal["h", "ns", "uns"]
FLAVORS: tuple[Flavor, ...] = ("h", "ns", "uns")

_RUN = re.compile(r"Run (\S+) in (h|ns|uns)\Z")
_PASS = re.compile(r"Test (\S+) PASS\Z")
_FAIL = re.compile(r"Test (\S+) FAIL at (.*)\Z")
_PROGRESS = re.compile(r"=== Run (\d{1,7})/(\d{1,7}) (?:[=-]{16} ?)?(\S*)\s*\Z")
_SKIP = re.compile(r"Skipping ([^\s/]+/\S+) \((.+)\)\s*\Z")
_FAILED = re.compile(r"(\d{1,7}) TEST\(S\) FAILED \(TOTAL (\d{1,7})/SKIPPED (\d{1,7})\)\Z")
_PASSED = re.compile(r"ALL TEST\(S\) PASSED \(TOTAL (\d{1,7})/SKIPPED (\d{1,7})\)\Z")
_ITEM = re.compile(r" ?\* ([^\s(]+)\((\w+)\)\s*\Z")
_ACTION = re.compile(r"Run criu (\S+)\s*\Z")
_FAULT = re.compile(r"Forcing (\d{1,6}) fault\s*\Z")

PHASES = {
    "CRIU pre-dump": "pre-dump",
    "CRIU dump": "dump",
    "CRIU restore": "restore",
}
_BACKGROUND = re.compile(r"criu (lazy-pages|page-server|dump|restore) exited with")
ACTIONS = frozenset({"pre-dump", "dump", "restore", "lazy-pages", "page-server"})


@dataclass(frozen=True, slots=True)
class Title:
    """A separator with a meaning: ``kind`` is run, pass, fail, failed, passed (summaries) or end."""

    kind: str
    test: str = ""
    detail: str = ""
    counts: tuple[int, int, int] = (0, 0, 0)


def title(line: str) -> Title | None:
    """Read a separator line, padded or not; None when it is none of zdtm's."""
    text = line.strip()
    text = (text.strip("#") if text.startswith("#") else text.strip("=")).strip()
    found = _RUN.match(text)
    if found:
        return Title("run", found[1], found[2])
    found = _PASS.match(text)
    if found:
        return Title("pass", found[1])
    found = _FAIL.match(text)
    if found:
        return Title("fail", found[1], found[2].strip())
    return _summary_title(text, line)


def _summary_title(text: str, line: str) -> Title | None:
    found = _FAILED.match(text)
    if found:
        return Title("failed", counts=(int(found[1]), int(found[2]), int(found[3])))
    found = _PASSED.match(text)
    if found:
        return Title("passed", counts=(0, int(found[1]), int(found[2])))
    if text == "FAIL" and line.startswith("##"):
        return Title("end")
    return None


def progress(line: str) -> tuple[int, int, str] | None:
    """Read ``=== Run i/N bar test`` as index, total and test (empty in consoles of 2015 and 2016)."""
    found = _PROGRESS.match(line)
    return (int(found[1]), int(found[2]), found[3]) if found else None


def skip(line: str) -> tuple[str, str] | None:
    """Read ``Skipping test (reason)``. ``Skipping rtc at root`` names an absent device and is no skip."""
    found = _SKIP.match(line)
    return (found[1], found[2]) if found else None


def failed_item(line: str) -> tuple[str, str] | None:
    """Read a line of the summary's list, `` * test(flavor)``; the flavor may be ``unknown``."""
    found = _ITEM.match(line)
    return (found[1], found[2]) if found else None


def action(line: str) -> str | None:
    """Read ``Run criu ACTION``."""
    found = _ACTION.match(line)
    return found[1] if found else None


def fault(line: str) -> int | None:
    """Read ``Forcing N fault``."""
    found = _FAULT.match(line)
    return int(found[1]) if found else None


def phase_of(step: str) -> str:
    """Return the phase in which a test failed: a criu command's name, or ``test`` for the suite's own checks."""
    if step in PHASES:
        return PHASES[step]
    found = _BACKGROUND.match(step)
    return found[1] if found else "test"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one ``zdtm.py run``, as far as they decide which flavors run and how lines are printed."""

    text: str
    flavors: tuple[str, ...] = ()
    host_only: bool = False
    empty_ns: bool = False
    dry_run: bool = False
    streaming: bool = True
    values: dict[str, str] = field(default_factory=dict)


_WITH_VALUE = {"-f": "flavor", "--flavor": "flavor", "-p": "parallel", "--parallel": "parallel", "--fault": "fault"}
_MAX_WORDS = 400
_MAX_PATH = 300


def invocation(line: str) -> Options | None:
    """Read a shell trace line (``+ ./test/zdtm.py run ...``) or make's echo of one."""
    if not line.startswith(("+", "./", "sudo ", "python", "test/")):
        return None
    head, found, tail = line.partition("zdtm.py ")
    words = tail.split()[:_MAX_WORDS]
    if not found or len(head) > _MAX_PATH or "run" not in words[:3]:
        return None
    return _options(" ".join(words), words)


def _options(text: str, words: list[str]) -> Options:
    values: dict[str, str] = {}
    flags = set()
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        flags.add(name)
        if name in _WITH_VALUE:
            values[_WITH_VALUE[name]] = value if equals else "".join(words[index + 1 : index + 2])
        elif name[:2] in _WITH_VALUE and len(name) > 2 and not name.startswith("--"):  # noqa: PLR2004 - "-p4"
            values[_WITH_VALUE[name[:2]]] = name[2:]
    return Options(
        text=text,
        flavors=tuple(f for f in values.get("flavor", "").split(",") if f in (*FLAVORS, "best")),
        host_only=bool(flags & {"--user", "--join-ns"}),
        empty_ns="--empty-ns" in flags,
        dry_run="--dry-run" in flags,
        streaming=values.get("parallel", "1") == "1" and "--report" not in flags,
        values=values,
    )
