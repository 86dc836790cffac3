"""What happens in a synthetic history: drawn once, applied slot by slot, and told as the truth."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from criukb.errors import CriukbError
from criukb.runs.synthetic import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_MARGIN: Final = 0.2  # of the history: no change stands nearer to its ends
_PLAN, _SLOT = 0, 1


@dataclass(frozen=True, slots=True)
class Spans:
    """Cases whose rate, or duration, is another one from the slot ``first`` up to before ``last``."""

    case: Ints
    first: Ints
    last: Ints
    value: float

    def at(self, slot: int) -> Ints:
        """Return the cases that are touched in ``slot``."""
        return self.case[(self.first <= slot) & (slot < self.last)]


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawn history. A case is a test in a flavor, numbered test by test; shapes are (cases,) unless said."""

    scenario: Scenario
    base: Floats
    roles: dict[str, Ints]
    regressions: Spans
    fixes: Spans
    bursts: Spans
    shifts: Spans
    leader: Ints  # the case whose draw decides: itself, or the first of its group
    outages: frozenset[tuple[int, int]]  # (slot, job)
    duration: Floats  # seconds, the median

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return len(self.base)

    def rates(self, slot: int, *, outages: bool = True) -> Floats:
        """Return the failure rates in ``slot``, shape (jobs, cases); an outage is over when a run is tried again."""
        scenario = self.scenario
        one = self.base.copy()
        for spans in (self.regressions, self.fixes, self.bursts):
            one[spans.at(slot)] = spans.value
        rates = np.tile(one, (scenario.jobs, 1))
        last = [job for job in range(scenario.jobs) if job_facts(scenario, job)["arch"] == scenario.archs[-1]]
        rates[np.ix_(np.array(last, dtype=np.int64), self.roles["configured"])] = scenario.configured_rate
        for job in range(scenario.jobs):
            if outages and (slot, job) in self.outages:
                rates[job] = scenario.outage_rate
        return rates

    def durations(self, slot: int) -> Floats:
        """Return the median durations in ``slot``, in seconds."""
        found = self.duration.copy()
        found[self.shifts.at(slot)] *= self.shifts.value
        return found

    def draws(self, slot: int) -> np.random.Generator:
        """Return the source of chance of one slot; the same whatever was drawn before."""
        return np.random.default_rng([self.scenario.seed, _SLOT, slot])

    def truth(self) -> dict[str, Any]:
        """Return what was put in, as plain values."""
        scenario = self.scenario
        kinds = dict.fromkeys(range(self.cases), "stable")
        kinds |= {int(case): role for role, cases in self.roles.items() for case in cases}
        return {
            "synthetic": True,
            "scenario": scenario.model_dump(mode="json"),
            "jobs": [job_facts(scenario, job) for job in range(scenario.jobs)],
            "slots": scenario.slots,
            "cases": [self._name(c) | {"kind": kinds[c], "rate": float(self.base[c])} for c in range(self.cases)],
            "regressions": self._events(self.regressions),
            "fixes": self._events(self.fixes),
            "bursts": self._events(self.bursts),
            "duration_shifts": self._events(self.shifts),
            "configured": [self._name(c) | {"arch": scenario.archs[-1]} for c in self.roles["configured"]],
            "groups": [[self._name(c) for c in group] for group in self._groups()],
            "outages": [self._moment(slot) | {"job": job_name(job)} for slot, job in sorted(self.outages)],
        }

    def _name(self, case: int) -> dict[str, Any]:
        test, flavor = divmod(int(case), len(self.scenario.flavors))
        return {"test": name_of_test(test), "flavor": self.scenario.flavors[flavor]}

    def _groups(self) -> list[Ints]:
        found = [np.flatnonzero(self.leader == case) for case in np.unique(self.leader)]
        return [group for group in found if len(group) > 1]

    def _events(self, spans: Spans) -> list[dict[str, Any]]:
        rows = []
        for case, first, last in zip(spans.case.tolist(), spans.first.tolist(), spans.last.tolist(), strict=True):
            end = None if last >= self.scenario.slots else self._moment(last)
            row = {"from": self._moment(first), "until": end, "base": float(self.base[case]), "value": spans.value}
            rows.append(self._name(case) | row)
        return sorted(rows, key=lambda row: (row["test"], row["flavor"]))

    def _moment(self, slot: int) -> dict[str, Any]:
        begun = slot_start(self.scenario, slot)
        return {"slot": slot, "commit": commit_of(self.scenario, slot), "started_at": begun.isoformat()}


def name_of_test(number: int) -> str:
    """Return the name of a synthetic test."""
    return f"zdtm/synthetic/test{number:05}"


def job_name(number: int) -> str:
    """Return the name of a synthetic job."""
    return f"synthetic-{number:02}"


