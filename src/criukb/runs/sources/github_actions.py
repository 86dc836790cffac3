r"""Logs of GitHub Actions: the archive of a workflow run, the output of ``gh run view --log``, the log of one job.

The archive holds ``N_JOB.txt`` for each job, and for most ``JOB/N_STEP.txt`` for each step of it; a number below zero
marks an old stand-in for a log. ``gh run view --log`` puts job, step and a tabulator before each line.
Each job whose log has lines of zdtm is a run; the others are no tests. Nothing is ever unpacked to disk.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from criukb.errors import CriukbError
from criukb.logs.inputs import MAX_MEMBERS, open_zip, shown, zip_member
from criukb.logs.zdtm import parse_console
from criukb.runs.meta import RunMeta, meta_from_console
from criukb.runs.parsed import ParsedRun
from criukb.runs.sources import Limits
from criukb.runs.sources.zdtm_console import console_lines, console_run

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

name: Final = "github-actions"

# All jobs of an archive together may unpack to so many times the limit of one.
_TOTAL: Final = 4
_STAMP: Final = rb"\xef?\xbb?\xbf?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z "
_BOM: Final = b"\xef\xbb\xbf"
_FIRST = re.compile(_STAMP)
_VIEWED = re.compile(rb"([^\t\n]{1,300})\t[^\t\n]{1,300}\t(?=" + _STAMP + rb")")
_NAME_LENGTH: Final = 80
_NUMBERED = re.compile(r"(-?\d{1,10})_(.+)\.txt\Z")
# What the job prints of its environment, and what actions/checkout prints behind "git log -1 --format=%H".
_ATTEMPT = re.compile(rb"Z GITHUB_RUN_ATTEMPT=(\d{1,4})\r?$", re.MULTILINE)
_COMMIT = re.compile(
    rb"Z GITHUB_SHA=([0-9a-f]{40})\r?$"
    rb"|git log -1 --format='?%H'?\r?\n[^\n]{20,40}Z '?([0-9a-f]{40})'?\r?$",
    re.MULTILINE,
)
_ENDED_BADLY = re.compile(rb"##\[error\]([^\r\n]{1,200})")


def fits(path: Path, head: bytes) -> bool:  # noqa: ARG001 - the signature of all sources
    """Whether it is an archive, or its first line has what GitHub puts before each line."""
    if head.startswith(b"PK\3\4"):
        length = int.from_bytes(head[26:28], "little")
        return head[30 : 30 + length].endswith((b".txt", b"/"))
    return bool(_FIRST.match(head) or _VIEWED.match(head))


def read(path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:
    """Yield one run for each job with lines of zdtm; CriukbError when there is none, or the archive is not sound."""
    found = False
    for job, log in _jobs(path, data, limits):
        run = _job_run(job, log)
        if run is not None:
            found = True
            yield run
    if not found:
        hint = "give the log of a job that runs zdtm.py, such as those of CRIU's scripts/ci/run-ci-tests.sh"
        raise CriukbError.at(path, "no job in these logs has lines of zdtm", hint)


def _jobs(path: Path, data: bytes, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield the jobs' names, empty where the input does not tell, with their logs."""
    if data.startswith(b"PK"):
        yield from _archived(path, data, limits)
    elif _VIEWED.match(data):
        yield from _viewed(data)
    else:
        yield "", data


def _viewed(data: bytes) -> Iterator[tuple[str, bytes]]:
    jobs: dict[bytes, list[bytes]] = {}
    for line in data.split(b"\n"):
        found = _VIEWED.match(line)
        if found:
            jobs.setdefault(found[1], []).append(line[found.end() :])
    for job, lines in jobs.items():
        yield job.decode("utf-8", "replace"), b"\n".join(lines)


def _archived(path: Path, data: bytes, limits: Limits) -> Iterator[tuple[str, bytes]]:
    room = limits.max_bytes * _TOTAL
    with open_zip(path, io.BytesIO(data)) as archive:
        for job, members in sorted(_by_job(path, archive.infolist()).items()):
            log = b"".join(_members(path, archive, members, min(room, limits.max_bytes)))
            room -= len(log)
            yield job, log.replace(b"\r\n", b"\n")


