"""Synthetic results as tables: one slot of a plan, all its runs at once, column by column."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from criukb.runs.schema import OUTCOMES, SCHEMA
from criukb.runs.synthetic_logs import known_excerpt, unknown_words
from criukb.runs.synthetic_plan import (
    Flags,
    Floats,
    Ints,
    Plan,
    commit_of,
    job_facts,
    name_of_test,
    slot_length,
    slot_start,
)

_CODE: Final = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_TIMEOUTS, _ABORTS = 0.07, 0.03  # of the failures
_CAUSES: Final = 12
_OUTAGE: Final = "synthetic-outage"
_PHASES: Final = ("dump", "restore")
_NOISE: Final = 0.15  # standard deviation of a duration's logarithm


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: its facts, and per case the outcome's code and whether its cause is known (shapes: cases)."""

    head: dict[str, Any]
    outage: bool
    outcome: Ints
    known: Flags
    salt: Ints
    duration: Floats


def slot_runs(plan: Plan, slot: int) -> Iterator[pa.Table]:
    """Yield the tables of the runs of ``slot``: first attempts by job, then retries."""
    for run in _runs(plan, slot):
        yield _table(plan, run)


def _runs(plan: Plan, slot: int) -> Iterator[_Run]:
    scenario, chance = plan.scenario, plan.draws(slot)
    shape = (scenario.jobs, plan.cases)
    rates = plan.rates(slot)
    facts = chance.random((4, scenario.jobs))
    judged = chance.random(shape)
    alive: Flags = facts[0] >= scenario.missing
    for attempt in range(1, scenario.attempts + 1):
        if not alive.any():
            return
        failed = judged[:, plan.leader] < rates
        marks = chance.random((3, *shape))
        outcome = _outcomes(failed, marks[0], scenario.not_run, marks[1])
        salt = chance.integers(0, 2**31, shape)
        noise = chance.standard_normal(shape)
        for job in np.flatnonzero(alive).tolist():
            yield _Run(
                head=_head(plan, slot, job, attempt, facts[:, job]),
                outage=attempt == 1 and (slot, job) in plan.outages,
                outcome=outcome[job],
                known=marks[2, job] < scenario.known,
                salt=salt[job],
                duration=plan.durations(slot) * np.exp(_NOISE * noise[job]),
            )
        rates = plan.rates(slot, outages=False)
        alive = alive & (_is_failure(outcome).any(axis=1)) & (chance.random(scenario.jobs) < scenario.retry)
        fresh = chance.random((2, *shape))
        judged = np.where(fresh[0] < scenario.retry_dependence, judged, fresh[1])


def _outcomes(failed: Flags, kind: Floats, not_run: float, present: Floats) -> Ints:
    found = np.where(failed, _CODE["fail"], _CODE["pass"])
    found[failed & (kind < _TIMEOUTS)] = _CODE["timeout"]
    found[failed & (kind >= 1 - _ABORTS)] = _CODE["aborted"]
    found[present < not_run] = _CODE["not-run"]
    return found


def _is_failure(outcome: Ints) -> Flags:
    return (outcome >= _CODE["fail"]) & (outcome <= _CODE["aborted"])


def _head(plan: Plan, slot: int, job: int, attempt: int, draws: Floats) -> dict[str, Any]:
    scenario = plan.scenario
    bare, undated, repeated = draws[1:4] < (scenario.bare, scenario.undated, scenario.repeated)
    facts: dict[str, Any] = job_facts(scenario, job)
    if bare:
        facts |= {"kernel": None, "arch": None, "criu_version": None}
    identity = f"synthetic {scenario.seed} {slot} {job} {attempt}"
    begun = slot_start(scenario, slot) + slot_length(scenario) * (job / scenario.jobs / 2)
    begun += slot_length(scenario) * (0.4 * (attempt - 1) / scenario.attempts)
    return {
        **facts,
        "run_id": hashlib.sha256(identity.encode()).hexdigest()[:24],
        "started_at": None if undated else begun,
        "commit": None if bare else commit_of(scenario, slot),
        "attempt": attempt,
        "repeated": bool(repeated),
    }


