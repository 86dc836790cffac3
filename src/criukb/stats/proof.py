"""How many clean runs prove a fix, and where one stands."""

from __future__ import annotations

import math
from dataclasses import dataclass

from criukb.stats.rates import rate

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class FixProof:
    """``clean`` results since the fix of the ``needed`` ones (None: the old rate proves nothing), and failures since.

    ``proved`` says that the fault at its old rate would have shown by now; it is never true without old failures.
    """

    needed: int | None
    clean: int
    failed_since: int
    proved: bool

    @property
    def missing(self) -> int | None:
        """How many more clean results the proof needs; None when it cannot be had."""
        return None if self.needed is None or self.failed_since else max(0, self.needed - self.clean)


def runs_needed(old_failed: int, old_ran: int, alpha: float = ALPHA) -> int | None:
    """Return how many clean results in a row are needed: a fault at its old rate stays hidden so long by ``alpha``.

    ceil(ln alpha / ln(1 - p)), with p the lower end of the 95 % Wilson interval of the old rate: (1 - p)^n <= alpha.
    Both errors together, of the old rate and of the proof, stay below alpha + 2.5 %. It assumes independent results.
    Source: the exact bound for zero failures of C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial
    limits illustrated in the case of the binomial", Biometrika 26 (1934), 404-413; p as in ``criukb.stats.rates``.
    None when the fault was never seen, for then nothing can be proved. Raises ValueError for counts or alpha out of
    range.
    """
    if not 0 < alpha < 1:
        raise ValueError("alpha must lie between 0 and 1")
    low = rate(old_failed, old_ran).low
    if low <= 0:
        return None
    return math.ceil(math.log(alpha) / math.log1p(-low))


def fix_proof(old_failed: int, old_ran: int, clean_since: int, failed_since: int, alpha: float = ALPHA) -> FixProof:
    """Return where the proof stands: ``clean_since`` passed and ``failed_since`` failed results since the fix.

    One failure since the fix refutes it, whatever passed. Raises ValueError as ``runs_needed``, and for counts below 0.
    """
    if clean_since < 0 or failed_since < 0:
        raise ValueError("results since the fix count from 0")
    needed = runs_needed(old_failed, old_ran, alpha)
    proved = needed is not None and failed_since == 0 and clean_since >= needed
    return FixProof(needed, clean_since, failed_since, proved)
