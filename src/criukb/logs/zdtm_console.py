"""What a zdtm console says, as plain records."""

from __future__ import annotations

from dataclasses import dataclass, field

from criukb.logs.zdtm_lines import Options

# Outcomes of a record that count as a failure.
FAILED = ("fail", "timeout", "aborted")


@dataclass(frozen=True, slots=True)
class Record:
    """One test in one flavor. ``outcome`` is pass, fail, timeout or aborted; lines count from 1.

    ``block`` holds the console's lines from ``first_line`` on, one by one (for failures only); ``dropped`` counts those
    left out of its middle when it is huge. ``rerun`` is the index in ``block`` of a fault run's second attempt, the
    only one that decides.
    ``duration_s`` is known from real time stamps only.
    """

    invocation: int
    test: str
    flavor: str
    outcome: str
    step: str | None
    phase: str | None
    first_line: int
    last_line: int
    block: tuple[str, ...] = ()
    dropped: int = 0
    fault: int | None = None
    rerun: int = 0
    duration_s: float | None = None

    @property
    def evidence(self) -> tuple[str, ...]:
        """The lines that may explain the failure: a fault run's first attempt, which is meant to fail, is left out."""
        return self.block[self.rerun :]


@dataclass(frozen=True, slots=True)
class Skip:
    """A test that the launcher left out, with its reason."""

    invocation: int
    test: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Launch:
    """A test whose child was started: ``=== Run index/total``."""

    invocation: int
    test: str
    index: int
    line: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The suite's own count, one failure per test; ``tests`` are (test, flavor), the flavor may be ``unknown``."""

    failed: int
    total: int
    skipped: int
    tests: tuple[tuple[str, str], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader of a console should know, with its line (0: the whole console)."""

    line: int
    message: str


@dataclass(slots=True)
class Invocation:
    """One execution of ``zdtm.py run``. ``ended`` names its end: summary, fail, crash, or None.

    ``failed`` is the suite's own verdict; it also fails without a failed test, as when a core file was left.
    """

    index: int
    first_line: int
    options: Options | None = None
    userns: bool = True
    total: int | None = None
    last_index: int = 0
    flavors: set[str] = field(default_factory=set)
    ended: str | None = None
    crash: str | None = None
    failed: bool = False
    summary: Summary | None = None


@dataclass(slots=True)
class Console:
    """A whole console. ``incomplete`` says why it is cut (None: whole); ``orphans`` counts ends without a start."""

    facts: dict[str, str] = field(default_factory=dict)
    stamps: str | None = None
    lines: int = 0
    invocations: list[Invocation] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    launches: list[Launch] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    incomplete: Notice | None = None
    orphans: int = 0

    @property
    def summary(self) -> Summary | None:
        """The suite's own count over all invocations; None when none of them printed one."""
        found = [i.summary for i in self.invocations if i.summary]
        if not found:
            return None
        return Summary(
            failed=sum(s.failed for s in found),
            total=sum(s.total for s in found),
            skipped=sum(s.skipped for s in found),
            tests=tuple(test for s in found for test in s.tests),
            line=found[-1].line,
        )

    @property
    def is_zdtm(self) -> bool:
        """Whether the text held anything that only zdtm prints."""
        return bool(self.records or self.launches or self.skips or self.summary)

    def warn(self, line: int, message: str) -> None:
        """Note a warning."""
        self.warnings.append(Notice(line, message))