def job_facts(scenario: Scenario, job: int) -> dict[str, str]:
    """Return the facts of a job: neighbouring jobs differ in architecture, then in CRIU version, then in kernel."""
    rest, arch = divmod(job, len(scenario.archs))
    rest, criu = divmod(rest, len(scenario.criu_versions))
    kernel = scenario.kernels[rest % len(scenario.kernels)]
    facts = {"arch": scenario.archs[arch], "criu_version": scenario.criu_versions[criu], "kernel": kernel}
    return {"job": job_name(job), **facts, "distro": "synthetic"}


def slot_length(scenario: Scenario) -> timedelta:
    """Return the time between two slots."""
    return timedelta(weeks=scenario.weeks) / scenario.slots


def slot_start(scenario: Scenario, slot: int) -> Any:
    """Return when a slot begins."""
    return scenario.start + slot * slot_length(scenario)


def commit_of(scenario: Scenario, slot: int) -> str:
    """Return the commit that is tested in a slot."""
    return hashlib.sha1(
        f"synthetic {scenario.seed} {slot // scenario.slots_per_commit}".encode(), usedforsecurity=False
    ).hexdigest()


def draw_plan(scenario: Scenario) -> Plan:
    """Draw a history. Raises CriukbError when there are fewer cases than roles."""
    chance = np.random.default_rng([scenario.seed, _PLAN])
    cases = scenario.tests * len(scenario.flavors)
    roles = _roles(scenario, chance.permutation(cases))
    base = _base_rates(scenario, chance.random(cases))
    base[roles["flaky"]] = scenario.flaky_rate
    base[roles["grouped"]] = scenario.group_rate
    leader = np.arange(cases)
    for group in roles["grouped"].reshape(-1, scenario.group_size):
        leader[group] = group.min()
    length = np.full(scenario.bursts, scenario.burst_slots)
    first = _places(scenario, scenario.bursts, chance)
    return Plan(
        scenario=scenario,
        base=base,
        roles=roles,
        regressions=_from(scenario, roles["regressed"], scenario.regression_rate, chance),
        fixes=_until(scenario, roles["fixed"], scenario.fix_rate, chance),
        bursts=Spans(roles["burst"], first, first + length, scenario.burst_rate),
        shifts=_from(scenario, roles["slower"], scenario.duration_factor, chance),
        leader=leader,
        outages=_outages(scenario, chance),
        duration=np.exp(chance.standard_normal(cases)) * 2,
    )


def _roles(scenario: Scenario, order: Ints) -> dict[str, Ints]:
    sizes = {
        "flaky": scenario.flaky,
        "regressed": scenario.regressions,
        "fixed": scenario.fixes,
        "burst": scenario.bursts,
        "configured": scenario.configured,
        "grouped": scenario.groups * scenario.group_size,
        "slower": scenario.duration_shifts,
    }
    needed = sum(sizes.values())
    if needed > len(order):
        message = f"{needed} cases with a role, but only {len(order)} cases (tests x flavors)"
        raise CriukbError.at(Path("scenario"), message, "raise tests, or lower flaky, regressions, fixes and the like")
    ends = np.cumsum(list(sizes.values()))
    parts = np.split(order[:needed], ends[:-1])
    return {name: np.sort(part) for name, part in zip(sizes, parts, strict=True)}


def _base_rates(scenario: Scenario, draws: Floats) -> Floats:
    shares = np.cumsum([share for share, _ in scenario.base_rates])
    rates = np.array([rate for _, rate in scenario.base_rates])
    return rates[np.minimum(np.searchsorted(shares, draws, side="right"), len(rates) - 1)]


def _places(scenario: Scenario, count: int, chance: np.random.Generator) -> Ints:
    """Draw slots away from both ends, each the first one of its commit."""
    margin = int(scenario.slots * _MARGIN)
    drawn = chance.integers(margin, max(margin + 1, scenario.slots - margin), count)
    return -(-drawn // scenario.slots_per_commit) * scenario.slots_per_commit


def _from(scenario: Scenario, cases: Ints, value: float, chance: np.random.Generator) -> Spans:
    return Spans(cases, _places(scenario, len(cases), chance), np.full(len(cases), scenario.slots), value)


def _until(scenario: Scenario, cases: Ints, value: float, chance: np.random.Generator) -> Spans:
    return Spans(cases, np.zeros(len(cases), dtype=np.int64), _places(scenario, len(cases), chance), value)


def _outages(scenario: Scenario, chance: np.random.Generator) -> frozenset[tuple[int, int]]:
    total = scenario.slots * scenario.jobs
    drawn = chance.choice(total, size=min(scenario.outages, total), replace=False)
    return frozenset((int(number) // scenario.jobs, int(number) % scenario.jobs) for number in drawn)
