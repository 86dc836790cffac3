"""Groups of tests that fail in the same runs more often than chance: one cause behind several names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import false_discovery_control, hypergeom

Test = TypeVar("Test", bound=Hashable)
MAX_TESTS = 1500  # a million pairs; those that fail most often are compared
MIN_OVERLAP = 0.5
_SLICE = 4096  # runs
_Table = np.ndarray[Any, np.dtype[np.int64]]
_Overlaps = tuple[_Table, _Table, _Table]
_Links = list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True)
class Group(Generic[Test]):
    """Tests linked by failing together; ``together`` runs had all of them failed, ``any_failed`` at least one.

    ``q`` is the largest corrected p value among the links. ``runs`` is how many runs there were.
    """

    tests: tuple[Test, ...]
    together: int
    any_failed: int
    runs: int
    q: float


def cofailing(
    failures_by_run: Mapping[Any, Collection[Test]],
    runs: int,
    judged_by_run: Mapping[Any, Collection[Test]] | None = None,
    *,
    alpha: float = 0.05,
    min_together: int = 3,
) -> list[Group[Test]]:
    """Return the groups of tests that fail in the same runs, the largest first.

    ``failures_by_run`` holds the failed tests of each run that had any, ``runs`` counts the runs without as well;
    ``judged_by_run`` says which tests passed or failed in a run, otherwise each run judged all of them.
    Of n runs that judged both tests, with f and g failures, the chance that they coincide in k or more is the
    hypergeometric tail sum over i >= k of C(f, i)·C(n - f, g - i) / C(n, g) (R. A. Fisher 1935, as in
    ``criukb.stats.regressions``), corrected for all pairs by Benjamini and Hochberg (1995). A pair is linked when
    q <= ``alpha``, it failed together ``min_together`` times or more, and that is half or more of the runs in which
    either failed (P. Jaccard, Bulletin de la Société Vaudoise des Sciences Naturelles 37 (1901), 547-579).
    Linked pairs make groups. Give it runs of one configuration: a bad one makes everything coincide.
    Tests with fewer than ``min_together`` failures are left out before, and beyond MAX_TESTS those that fail least.
    Raises ValueError when there are more runs with failures than runs, or a test failed in a run that did not judge it.
    """
    if len(failures_by_run) > runs:
        raise ValueError(f"{len(failures_by_run)} runs with failures are more than {runs} runs")
    where = _runs_by_test(failures_by_run)
    often = [test for test in sorted(where, key=_by_name) if len(where[test]) >= max(1, min_together)]
    tests = sorted(often, key=lambda test: -len(where[test]))[:MAX_TESTS]
    links = _links(_overlaps(tests, where, runs, judged_by_run), alpha, min_together)
    return sorted(_groups(tests, links, where, runs), key=lambda one: (-len(one.tests), one.q))


def _runs_by_test(tests_by_run: Mapping[Any, Collection[Test]]) -> dict[Test, set[Any]]:
    found: dict[Test, set[Any]] = defaultdict(set)
    for run, tests in tests_by_run.items():
        for test in tests:
            found[test].add(run)
    return found


def _overlaps(
    tests: Sequence[Test],
    where: Mapping[Test, set[Any]],
    runs: int,
    judged_by_run: Mapping[Any, Collection[Test]] | None,
) -> _Overlaps:
    """Count for each pair of tests, in the runs that judged both: failed together, either's failures, and the runs."""
    size = len(tests)
    if judged_by_run is None:
        own = np.array([len(where[test]) for test in tests], dtype=np.int64)
        together = _products(tests, where, where)
        return together, np.repeat(own[:, None], size, axis=1), np.full((size, size), runs, dtype=np.int64)
    judged = _runs_by_test(judged_by_run)
    if any(not where[test] <= judged.get(test, set()) for test in tests):
        raise ValueError("a test failed in a run that did not judge it")
    return _products(tests, where, where), _products(tests, where, judged), _products(tests, judged, judged)


def _products(tests: Sequence[Test], left: Mapping[Test, set[Any]], right: Mapping[Test, set[Any]]) -> _Table:
    """Return in how many runs test i is in ``left`` and test j in ``right``; in slices, so that memory is bounded."""
    every = sorted(set().union(*(right[test] for test in tests)), key=_by_name)
    numbers = {run: number for number, run in enumerate(every)}
    found = np.zeros((len(tests), len(tests)), dtype=np.int64)
    sparse = [_incidence(tests, side, numbers) for side in (left, right)]
    for start in range(0, len(every), _SLICE):
        a, b = (side[start : start + _SLICE].toarray().astype(np.float32) for side in sparse)
        found += (a.T @ b).astype(np.int64)
    return found


def _incidence(tests: Sequence[Test], where: Mapping[Test, set[Any]], numbers: Mapping[Any, int]) -> Any:
    cells = [(numbers[run], column) for column, test in enumerate(tests) for run in where[test] if run in numbers]
    rows, columns = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    shape = (len(numbers), len(tests))
    return csr_array((np.ones(len(cells), dtype=np.int8), (rows, columns)), shape=shape)


def _links(counts: _Overlaps, alpha: float, min_together: int) -> _Links:
    """Return the pairs of tests, by number, that go together, with q."""
    first, second = np.triu_indices(len(counts[0]), 1)
    together, f, g, n = (table[first, second] for table in (counts[0], counts[1], counts[1].T, counts[2]))
    distinct, back = np.unique(np.stack([together, n, f, g]), axis=1, return_inverse=True)
    k, total, marked, drawn = distinct
    p_values = np.clip(np.where(k > 0, hypergeom.sf(k - 1, total, marked, drawn), 1.0), 0.0, 1.0)[back.ravel()]
    if not len(p_values):
        return []
    q_values = false_discovery_control(p_values)
    overlap = together / np.maximum(1, f + g - together)
    linked = np.flatnonzero((q_values <= alpha) & (together >= min_together) & (overlap >= MIN_OVERLAP))
    return [(int(first[i]), int(second[i]), float(q_values[i])) for i in linked]


def _groups(tests: Sequence[Test], links: _Links, where: Mapping[Test, set[Any]], runs: int) -> list[Group[Test]]:
    size = len(tests)
    a, b = np.array([link[:2] for link in links], dtype=np.int64).reshape(-1, 2).T
    graph = csr_array((np.ones(len(links)), (a, b)), shape=(size, size))
    label = connected_components(graph, directed=False)[1] if size else np.zeros(0, dtype=np.int64)
    members: dict[int, set[Test]] = defaultdict(set)
    worst: dict[int, float] = defaultdict(float)
    for i, j, q in links:
        members[label[i]] |= {tests[i], tests[j]}
        worst[label[i]] = max(worst[label[i]], q)
    return [_group(tuple(sorted(group, key=_by_name)), where, runs, worst[key]) for key, group in members.items()]


def _group(tests: tuple[Test, ...], where: Mapping[Test, set[Any]], runs: int, q: float) -> Group[Test]:
    sets = [where[test] for test in tests]
    return Group(tests, len(set.intersection(*sets)), len(set.union(*sets)), runs, q)


def _by_name(value: Any) -> str:
    return str(value)
