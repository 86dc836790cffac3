"""Judging a run by a policy: each failure is allowed or not, with the reason, and nothing missing is overlooked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from criukb.gate.policy import RANKS, Allow, Named, Policy
from criukb.gate.run import GateRun, Result
from criukb.runs.schema import FAILED, WHOLE_RUN

Lookup = Callable[[str], Named | None]
Value = str | int | float
_JUDGED = ("pass", *FAILED)


@dataclass(frozen=True, slots=True)
class Note:
    """One reason: a code, and what its sentence needs."""

    code: str
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says of one failure. ``rule`` counts from 1 within ``allow`` (or ``deny`` where it denies)."""

    result: Result
    allowed: bool
    why: Note
    rule: int | None = None
    misses: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one run: ``problems`` are of the whole run, ``decisions`` of its failures, the bad ones first."""

    run: GateRun
    decisions: tuple[Decision, ...]
    problems: tuple[Note, ...]

    @property
    def green(self) -> bool:
        """Whether the run may pass."""
        return not self.problems and all(decision.allowed for decision in self.decisions)

    def count(self, *, allowed: bool) -> int:
        """Return how many failures are allowed, or are not."""
        return sum(decision.allowed == allowed for decision in self.decisions)


def judge(run: GateRun, policy: Policy, lookup: Lookup, day: date | None) -> Verdict:
    """Judge a run; ``day`` is when it ran, None when that is not known: then no rule with an end holds."""
    failures = [result for result in run.results if result.outcome in FAILED]
    decisions = [_decide(result, policy, lookup, day) for result in failures]
    decisions = _bounded(decisions, policy)
    decisions.sort(key=lambda d: (d.allowed, d.result.key))
    return Verdict(run, tuple(decisions), tuple(_problems(run, policy, decisions)))


def _decide(result: Result, policy: Policy, lookup: Lookup, day: date | None) -> Decision:
    if result.outcome == "aborted":
        return Decision(result, allowed=False, why=Note("aborted"))
    if result.cause is None:
        return Decision(result, allowed=False, why=Note("unknown"))
    entry = lookup(result.cause)
    if entry is None:
        return Decision(result, allowed=False, why=Note("no-entry", {"entry": result.cause}))
    for number, rule in enumerate(policy.deny, 1):
        expired = day is not None and rule.until is not None and day > rule.until
        if not expired and rule.selects(entry, result.test, result.flavor, unknown=True):
            return Decision(result, allowed=False, why=Note("denied", {"rule": number}), rule=number)
    return _allowed(result, policy.allow, entry, day)


def _allowed(result: Result, rules: Sequence[Allow], entry: Named, day: date | None) -> Decision:
    misses = []
    for number, rule in enumerate(rules, 1):
        if not rule.selects(entry, result.test, result.flavor, unknown=False):
            continue
        miss = _miss(rule, number, result, entry, day)
        if miss is None:
            return Decision(result, allowed=True, why=Note("allowed", {"rule": number}), rule=number)
        misses.append(miss)
    facts: dict[str, Value] = {"entry": entry.id, "class": entry.flake_class or "-", "evidence": entry.evidence}
    return Decision(result, allowed=False, why=Note("no-rule", facts), misses=tuple(misses))


def _miss(rule: Allow, number: int, result: Result, entry: Named, day: date | None) -> Note | None:
    """Return why a rule that is about this failure does not let it pass; None when it does."""
    if rule.until is not None and day is None:
        return Note("undated", {"rule": number, "until": rule.until.isoformat()})
    if rule.until is not None and day is not None and day > rule.until:
        return Note("expired", {"rule": number, "until": rule.until.isoformat()})
    if rule.evidence is not None and RANKS[entry.evidence] < RANKS[rule.evidence]:
        return Note("low-evidence", {"rule": number, "evidence": entry.evidence, "floor": rule.evidence})
    confidence = result.confidence or 0.0
    if rule.confidence is not None and confidence < rule.confidence:
        return Note("low-confidence", {"rule": number, "confidence": confidence, "floor": rule.confidence})
    return None


def _bounded(decisions: list[Decision], policy: Policy) -> list[Decision]:
    """Take back what a rule allowed more often than it may: which of them are the flakes nobody knows."""
    used = Counter(decision.rule for decision in decisions if decision.allowed)
    over = {n: r.max for n, r in enumerate(policy.allow, 1) if r.max is not None and used[n] > r.max}
    return [
        replace(d, allowed=False, why=Note("over-max", {"rule": d.rule, "count": used[d.rule], "max": over[d.rule]}))
        if d.allowed and d.rule in over
        else d
        for d in decisions
    ]


def _problems(run: GateRun, policy: Policy, decisions: Sequence[Decision]) -> list[Note]:
    said = [result.step or "no reason kept" for result in run.results if result.test == WHOLE_RUN]
    problems = [Note("incomplete", {"reason": reason}) for reason in (*run.faults, *said)]
    outcomes = Counter(result.outcome for result in run.results)
    if not run.results:
        problems.append(Note("no-results"))
    elif not any(outcomes[outcome] for outcome in _JUDGED):
        problems.append(Note("nothing-ran", {"skip": outcomes["skip"], "missing": outcomes["not-run"]}))
    missing = [result for result in unexplained(run.results) if result.test != WHOLE_RUN]
    if missing:
        problems.append(Note("missing", {"count": len(missing), "first": missing[0].test}))
    allowed = sum(decision.allowed for decision in decisions)
    if policy.max_allowed is not None and allowed > policy.max_allowed:
        problems.append(Note("over-total", {"count": allowed, "max": policy.max_allowed}))
    return problems


def unexplained(results: Sequence[Result]) -> list[Result]:
    """Return what did not run, without the flavors that an earlier failure of the same test ended."""
    failed = {(r.invocation, r.test) for r in results if r.outcome in FAILED}
    found = [r for r in results if r.outcome == "not-run" and (r.invocation, r.test) not in failed]
    return sorted(found, key=lambda result: result.key)