def _table(plan: Plan, run: _Run) -> pa.Table:
    cases = np.arange(plan.cases)
    skips = min(plan.scenario.skipped_tests, plan.scenario.tests)
    size = plan.cases + skips
    columns: dict[str, pa.Array] = {
        **_constants(run.head, size),
        **_names(plan, skips),
        **_judgements(plan, run, skips),
        **_failures(plan, run, np.flatnonzero(_is_failure(run.outcome)), size),
        "first_line": pa.array(np.concatenate([cases, np.zeros(skips, np.int64)]) * 40 + 1, pa.int32()),
        "invocation": pa.array(np.ones(size), pa.int32()),
    }
    table = pa.table([columns.get(f.name, pa.nulls(size, f.type)) for f in SCHEMA], schema=SCHEMA)
    return _twice(table) if run.head["repeated"] else table


def _constants(head: dict[str, Any], size: int) -> dict[str, pa.Array]:
    values = {name: head[name] for name in SCHEMA.names if name in head}
    values |= {"source": "synthetic", "synthetic": True}
    return {name: pa.repeat(pa.scalar(v, SCHEMA.field(name).type), size) for name, v in values.items()}


def _names(plan: Plan, skips: int) -> dict[str, pa.Array]:
    flavors = len(plan.scenario.flavors)
    cases = np.arange(plan.cases)
    skipped = [f"{name_of_test(plan.scenario.tests + number)}-skipped" for number in range(skips)]
    tests = [name_of_test(number) for number in range(plan.scenario.tests)] + skipped
    where = np.concatenate([cases // flavors, plan.scenario.tests + np.arange(skips)])
    flavor = np.concatenate([cases % flavors, np.full(skips, flavors)])
    return {"test": _pick(tests, where), "flavor": _pick([*plan.scenario.flavors, None], flavor)}


def _judgements(plan: Plan, run: _Run, skips: int) -> dict[str, pa.Array]:
    outcome = np.concatenate([run.outcome, np.full(skips, _CODE["skip"])])
    reasons = np.concatenate([np.ones(plan.cases, np.int64), np.zeros(skips, np.int64)])
    untimed = outcome > _CODE["aborted"]
    seconds = np.concatenate([np.round(run.duration, 3), np.zeros(skips)])
    return {
        "outcome": _pick(OUTCOMES, outcome),
        "skip_reason": _pick(["synthetic: not supported", None], reasons),
        "duration_s": pa.array(seconds, pa.float64(), mask=untimed),
    }


def _failures(plan: Plan, run: _Run, failing: Ints, size: int) -> dict[str, pa.Array]:
    """Return the columns that only failures have; each case fails in one phase, for one cause or with one message."""
    rows = [_failure(plan, run, case) for case in failing.tolist()]
    at = np.zeros(size, np.int64)
    at[failing] = np.arange(len(failing))
    absent = np.ones(size, np.bool_)
    absent[failing] = False
    places = pa.array(at, mask=absent)
    names = ("phase", "step", "cause", "chain", "verdict", "confidence", "unknown_key", "log_excerpt")
    values = {name: pa.array([row[name] for row in rows], SCHEMA.field(name).type) for name in names}
    return {name: value.take(places) if len(value) else pa.nulls(size, value.type) for name, value in values.items()}


def _failure(plan: Plan, run: _Run, case: int) -> dict[str, Any]:
    known, salt = bool(run.known[case]) or run.outage, int(run.salt[case])
    phase = _PHASES[case % 2]
    test = name_of_test(case // len(plan.scenario.flavors))
    row: dict[str, Any] = {"phase": phase, "step": f"CRIU {phase}", "verdict": "known" if known else "unknown"}
    if known:
        cause = _OUTAGE if run.outage else f"synthetic-cause-{case % _CAUSES:02}"
        excerpt = known_excerpt(cause, salt, test, phase)
        tail = {"cause": cause, "chain": [f"synthetic-{phase}-failed"], "confidence": 0.95, "unknown_key": None}
    else:
        key, excerpt = unknown_words(case % plan.scenario.messages, salt, test, phase)
        tail = {"cause": None, "chain": [], "confidence": None, "unknown_key": key}
    return row | tail | {"log_excerpt": excerpt}


def _twice(table: pa.Table) -> pa.Table:
    again = pa.repeat(pa.scalar(2, pa.int32()), table.num_rows)
    place = table.schema.get_field_index("invocation")
    return pa.concat_tables([table, table.set_column(place, SCHEMA.field(place), again)]).combine_chunks()


def _pick(values: Sequence[str | None], where: Ints) -> pa.Array:
    return pa.array(list(values), pa.string()).take(pa.array(where))
