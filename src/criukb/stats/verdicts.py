"""The verdict on each test in each flavor: stable, flaky, broken, environment, no data.

It is about the week and the ``HISTORY_WEEKS`` weeks before it: a test without results in them has no verdict.

Results of outages and of bad set-ups, and failures of the classes environment and usage, say nothing about a test and
are left out ("own" results are what stays). Definitions, the first one that holds:

- **no-data**: fewer than five judged results (few), or failures that allow no verdict yet (undecided).
- **environment**: it failed, each of its failures comes from an outage, a bad set-up or an environment's cause, and
  these are at least a tenth of its judged results, or leave fewer than five.
- **stable**: no failure among at least five own results; or every own failure lies before the week and before
  a proved fix (``criukb.stats.proof``, over the runs of the jobs that showed it, with at least three failures).
- **broken**: in some job the latest five runs or more all failed, or it never passed in at least five results.
- **flaky**: it passed and failed in equal runs of one commit, or went from one to the other and back within a job.
  Its class is the one that the entries of most of its failures name.

What never ran is no data, and no data is never stable.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from criukb.stats.history import History
from criukb.stats.proof import FixProof, fix_proof
from criukb.stats.rates import Rate, rate
from criukb.stats.records import Case, CaseCause, JobSequence, SameCommit

Name = Literal["broken", "flaky", "environment", "no-data", "stable"]
Why = Literal[
    "few", "undecided", "never-failed", "fixed", "streak", "never-passed", "same-commit", "back-and-forth", ""
]
VERDICTS: tuple[Name, ...] = get_args(Name)
MIN_JUDGED = 5
MIN_STREAK = 5
_MIN_FAILURES = 3
_NOTABLE = 0.1
_BACK = 2  # changes: there and back


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the store holds on one test: ``own`` failed of own results, the sequences by job, equal runs, causes.

    ``recent``: it failed in the week that is judged.
    """

    own: Rate
    environment: int
    sequences: tuple[JobSequence, ...] = ()
    same_commit: SameCommit | None = None
    causes: tuple[CaseCause, ...] = ()
    recent: bool = False

    @property
    def flips(self) -> int:
        """Changes from pass to failure and back, over all jobs."""
        return sum(one.flips for one in self.sequences)

    @property
    def streak(self) -> int:
        """The longest row of failures that a job ends with."""
        return max((one.current_failed for one in self.sequences), default=0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One test in one flavor with its verdict, why it is so, and its flake class (None: no entry says so)."""

    test: str
    flavor: str | None
    name: Name
    why: Why
    flake_class: str | None
    evidence: Evidence
    proof: FixProof | None = None


def verdicts(history: History) -> list[Verdict]:
    """Return the verdict on every test and flavor in the history, the worst first, most failures first."""
    evidence = _collect(history)
    classes = _Classes(history)
    found = [_verdict(case, evidence[case], classes) for case in sorted(evidence, key=lambda c: (c[0], c[1] or ""))]
    return sorted(found, key=lambda v: (VERDICTS.index(v.name), -v.evidence.own.numerator))


class _Classes:
    def __init__(self, history: History) -> None:
        self._kb = history.kb

    def of(self, causes: Iterable[CaseCause]) -> str | None:
        """Return the class of most failures; None when most have no cause with a class."""
        counts: Counter[str] = Counter()
        for one in causes:
            entry = self._kb.find(one.cause)
            counts[(entry.flake_class if entry else None) or ""] += one.failures
        best = max(sorted(counts), key=counts.__getitem__, default="")
        return best or None


def _collect(history: History) -> dict[Case, Evidence]:
    sequences: dict[Case, list[JobSequence]] = defaultdict(list)
    for one in history.sequences:
        sequences[one.case].append(one)
    causes: dict[Case, list[CaseCause]] = defaultdict(list)
    for cause in history.case_causes:
        if cause.cause not in history.environment_causes:
            causes[cause.test, cause.flavor].append(cause)
    pairs = {(pair.test, pair.flavor): pair for pair in history.same_commit}
    judged = {(one.test, one.flavor): one for one in history.own_cases}
    found = {}
    for key, failed in history.case_failures.items():
        own = judged.get(key)
        rates = rate(own.n_failed, own.n_ran) if own else rate(0, 0)
        other = failed - rates.numerator
        recent = any(one.last_failed_at >= history.split for one in sequences[key])
        found[key] = Evidence(rates, other, tuple(sequences[key]), pairs.get(key), tuple(causes[key]), recent)
    return found


def _verdict(case: Case, evidence: Evidence, classes: _Classes) -> Verdict:
    name, why, proof = _judge(evidence)
    kind = classes.of(evidence.causes) if name == "flaky" else None
    return Verdict(*case, name, why, kind, evidence, proof)


def _judge(evidence: Evidence) -> tuple[Name, Why, FixProof | None]:
    own, spoilt = evidence.own, evidence.environment
    notable = spoilt >= _NOTABLE * (own.denominator + spoilt) or own.denominator < MIN_JUDGED
    if spoilt and notable and not own.numerator:
        return "environment", "", None
    if own.denominator < MIN_JUDGED:
        return "no-data", "few", None
    if not own.numerator:
        return "stable", "never-failed", None
    return _judge_failures(evidence)


def _judge_failures(evidence: Evidence) -> tuple[Name, Why, FixProof | None]:
    own, proof = evidence.own, _proof(evidence.sequences)
    if own.numerator == own.denominator:
        return "broken", "never-passed", None
    if evidence.streak >= MIN_STREAK:
        return "broken", "streak", None
    if proof and proof.proved and not evidence.recent:
        return "stable", "fixed", proof
    if evidence.same_commit and evidence.same_commit.n_flaky:
        return "flaky", "same-commit", proof
    if any(one.flips >= _BACK for one in evidence.sequences):
        return "flaky", "back-and-forth", proof
    return "no-data", "undecided", proof


def _proof(sequences: Sequence[JobSequence]) -> FixProof | None:
    """Return how far a fix is proved by the runs after the last failure in any of the jobs that showed one."""
    failed, runs = sum(one.n_failed for one in sequences), sum(one.runs for one in sequences)
    if failed < _MIN_FAILURES:
        return None
    since, before = sum(one.since_last for one in sequences), sum(one.until_first for one in sequences)
    ran = runs - since - before
    return fix_proof(min(failed - 1, ran), ran, since, 0) if ran > 0 else None


def counts(found: Iterable[Verdict]) -> Counter[str]:
    """Return how many tests have each verdict."""
    return Counter(one.name for one in found)
