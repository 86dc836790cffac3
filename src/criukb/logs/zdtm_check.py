"""Cross-checks of a parsed console: is it whole, and does the suite's own count agree with the records."""

from __future__ import annotations

from collections import defaultdict

from criukb.logs.zdtm_console import FAILED, Console, Invocation, Launch, Notice, Record, Skip, Summary

_SHOWN = 5


class _Index:
    """The parts of a console by invocation, so that many invocations cost no more than their lines."""

    def __init__(self, console: Console) -> None:
        self.records: dict[int, list[Record]] = defaultdict(list)
        self.skips: dict[int, list[Skip]] = defaultdict(list)
        self.launches: dict[int, list[Launch]] = defaultdict(list)
        for record in console.records:
            self.records[record.invocation].append(record)
        for skip in console.skips:
            self.skips[skip.invocation].append(skip)
        for launch in console.launches:
            self.launches[launch.invocation].append(launch)

    def without_record(self, number: int) -> list[str]:
        """Return the tests that were launched and have no result in the console."""
        seen = {r.test for r in self.records[number]}
        return [n.test for n in self.launches[number] if n.test and n.test not in seen]

    def reached(self, invocation: Invocation) -> int:
        """Return how many of the tests were launched or skipped."""
        last = self.launches[invocation.index][-1].line if self.launches[invocation.index] else 0
        return invocation.last_index + sum(1 for s in self.skips[invocation.index] if s.line > last)


def check(console: Console) -> None:
    """Set ``console.incomplete`` when the text is cut, and warn of what is missing or does not agree."""
    index = _Index(console)
    for invocation in console.invocations:
        if invocation.options and invocation.options.dry_run:
            continue
        _check_complete(console, invocation, index)
        if invocation.summary:
            _check_counts(console, invocation, invocation.summary, index)
            _check_names(console, invocation, invocation.summary, index)
        missing = index.without_record(invocation.index)
        if missing:
            console.warn(invocation.first_line, f"launched, but no result in the console: {_some(missing)}")
    if console.incomplete is None and console.orphans:
        console.incomplete = Notice(0, f"{console.orphans} results have no start: the beginning is missing")


def _check_complete(console: Console, invocation: Invocation, index: _Index) -> None:
    reason = None if invocation.ended else _unfinished(invocation, index)
    if reason is None:
        return
    last = invocation is console.invocations[-1]
    if last:
        console.incomplete = Notice(console.lines, reason)
    console.warn(console.lines if last else invocation.first_line, reason)


def _unfinished(invocation: Invocation, index: _Index) -> str | None:
    records = index.records[invocation.index]
    if records and records[-1].outcome == "aborted" and records[-1].step is None:
        return f"ends in the middle of {records[-1].test} in {records[-1].flavor}, which counts as aborted"
    if invocation.total is not None and index.reached(invocation) < invocation.total:
        return f"ends after test {index.reached(invocation)} of {invocation.total} without a summary"
    missing = index.without_record(invocation.index)
    return f"ends without a summary and without the output of {_some(missing)}" if missing else None


def _check_counts(console: Console, invocation: Invocation, summary: Summary, index: _Index) -> None:
    skips, launched = len(index.skips[invocation.index]), len(index.launches[invocation.index])
    if skips != summary.skipped:
        console.warn(summary.line, f"the summary counts {summary.skipped} skipped tests, the console shows {skips}")
    rest = summary.total - launched - summary.skipped
    if launched and rest:
        console.warn(summary.line, f"{rest} of {summary.total} tests were neither launched nor skipped")
    if len(summary.tests) != summary.failed:
        console.warn(summary.line, f"the summary counts {summary.failed} failed tests and lists {len(summary.tests)}")


def _check_names(console: Console, invocation: Invocation, summary: Summary, index: _Index) -> None:
    exact = {(r.test, r.flavor) for r in index.records[invocation.index] if r.outcome in FAILED}
    ours = {test for test, _ in exact}
    for test, flavor in summary.tests:
        if test not in ours:
            console.warn(summary.line, f"the summary names {test}({flavor}) as failed, no record does")
        elif flavor != "unknown" and (test, flavor) not in exact:
            console.warn(summary.line, f"the summary says that {test} failed in {flavor}, the records say otherwise")
    extra = sorted(ours - {test for test, _ in summary.tests})
    if extra:
        console.warn(summary.line, f"records failed that the summary does not name: {_some(extra)}")


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
