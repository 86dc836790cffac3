"""Which flavors of a test should have run: a failing one ends the test's child, and the later ones leave no line."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from criukb.logs.zdtm_lines import FLAVORS
from criukb.runs.schema import FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from criukb.logs.zdtm import Console, Invocation

_ALL: tuple[str, ...] = FLAVORS


@dataclass(frozen=True, slots=True)
class Missing:
    """A result that the console does not hold: ``not-run``, or ``aborted`` when the summary names it as failed."""

    invocation: int
    test: str
    flavor: str | None
    outcome: str
    line: int


@cache
def flavor_table() -> Mapping[str, tuple[str, ...]]:
    """Return the flavors of the tests that CRIU restricts, in the order of their descriptions."""
    text = files("criukb.runs").joinpath("zdtm_flavors.json").read_text(encoding="utf-8")
    return MappingProxyType({test: tuple(words.split()) for test, words in json.loads(text)["flavors"].items()})


def expected_flavors(invocation: Invocation, test: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the flavors in which ``test`` should run; ``seen`` are those that some record of the console shows."""
    described = flavor_table().get(test, _ALL)
    options = invocation.options
    if options is None:
        return frozenset(invocation.flavors) & (frozenset(described) | seen)
    if options.flavors == ("best",):
        wanted = frozenset(described[-1:])
    else:
        wanted = frozenset(options.flavors or _ALL) & (frozenset(described) | seen)
    if options.host_only:
        wanted -= {"ns", "uns"}
    if options.empty_ns:
        wanted -= {"h"}
    return wanted if invocation.userns else wanted - {"uns"}


def missing_results(console: Console) -> list[Missing]:
    """Return what should have run and has no record, in the order of the console."""
    return _Finder(console).find()


class _Finder:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[tuple[int, str], set[str]] = defaultdict(set)
        self._ever: dict[str, set[str]] = defaultdict(set)
        self._failed: dict[tuple[int, str], int] = {}
        for record in console.records:
            key = (record.invocation, record.test)
            self._seen[key].add(record.flavor)
            self._ever[record.test].add(record.flavor)
            if record.outcome in FAILED:
                self._failed.setdefault(key, record.last_line)

    def find(self) -> list[Missing]:
        found = [m for key, line in self._failed.items() for m in self._rest(*key, line)]
        for launch in self._console.launches:
            key = (launch.invocation, launch.test)
            if launch.test and key not in self._seen and not self._is_dry(launch.invocation):
                found += self._without_record(launch.invocation, launch.test, launch.line)
                self._seen[key] = set()
        return found

    def _invocation(self, number: int) -> Invocation:
        return self._console.invocations[number - 1]

    def _is_dry(self, number: int) -> bool:
        options = self._invocation(number).options
        return options is not None and options.dry_run

    def _rest(self, number: int, test: str, line: int) -> list[Missing]:
        wanted = expected_flavors(self._invocation(number), test, frozenset(self._ever[test]))
        left = wanted - self._seen[number, test]
        return [Missing(number, test, flavor, "not-run", line) for flavor in _ALL if flavor in left]

    def _without_record(self, number: int, test: str, line: int) -> list[Missing]:
        summary = self._invocation(number).summary
        named = [flavor for name, flavor in (summary.tests if summary else ()) if name == test]
        rows = [Missing(number, test, f if f in _ALL else None, "aborted", line) for f in named]
        self._seen[number, test] = {row.flavor for row in rows if row.flavor}
        return rows + self._rest(number, test, line)
