"""Putting CRIU's whole logs into the evidence of a failure, where its console quotes only a few lines of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from criukb.logs.criu import LEVEL_TEXTS
from criukb.logs.unwrap import unwrap
from criukb.runs.parsed import ParsedResult
from criukb.runs.schema import FAILED
from criukb.runs.sources.report_files import Attempt

_LOG = "=[log]=> "
_FIRST, _LAST = "- grep Error", "- ERROR OVER -"
_MAX_CHECKED = 200


class Joiner:
    """Hands each failure its logs once; ``left`` counts those whose logs are not of this run."""

    def __init__(self, logs: dict[tuple[str, str], list[Attempt]]) -> None:
        self._logs = {key: list(attempts) for key, attempts in logs.items()}
        self.joined = 0
        self.left: list[str] = []

    def join(self, results: Iterable[ParsedResult]) -> Iterator[ParsedResult]:
        """Yield the results; the evidence of a failure gets its logs in place of the lines that quote them."""
        for result in results:
            attempts = self._logs.get((result.test.replace("/", "_"), result.flavor or ""), [])
            if result.outcome not in FAILED or not attempts:
                yield result
                continue
            found = next((a for a in attempts if _belongs(result.evidence, a)), None)
            if found is None:
                self.left.append(f"{result.test} in {result.flavor}")
                yield result
                continue
            attempts.remove(found)
            self.joined += 1
            yield replace(result, evidence=tuple(spliced(result.evidence, found)))


def _belongs(evidence: Sequence[str], logs: Attempt) -> bool:
    """Whether the console quotes one of the logs, and every line of interest that it quotes stands there."""
    quoted = list(_quoted(evidence))
    lines = {name: {line.rstrip() for line in logs[name]} for name, _ in quoted if name in logs}
    mine = [(name, parts) for name, parts in quoted if name in lines][:_MAX_CHECKED]
    found = [any(part.rstrip() in lines[name] for part in parts) for name, parts in mine]
    wanted = [any(text in part for part in parts for text in LEVEL_TEXTS) for _, parts in mine]
    named = any(line.startswith(_LOG) and _log_name(line) in logs for line in evidence)
    missing = any(w and not f for w, f in zip(wanted, found, strict=True))
    return named and not missing and (any(found) or not mine)


def _quoted(evidence: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each line that a console quotes of a log, unwrapped, with the name of the log."""
    name, inside = "", False
    for line in evidence:
        if line.startswith(_LOG):
            name, inside = _log_name(line), False
        elif _FIRST in line:
            inside = bool(name)
        elif _LAST in line:
            name, inside = "", False
        elif inside:
            yield name, unwrap(line, {})


def spliced(evidence: Sequence[str], logs: Attempt) -> Iterator[str]:
    """Yield the evidence with each quoted log whole at its place, without the lines that were quoted of it."""
    skipping = False
    whole = False
    for line in evidence:
        if line.startswith(_LOG):
            whole = _log_name(line) in logs
            yield line
            yield from logs.get(_log_name(line), ())
        elif whole and _FIRST in line:
            skipping = True
        elif skipping:
            skipping = _LAST not in line
            whole = skipping
        else:
            yield line


def _log_name(line: str) -> str:
    """Return the last two parts of ``=[log]=> dump/TEST/PID/ITER/restore.log``."""
    return "/".join(line.removeprefix(_LOG).strip().split("/")[-2:])


def plain_evidence(logs: Attempt) -> tuple[str, ...]:
    """Return the logs of a failure of which no console is at hand, dump before restore."""
    order = sorted(logs, key=lambda name: (name.split("/")[0].zfill(6), "restore" in name, name))
    return tuple(line for name in order for line in (f"{_LOG}{name}", *logs[name]))