def _by_job(path: Path, members: list[ZipInfo]) -> dict[str, list[ZipInfo]]:
    """Return the members that make up each job's log: the whole one, else those of its steps in their order."""
    if len(members) > MAX_MEMBERS:
        raise CriukbError.at(path, f"more than {MAX_MEMBERS} members", "unpack it, and give the logs in it")
    whole: dict[str, list[tuple[int, ZipInfo]]] = {}
    steps: dict[str, list[tuple[int, ZipInfo]]] = {}
    names: dict[str, str] = {}
    for info in members:
        place = PurePosixPath(shown(info.filename))
        if place.is_absolute() or ".." in place.parts:
            raise CriukbError.at(path, f"a member's name leads out of the archive: {place}", "do not use this archive")
        found = _NUMBERED.match(place.name)
        if found:
            job = str(place.parent) if len(place.parts) > 1 else found[2]
            kind = steps if len(place.parts) > 1 else whole
            kind.setdefault(_key(job), []).append((int(found[1]), info))
            names.setdefault(_key(job), job)
    return {names[key]: _best(whole.get(key, []), steps.get(key, [])) for key in names}


def _key(job: str) -> str:
    """Return what names of one job have in common: a folder's is without some signs, and cut."""
    return " ".join(re.sub(r"[/:]", " ", job).split())[:_NAME_LENGTH]


def _best(whole: list[tuple[int, ZipInfo]], steps: list[tuple[int, ZipInfo]]) -> list[ZipInfo]:
    logs = [info for number, info in whole if number >= 0]
    in_order = [info for _, info in sorted(steps, key=lambda step: step[0])]
    return logs or in_order or [info for _, info in whole]


def _members(path: Path, archive: ZipFile, members: Iterable[ZipInfo], room: int) -> Iterator[bytes]:
    faults: list[CriukbError] = []
    for info in members:
        for source in zip_member(path, archive, info, faults):
            while chunk := source.stream.read(1 << 20):
                room -= len(chunk)
                if room < 0:
                    message = "unpacks to more than the limit"
                    raise CriukbError.at(source.path, message, "raise --max-bytes, or give this job's log alone")
                yield chunk
    if faults:
        raise CriukbError([fault for error in faults for fault in error.faults])


def _job_run(job: str, log: bytes) -> ParsedRun | None:
    log = log.removeprefix(_BOM).replace(b"\n" + _BOM, b"\n")
    console = parse_console(console_lines(log))
    if not console.is_zdtm:
        return None
    run = console_run(console, name, log.rstrip(b"\n"))
    ended = tuple(_unexplained(run, log))
    broken = (*run.broken, *(message for _, message in ended))
    meta = _meta(job, log).over(run.meta)
    return replace(run, meta=meta, warnings=(*run.warnings, *ended), part=job, broken=broken)


def _meta(job: str, log: bytes) -> RunMeta:
    """Return what the log says of its job; two answers are none."""
    attempts = {found[1] for found in _ATTEMPT.finditer(log)}
    commits = {found[1] or found[2] for found in _COMMIT.finditer(log)}
    facts = {"job": job[:200].strip(), "variant": job[:200].strip()} if job.strip() else {}
    facts |= {"attempt": attempts.pop().decode()} if len(attempts) == 1 else {}
    facts |= {"commit": commits.pop().decode()} if len(commits) == 1 else {}
    return meta_from_console(facts)


def _unexplained(run: ParsedRun, log: bytes) -> Iterator[tuple[int, str]]:
    """Tell of a job that ended with an error of which no result of zdtm is the reason."""
    found = _ENDED_BADLY.search(log)
    if found and all(result.outcome in {"pass", "skip"} for result in run.results):
        message = found[1].decode("utf-8", "replace").strip()
        yield log.count(b"\n", 0, found.start()) + 1, f"the job failed outside its zdtm tests: {message}"
