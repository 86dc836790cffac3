"""The parser of zdtm consoles: a state machine over the lines of the launcher and of the tests' children.

Only lines whose first character zdtm uses for its own get a closer look; all others go into the open record's block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from criukb.logs import zdtm_lines as grammar
from criukb.logs.ci_stamps import Stamped
from criukb.logs.zdtm_block import Open
from criukb.logs.zdtm_check import check
from criukb.logs.zdtm_console import Console, Invocation, Launch, Notice, Record, Skip, Summary
from criukb.logs.zdtm_header import Header

__all__ = ["Console", "Invocation", "Launch", "Notice", "Record", "Skip", "Summary", "parse_console"]

MAX_WARNINGS = 200


def parse_console(lines: Iterable[str]) -> Console:
    """Parse a console in one pass. Any text is accepted: see ``is_zdtm``, ``incomplete`` and ``warnings``."""
    parser = _Parser(Stamped(lines))
    console = parser.run()
    check(console)
    if len(console.warnings) > MAX_WARNINGS:
        more = len(console.warnings) - MAX_WARNINGS
        console.warnings[MAX_WARNINGS:] = [Notice(0, f"{more} more warnings are not shown")]
    return console


class _Parser:
    """Holds the open record, if any, and the current invocation."""

    def __init__(self, source: Stamped) -> None:
        self.source = source
        self.console = Console(stamps=source.kind)
        self.open: Open | None = None
        self.number = 0
        self.items: list[tuple[str, str]] | None = None
        self.header = Header()
        self.traceback = False
        self.asked = False
        self.handlers: dict[str, Callable[[str], bool]] = {
            "=": self._separator,
            "#": self._separator,
            " ": self._blank_first,
            "T": self._capital_t,
            "R": self._capital_r,
            "S": self._skipping,
            "F": self._forcing,
            "u": self._userns,
            "C": self._checking,
            "*": self._item,
            **dict.fromkeys("+.spt", self._trace),
        }

    def run(self) -> Console:
        handlers = self.handlers
        for number, line in enumerate(self.source, 1):
            self.number = number
            handler = handlers.get(line[:1])
            if self.traceback and not line.startswith((" ", "\t")):
                self._traceback_end(line)
            if handler is not None and handler(line):
                if self.open is not None:
                    self.open.add(line)  # blocks keep the numbering of the console
                continue
            if self.open is not None:
                self.open.add(line)
            elif self.header.wanted:
                self.header.feed(line)
            if " zdtm/" in line and ("PASS =" in line or "=== Run " in line or "= Run " in line):
                self._glued(line)
        return self._finish()

    def _finish(self) -> Console:
        self.console.lines = self.number
        if self.open is not None:
            self._close_open()
        self._end_items()
        self.console.facts = self.header.facts(self.source.first)
        return self.console

    # The launcher's lines.

    def _current(self) -> Invocation:
        """Return the invocation that the line belongs to; a new one after the end of the last."""
        last = self.console.invocations[-1] if self.console.invocations else None
        if last is None or last.ended in ("summary", "fail"):
            return self._new_invocation(None)
        return last

    def _new_invocation(self, options: grammar.Options | None) -> Invocation:
        self._settle()
        new = Invocation(len(self.console.invocations) + 1, self.number, options)
        self.console.invocations.append(new)
        return new

    def _settle(self) -> None:
        """Close whatever is open, at a line that can only come from the launcher."""
        if self.open is not None:
            self._close_open()
        self._end_items()

    def _trace(self, line: str) -> bool:
        options = grammar.invocation(line) if "zdtm.py " in line else None
        if options is None:
            return False
        self._new_invocation(options)
        return True

    def _progress(self, line: str) -> bool:
        found = grammar.progress(line)
        if found is None:
            return False
        index, total, test = found
        self._end_items()
        invocation = self._current()
        if invocation.total not in (None, total) or index <= invocation.last_index:
            invocation = self._new_invocation(None)
        invocation.total, invocation.last_index = total, index
        self.console.launches.append(Launch(invocation.index, test, index, self.number))
        if self.open is not None:
            self.open.launcher_spoke(self.number)
            if self.open.closed:
                self._close_open()
        return True

    def _skipping(self, line: str) -> bool:
        found = grammar.skip(line)
        if found is None:
            return False
        self._end_items()
        self.console.skips.append(Skip(self._current().index, found[0], found[1], self.number))
        return True

    def _userns(self, line: str) -> bool:
        if not line.startswith("userns is "):
            return False
        asked, self.asked = self.asked, False
        if not asked and (self.open is None or self.open.closed):
            invocation = self._current()
            if invocation.total is not None or invocation.ended:
                invocation = self._new_invocation(None)
            invocation.userns = line.startswith("userns is supported")
        return True

    def _checking(self, line: str) -> bool:
        """A test that needs user namespaces asks for them again in the middle of an invocation."""
        self.asked = line.startswith("Checking feature userns")
        return False

    def _item(self, line: str) -> bool:
        found = grammar.failed_item(line) if self.items is not None else None
        if found and self.items is not None:
            self.items.append(found)
        return found is not None

    def _end_items(self) -> None:
        """Attach the list of failed tests to its summary."""
        if self.items is None:
            return
        last = self.console.invocations[-1]
        if last.summary:
            s = last.summary
            last.summary = Summary(s.failed, s.total, s.skipped, tuple(self.items), s.line)
        self.items = None

    # Lines that may be either's.

    def _blank_first(self, line: str) -> bool:
        if line.startswith(" * "):
            return self._item(line)
        return line.startswith((" Test ", " Run ")) and self._separator(line)

    def _capital_t(self, line: str) -> bool:
        if line.startswith("Traceback (most recent call last)"):
            self.traceback = True
        elif line.startswith("The kernel is tainted: "):
            self.console.warn(self.number, f"{line.strip()[:120]}: look for a WARN or Oops in dmesg")
            if self.open is not None and self.open.closed:
                self._close_open()
        elif line.startswith("Test "):
            return self._separator(line)
        return False

    def _capital_r(self, line: str) -> bool:
        if not line.startswith("Run "):
            return False
        action = grammar.action(line)
        if action and self.open is not None:
            self.open.step_into(action)
        return action is None and self._separator(line)

    def _forcing(self, line: str) -> bool:
        number = grammar.fault(line)
        if number is not None and self.open is not None:
            self.open.force(number)
        return False

    def _separator(self, line: str) -> bool:
        if line.startswith("=== Run "):
            return self._progress(line)
        title = grammar.title(line)
        if title is None:
            return False
        getattr(self, f"_on_{title.kind}")(title)
        return True

    def _glued(self, line: str) -> None:
        """A tool's output without a newline stands before a separator on the same line."""
        for mark in ("=== Run ", "== Run ", "= Run ", "== Test ", "= Test "):
            at, before = line.find(mark), self.open
            if at > 0 and self._separator(line[at:]):
                if self.open is not None and self.open is not before:
                    self.open.add(line)
                self.console.warn(self.number, "a separator stood behind other text on one line")
                return

    # The children's lines.

    def _on_run(self, title: grammar.Title) -> None:
        self._settle()
        invocation = self._current()
        invocation.flavors.add(title.detail)
        if invocation.options and invocation.options.dry_run:
            return
        self.open = Open(invocation.index, title.test, title.detail, self.number, self.source.seconds)

    def _on_pass(self, title: grammar.Title) -> None:
        if self.open is None or self.open.test != title.test:
            self._orphan(f"PASS of {title.test}")
        elif self.open.outcome == "fail":
            self.console.warn(self.number, f"{title.test}: PASS after FAIL; the first FAIL counts")
        else:
            self.open.close("pass", None, self.number, self.source.seconds)
            self._close_open()

    def _on_fail(self, title: grammar.Title) -> None:
        if self.open is not None and self.open.test == title.test:
            self.open.close("fail", title.detail, self.number, self.source.seconds)
            return
        last = self.console.records[-1] if self.console.records else None
        if self.open is None and last is not None and last.test == title.test and last.outcome == "pass":
            self.console.records.pop()
            self.console.warn(self.number, f"{title.test}: FAIL after PASS; the FAIL counts")
            self.open = Open(last.invocation, last.test, last.flavor, last.first_line, None)
            self.open.close("fail", title.detail, self.number, None)
            return
        self._orphan(f"FAIL of {title.test}")

    def _orphan(self, what: str) -> None:
        self.console.orphans += 1
        self.console.warn(self.number, f"{what} without a line 'Run ... in ...' before it: dropped")

    def _on_failed(self, title: grammar.Title) -> None:
        self._settle()
        invocation = self._current()
        invocation.ended = "summary"
        invocation.failed = title.kind == "failed"
        failed, total, skipped = title.counts
        invocation.summary = Summary(failed, total, skipped, (), self.number)
        self.items = []

    _on_passed = _on_failed

    def _on_end(self, _title: grammar.Title) -> None:
        self._settle()
        last = self.console.invocations[-1] if self.console.invocations else self._current()
        last.ended = last.ended or "fail"
        last.failed = True

    def _traceback_end(self, line: str) -> None:
        """The first line after a traceback that is not indented names the exception."""
        self.traceback = False
        if line.startswith("Traceback "):
            self.traceback = True
        elif self.open is not None and not self.open.closed and not self.open.interrupted:
            self.open.exception = line.strip()[:200]
        elif self.console.invocations and (self.open is None or self.open.interrupted or "tainted" in line):
            last = self.console.invocations[-1]
            last.crash = line.strip()[:200]
            last.ended = last.ended or "crash"
            self.console.warn(self.number, f"the launcher itself ended with: {last.crash}")

    def _close_open(self) -> None:
        record, self.open = self.open, None
        if record is None:
            return
        invocation = self.console.invocations[record.invocation - 1]
        streaming = invocation.options is not None and invocation.options.streaming
        self.console.records.append(record.finish(self.number, streaming=streaming))
