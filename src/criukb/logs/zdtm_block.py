"""A record while it is being read: its lines in bounded memory, its step and its end."""

from __future__ import annotations

from collections import deque

from criukb.logs.zdtm_console import Record
from criukb.logs.zdtm_lines import phase_of

MAX_HEAD = 4_000
MAX_TAIL = 4_000
_MAX_LINE = 4_096


class Open:
    """The record that the lines belong to at the moment."""

    def __init__(self, invocation: int, test: str, flavor: str, line: int, seconds: float | None) -> None:
        self.invocation, self.test, self.flavor = invocation, test, flavor
        self.outcome: str | None = None
        self.exception: str | None = None
        self.fault: int | None = None
        self.interrupted = False
        self._stopped: int | None = None
        self._first, self._last = line, line
        self._began, self._ended = seconds, seconds
        self._step: str | None = None
        self._action: str | None = None
        self._forced = False
        self._rerun = self._rerun_before = 0
        self._head: list[str] = []
        self._tail: deque[str] = deque(maxlen=MAX_TAIL)
        self._count = 0

    @property
    def closed(self) -> bool:
        """Whether a FAIL line was read; what follows it still belongs to the record."""
        return self.outcome is not None

    def add(self, line: str) -> None:
        """Keep a line of the block; the middle of a huge block is dropped."""
        if self.interrupted:
            return
        self._count += 1
        if len(self._head) < MAX_HEAD:
            self._head.append(line[:_MAX_LINE])
        else:
            self._tail.append(line[:_MAX_LINE])

    def launcher_spoke(self, line: int) -> None:
        """The launcher started another test: what follows is no longer this record's, unless it is its PASS or FAIL."""
        if not self.interrupted:
            self.interrupted, self._stopped = True, line

    def step_into(self, action: str) -> None:
        """Note ``Run criu ACTION``: the same action again after a forced fault is the attempt that decides."""
        self._rerun_before = self._rerun
        if self._forced and action == self._action:
            self._rerun = min(self._count, len(self._head))
        self._forced = False
        self._action = action

    def force(self, fault: int) -> None:
        """Note ``Forcing N fault``: the command just started has the fault, so it is no second attempt."""
        self.fault = fault
        self._forced = True
        self._rerun = self._rerun_before

    def close(self, outcome: str, step: str | None, line: int, seconds: float | None) -> None:
        """Note the end of the test; the first FAIL of a record wins."""
        if self.outcome == "fail":
            return
        self.outcome, self._step, self._last, self._ended = outcome, step, line, seconds
        self.interrupted = False

    def finish(self, line: int, *, streaming: bool) -> Record:
        """Make the record. ``line`` is the line being read; ``streaming`` says that time stamps are real."""
        if self.outcome is None:
            self.outcome = "timeout" if self.exception and "TimeoutExpired" in self.exception else "aborted"
            self._step, self._last = self.exception, max((self._stopped or line) - 1, self._first)
            phase = self._action or "test"
        else:
            phase = phase_of(self._step or "")
        passed = self.outcome == "pass"
        timed = streaming and self._began is not None and self._ended is not None and self.outcome != "aborted"
        return Record(
            invocation=self.invocation,
            test=self.test,
            flavor=self.flavor,
            outcome=self.outcome,
            step=self._step,
            phase=None if passed else phase,
            first_line=self._first,
            last_line=self._last,
            block=() if passed else (*self._head, *self._tail),
            dropped=0 if passed else self._count - len(self._head) - len(self._tail),
            fault=self.fault,
            rerun=self._rerun,
            duration_s=round((self._ended or 0) - (self._began or 0), 3) if timed else None,
        )
