"""The tables of ``criukb stats`` that count the runs of a window: by run, version, cause, test and by level."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from criukb.stats.figures import Counts
    from criukb.stats.measures import Measures
    from criukb.stats.rates import Rate
    from criukb.stats.records import Level

Row = dict[str, Any]


def pick(record: object, names: tuple[str, ...]) -> Row:
    """Return the fields ``names`` of a record."""
    return {name: getattr(record, name) for name in names}


def rate_columns(rate: Rate) -> Row:
    """Give a rate with its denominator and interval; the numerator stands beside it as ``failed``."""
    return {"ran": rate.denominator, "rate": rounded(rate.value), "low": rounded(rate.low), "high": rounded(rate.high)}


def rounded(value: float | None) -> float | None:
    """Round to six digits after the point; tiny p values keep two significant digits."""
    if value is None:
        return None
    return float(f"{value:.2g}") if abs(value) < 1e-4 else round(value, 6)  # noqa: PLR2004


def _by_run(measures: Measures) -> list[Row]:
    names = ("run_id", "job", "started_at", "criu_version")
    return [pick(run, names) | _counts(run.counts) for run in measures.runs]


def _by_version(measures: Measures) -> list[Row]:
    return [pick(found, ("criu_version", "runs")) | _counts(found.counts) for found in measures.versions()]


def _by_cause(measures: Measures) -> list[Row]:
    names = ("cause", "unknown_key", "failures", "runs", "tests", "example_test")
    return [pick(found, names) for found in measures.causes]


def _by_test(measures: Measures) -> list[Row]:
    names = {"pass": "passed", "failed": "failed", "skip": "skipped", "not-run": "not_run"}
    names = {name: name for name in ("test", "flavor", "runs")} | names | {"known": "known", "unknown": "unknown"}
    return [
        {name: getattr(case, field) for name, field in names.items()} | rate_columns(case.failure_rate)
        for case in measures.cases
    ]


def _counts(counts: Counts) -> Row:
    return {**counts.by_outcome, **pick(counts, ("known", "unknown", "failed")), **rate_columns(counts.failure_rate)}


def _by_level(factor: str) -> Callable[[Measures], list[Row]]:
    def table(measures: Measures) -> list[Row]:
        from criukb.stats.findings import level_differences  # noqa: PLC0415 - scipy only when it is needed

        levels = measures.levels.get(factor, ())
        compared = {one.level: one for one in level_differences(levels)}
        return [_level(factor, one, compared.get(one.level or "")) for one in levels]

    return table


def _level(factor: str, one: Level, against: Any) -> Row:
    row = {factor: one.level, "runs": one.runs, "failed": one.n_failed, **rate_columns(one.failure_rate)}
    rest = against.rest if against else None
    return row | {
        "rest_failed": rest.numerator if rest else None,
        "rest_ran": rest.denominator if rest else None,
        "q": rounded(against.q) if against else None,
    }


TABLES: dict[str, Callable[[Measures], list[Row]]] = {
    "run": _by_run,
    "criu_version": _by_version,
    "cause": _by_cause,
    "test": _by_test,
    **{factor: _by_level(factor) for factor in ("flavor", "kernel", "arch", "job")},
}
