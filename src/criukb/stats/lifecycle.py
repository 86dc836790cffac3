"""The life of a failure: new, known, quiet, fixed, regressed; of each entry and each unknown message of the history.

A *chance* is a run that could have shown the failure: it belongs to a job that showed it, and judged one of the five
tests that showed it in most runs. Places number the chances by start; ``week`` is the last one that is looked at.
Chances and sightings count from ``HISTORY_WEEKS`` weeks before the week on: a failure not seen since is not listed, and
no rate is older. Only the first sighting is that of the whole store, so that what comes back after long is not new.

- **regressed**: seen again after a proved fix. The longest row of clean chances that ended with a sighting, after at
  least three sightings, would have proved a fix at the rate before it, with alpha divided by the number of such rows;
  and no fix is proved since.
- **fixed**: not seen in the week, and the clean chances since the last sighting prove it: at least
  ceil(ln alpha / ln(1 - p)) of them, with p the lower end of the 95 % Wilson interval of the old rate
  (``criukb.stats.proof``).
- **new**: first seen in the week, never before in the whole store, although earlier chances did not show it.
- **quiet**: not seen in the week, although its runs had the chance, and no fix is proved.
- **known**: everything else: seen in the week and before it (or without earlier chances), or no chance in the week.

The old rate counts from the first sighting to the last one and leaves the first one out, for it chose the start:
sightings - 1 of the chances after the first. Fewer than three sightings give no rate and prove nothing.
Silence without a chance proves nothing either: no data is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from criukb.stats.proof import ALPHA, FixProof, fix_proof
from criukb.stats.rates import Rate, rate
from criukb.stats.records import Sighting

State = Literal["regressed", "new", "known", "quiet", "fixed"]
STATES: tuple[State, ...] = get_args(State)
MIN_SIGHTINGS = 3


@dataclass(frozen=True, slots=True)
class Life:
    """One failure with its state; ``old`` is its rate over chances, ``proof`` says how far the proof of a fix is."""

    sighting: Sighting
    state: State
    old: Rate
    proof: FixProof

    @property
    def had_chance(self) -> bool:
        """Whether a run of the week could have shown it."""
        return self.sighting.recent_chances > 0


def life(sighting: Sighting, alpha: float = ALPHA) -> Life:
    """Return the state of one failure; see the definitions above."""
    old = _old_rate(sighting.seen_runs, sighting.first_place, sighting.last_place)
    clean = sighting.chances - sighting.last_place
    proof = _proof(old, clean, alpha)
    return Life(sighting, _state(sighting, proof, alpha), old, proof)


def lifecycle(sightings: Iterable[Sighting]) -> list[Life]:
    """Return every failure with its state, in the order of ``STATES``, then by failures and name."""
    lives = [life(sighting) for sighting in sightings]
    return sorted(lives, key=lambda x: (STATES.index(x.state), -x.sighting.failures, x.sighting.kind, x.sighting.name))


def _old_rate(seen: int, first: int, last: int) -> Rate:
    return rate(seen - 1, last - first) if seen >= MIN_SIGHTINGS else rate(0, 0)


def _proof(old: Rate, clean: int, alpha: float) -> FixProof:
    return fix_proof(old.numerator, old.denominator, clean, 0, alpha)


def _state(sighting: Sighting, proof: FixProof, alpha: float) -> State:
    if proof.proved and not sighting.recent_runs:
        return "fixed"
    if _came_back(sighting, alpha):
        return "regressed"
    if sighting.recent_runs == sighting.seen_runs and not sighting.older:
        return "new" if sighting.chances > sighting.recent_chances else "known"
    return "quiet" if sighting.recent_chances and not sighting.recent_runs else "known"


def _came_back(sighting: Sighting, alpha: float) -> bool:
    clean, place, seen = sighting.gap_clean, sighting.gap_place, sighting.gap_seen
    if clean is None or place is None or seen is None:
        return False
    rows = sighting.seen_runs - MIN_SIGHTINGS
    return _proof(_old_rate(seen, sighting.first_place, place), clean, alpha / rows).proved
