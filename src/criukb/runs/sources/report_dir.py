"""The report directory of ``zdtm.py run --report DIR``, as a folder or an archive: failures with CRIU's own logs.

It holds the failed tests only. The console of the same run, or else its TAP report, says what the others did; it lies
in the directory, or beside it under the same name. The run is then the console's, with more evidence: the one that
was ingested from the console alone is replaced, not counted again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from criukb.errors import CriukbError
from criukb.logs.reader import read_bytes
from criukb.runs.meta import RunMeta, read_side_file, side_file
from criukb.runs.parsed import ParsedResult, ParsedRun
from criukb.runs.sources import Limits, source_named
from criukb.runs.sources.report_files import Attempt, ReportFiles, collect, companion, is_report_name
from criukb.runs.sources.report_join import Joiner, plain_evidence

name: Final = "zdtm-report"
ONLY_FAILED: Final = "a report directory names the failed tests only, and neither console nor TAP report is beside it"
_SHOWN = 5
_TAR = b"ustar"
_SUITES = ("zdtm_static_", "zdtm_transition_", "zdtm_lib_")
_ENDS = (("Restoring FAILED.", "restore"), ("Pre-dumping FAILED.", "pre-dump"), ("Dumping FAILED.", "dump"))


def fits(path: Path, head: bytes) -> bool:
    """Whether it is a folder or a zip with a report's files, or any tar archive."""
    if path.is_dir():
        return _is_report_folder(path)
    if head.startswith(b"PK\3\4"):
        return _is_report_zip(path)
    return head[257:262] == _TAR


def _is_report_folder(path: Path) -> bool:
    patterns = ("criu-testreport*.tap", "*_h/images*/*", "*_ns/images*/*", "*_uns/images*/*")
    return any(next(path.glob(pattern), None) is not None for pattern in patterns)


def _is_report_zip(path: Path) -> bool:
    from criukb.logs.inputs import MAX_MEMBERS, open_zip  # noqa: PLC0415 - only archives need it

    try:
        with path.open("rb") as raw, open_zip(path, raw) as archive:
            return any(is_report_name(member) for member in archive.namelist()[:MAX_MEMBERS])
    except (CriukbError, OSError):
        return False


def read(path: Path, data: bytes, limits: Limits) -> Iterator[ParsedRun]:  # noqa: ARG001 - its parts are read by name
    """Yield the run of the report, joined with the console or the TAP report beside it."""
    files = collect(path, limits.max_bytes)
    if not files.is_report:
        hint = "give the folder that zdtm.py --report DIR made, or an archive of it"
        raise CriukbError.at(path, "no report of zdtm.py in it", hint)
    base = _base(path, files, limits)
    yield _joined(base, files) if base else _alone(files)


def _base(path: Path, files: ReportFiles, limits: Limits) -> ParsedRun | None:
    """Return the run that the console, or else the TAP report, of the same run shows."""
    if len(files.consoles) > 1:
        names = " and ".join(sorted(name for name, _ in files.consoles)[:2])
        raise CriukbError.at(path, f"several consoles in one report: {names}", "keep that of the run")
    beside = None if files.consoles or files.taps else companion(path)
    if beside is not None:
        return _companion_run(beside, limits)
    if files.consoles:
        place, console = files.consoles[0]
        return next(source_named("zdtm-console").read(path / place, console, limits))
    if files.taps:
        return next(source_named("tap").read(path, b"\n".join(files.taps), limits))
    return None


def _companion_run(beside: Path, limits: Limits) -> ParsedRun:
    data = read_bytes(beside, limits.max_bytes).replace(b"\r\n", b"\n")
    kind = "tap" if ".tap" in PurePosixPath(beside.name).suffixes else "zdtm-console"
    run = next(source_named(kind).read(beside, data, limits))
    described = side_file(beside)
    return replace(run, meta=read_side_file(described).over(run.meta)) if described else run


def _joined(base: ParsedRun, files: ReportFiles) -> ParsedRun:
    joiner = Joiner(files.logs)
    results = tuple(joiner.join(base.results))
    return replace(base, source=name, results=results, warnings=(*base.warnings, *_unmatched(joiner)))


def _unmatched(joiner: Joiner) -> list[tuple[int, str]]:
    if not joiner.left:
        return []
    some = ", ".join(joiner.left[:_SHOWN])
    return [(0, f"the logs of {len(joiner.left)} failures are not those that the console quotes: {some}")]


def _alone(files: ReportFiles) -> ParsedRun:
    """Return the failures that the report holds, without those that passed: the run is incomplete."""
    if files.output:
        found = next(source_named("zdtm-console").read(Path("output"), files.output, Limits()))
        run = _joined(replace(found, warnings=()), files)
    else:
        results = tuple(_result(test, flavor, logs) for (test, flavor), logs in _attempts(files))
        run = ParsedRun(name, RunMeta(), results)
    return replace(run, incomplete=ONLY_FAILED, identity=_identity(files))


def _attempts(files: ReportFiles) -> Iterator[tuple[tuple[str, str], tuple[int, Attempt]]]:
    for key, attempts in files.logs.items():
        for number, logs in enumerate(attempts, 1):
            yield key, (number, logs)


def _result(folder: str, flavor: str, attempt: tuple[int, Attempt]) -> ParsedResult:
    number, logs = attempt
    return ParsedResult(
        test=test_name(folder),
        outcome="fail",
        flavor=flavor,
        phase=_phase(logs),
        invocation=number,
        evidence=plain_evidence(logs),
    )


def test_name(folder: str) -> str:
    """Undo what zdtm does to a test's name, for the suites whose tests have no further slash."""
    for suite in _SUITES:
        if folder.startswith(suite):
            return suite.replace("_", "/") + folder.removeprefix(suite)
    return folder


def _phase(logs: Attempt) -> str | None:
    """Return the phase whose log says that it failed; None when none does."""
    for text, phase in _ENDS:
        if any(text in line for lines in logs.values() for line in lines[-20:]):
            return phase
    return None


def _identity(files: ReportFiles) -> bytes:
    stream = io.BytesIO()
    for (test, flavor), (number, logs) in _attempts(files):
        for log in sorted(logs):
            stream.write(f"{test}\0{flavor}\0{number}\0{log}\0".encode("utf-8", "replace"))
            stream.write("\n".join(logs[log]).encode("utf-8", "replace") + b"\0")
    return stream.getvalue() or (files.output or b"")
