"""What any format of test results is read into, before its failures are diagnosed and become rows of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from criukb.runs.meta import RunMeta


@dataclass(frozen=True, slots=True)
class ParsedResult:
    """One result; ``outcome`` is one of ``criukb.runs.schema.OUTCOMES``, ``evidence`` the lines of a failure.

    ``invocation`` counts from 1 within the run; ``first_line`` is the place in the input, from 1; None: not known.
    """

    test: str
    outcome: str
    flavor: str | None = None
    phase: str | None = None
    step: str | None = None
    duration_s: float | None = None
    skip_reason: str | None = None
    first_line: int | None = None
    invocation: int = 1
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedRun:
    """The results of one run and what its input itself states about it; ``options`` are per invocation.

    ``source`` names the format: zdtm-console, zdtm-tap, zdtm-report, junit, github-actions, autopkgtest or kcidb.
    ``identity`` is the text that makes the run this one and no other (empty: the whole input), and ``part`` names the
    part of the input that it was, such as a member of an archive (empty: all of it).
    ``incomplete`` says why the input is cut, at ``cut_line`` (0: not known), and ``dropped`` counts ends of results
    that have no start. ``broken`` says what the suite itself found wrong and no result shows: such a run may not pass.
    """

    source: str
    meta: RunMeta
    results: tuple[ParsedResult, ...]
    options: Mapping[int, str] = field(default_factory=dict)
    warnings: tuple[tuple[int, str], ...] = ()
    incomplete: str | None = None
    cut_line: int = 0
    dropped: int = 0
    identity: bytes = b""
    part: str = ""
    broken: tuple[str, ...] = ()
