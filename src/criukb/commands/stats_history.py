"""The tables of ``criukb stats`` that need the order of the runs: each judges a week by the history up to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from criukb.commands.stats_tables import Row, pick, rate_columns, rounded

if TYPE_CHECKING:
    from criukb.stats.findings import Flake
    from criukb.stats.history import History
    from criukb.stats.lifecycle import Life
    from criukb.stats.rates import Rate
    from criukb.stats.verdicts import Verdict


def _by_week(history: History) -> list[Row]:
    return [
        {
            "week": one.week,
            "runs": one.runs,
            **{name: one.counts.by_outcome[name] for name in ("pass", "skip", "not-run")},
            **pick(one.counts, ("known", "unknown", "failed")),
            **rate_columns(one.counts.failure_rate),
        }
        for one in history.weeks
    ]


def _regressions(history: History) -> list[Row]:
    from criukb.stats.findings import regressed  # noqa: PLC0415 - scipy only when it is needed

    return [
        {
            "test": one.key[0],
            "flavor": one.key[1],
            **_before(one.before),
            "failed": one.after.numerator,
            **rate_columns(one.after),
            "p": rounded(one.p),
            "q": rounded(one.q),
        }
        for one in regressed(history)
    ]


def _before(rate: Rate) -> Row:
    return {
        "failed_before": rate.numerator,
        "ran_before": rate.denominator,
        "rate_before": rounded(rate.value),
    }


def _changes(history: History) -> list[Row]:
    from criukb.stats.findings import changes  # noqa: PLC0415 - scipy only when it is needed

    return [
        {
            "test": one.case[0],
            "flavor": one.case[1],
            "week": one.week,
            "earliest": one.earliest,
            "latest": one.latest,
            **_before(one.before),
            "failed": one.after.numerator,
            **rate_columns(one.after),
            "q": rounded(one.q),
        }
        for one in changes(history)
    ]


def _flakes(history: History) -> list[Row]:
    from criukb.stats.findings import flakes  # noqa: PLC0415 - scipy only when it is needed

    return [_flake(one) for one in flakes(history)]


def _flake(one: Flake) -> Row:
    from criukb.stats.rates import rate  # noqa: PLC0415 - scipy only when it is needed

    groups = one.same_commit.groups if one.same_commit else rate(0, 0)
    return {
        "test": one.case[0],
        "flavor": one.case[1],
        "flaky_commits": groups.numerator,
        "commits": groups.denominator,
        "rate": rounded(groups.value),
        "low": rounded(groups.low),
        "high": rounded(groups.high),
        "example_commit": one.same_commit.example_commit if one.same_commit else None,
        "flips": one.flips,
        "pairs": one.pairs,
    }


def _lifecycle(history: History) -> list[Row]:
    from criukb.stats.lifecycle import lifecycle  # noqa: PLC0415 - scipy only when it is needed

    return [_life(one) for one in lifecycle(history.sightings)]


def _life(one: Life) -> Row:
    facts = pick(one.sighting, ("first_seen", "last_seen", "failures", "tests", "seen_runs", "chances"))
    row = {"state": one.state, "kind": one.sighting.kind, "name": one.sighting.name, **facts}
    old = {"rate": rounded(one.old.value), "low": rounded(one.old.low), "high": rounded(one.old.high)}
    return row | old | {"clean": one.proof.clean, "needed": one.proof.needed}


def _verdicts(history: History) -> list[Row]:
    from criukb.stats.verdicts import verdicts  # noqa: PLC0415 - scipy only when it is needed

    return [_verdict(one) for one in verdicts(history)]


def _verdict(one: Verdict) -> Row:
    own, pair = one.evidence.own, one.evidence.same_commit
    return {
        "verdict": one.name,
        "test": one.test,
        "flavor": one.flavor,
        "class": one.flake_class,
        "why": one.why or None,
        "failed": own.numerator,
        **rate_columns(own),
        "environment": one.evidence.environment,
        "flaky_commits": pair.n_flaky if pair else 0,
        "commits": pair.n_groups if pair else 0,
        "flips": one.evidence.flips,
        "streak": one.evidence.streak,
    }


def _retries(history: History) -> list[Row]:
    from criukb.stats.findings import retries  # noqa: PLC0415 - scipy only when it is needed

    found = retries(history)
    tested = found.independence
    shared = {
        "pairs": found.pairs,
        "ratio": rounded(tested.ratio) if tested else None,
        "p": rounded(tested.p) if tested else None,
    }
    return [
        {
            "retries": one.retries,
            "failed": found.red.numerator,
            "runs": found.red.denominator,
            "remaining": rounded(one.remaining),
            "low": rounded(one.low),
            "high": rounded(one.high),
            "hidden": rounded(one.hidden),
            "extra_minutes": None if found.minutes is None else round(one.extra_minutes, 2),
            **shared,
        }
        for one in found.table
    ]


def _durations(history: History) -> list[Row]:
    from criukb.stats.findings import slower_tests  # noqa: PLC0415 - scipy only when it is needed

    sizes = {(one.job, one.test, one.flavor): (len(one.before), len(one.after)) for one in history.durations}
    return [
        {
            **dict(zip(("job", "test", "flavor"), one.key, strict=True)),
            **dict(zip(("passes_before", "passes"), sizes[one.key], strict=True)),
            "seconds_before": rounded(one.shift.median_before),
            "seconds": rounded(one.shift.median_after),
            **{name: rounded(getattr(one.shift, name)) for name in ("ratio", "low", "high")},
            "q": rounded(one.q),
        }
        for one in slower_tests(history)
    ]


def _cofailures(history: History) -> list[Row]:
    from criukb.stats.findings import groups  # noqa: PLC0415 - scipy only when it is needed
    from criukb.stats.rates import rate  # noqa: PLC0415 - the same

    rows = []
    for one in groups(history):
        share = rate(one.together, one.any_failed)
        counts = {"together": one.together, "any_failed": one.any_failed, "runs": one.runs}
        ends = {"rate": rounded(share.value), "low": rounded(share.low), "high": rounded(share.high)}
        rows.append({"tests": len(one.tests), "group": list(one.tests), **counts, **ends, "q": rounded(one.q)})
    return rows


def _control(history: History) -> list[Row]:
    from criukb.stats.findings import control  # noqa: PLC0415 - scipy only when it is needed

    chart, weeks = control(history)
    return [
        {
            "week": one.week,
            "failed": one.failed,
            "ran": one.ran,
            "rate": rounded(one.point.share) if one.point else None,
            "centre": rounded(chart.centre),
            "lower_limit": rounded(one.point.lower) if one.point else None,
            "upper_limit": rounded(one.point.upper) if one.point else None,
            "outside": one.point.outside if one.point else None,
        }
        for one in weeks
    ]


def _no_changes(history: History) -> bool:
    from criukb.stats.findings import MIN_WEEKS  # noqa: PLC0415 - scipy only when it is needed

    return len(history.weeks) < MIN_WEEKS


# Whether an empty table means that nothing could be compared, rather than that nothing was found.
NOTHING_COMPARED: dict[str, Callable[[Any], bool]] = {
    "regressions": lambda history: not history.windows,
    "changes": _no_changes,
    "flakes": lambda history: not any(runs[0].commit for runs in history.measures.equal_runs()),
    "durations": lambda history: not history.durations,
    "cofailures": lambda history: not history.failures_by_run[1],
}
TABLES: dict[str, Callable[[Any], list[Row]]] = {
    "week": _by_week,
    "regressions": _regressions,
    "changes": _changes,
    "flakes": _flakes,
    "lifecycle": _lifecycle,
    "verdict": _verdicts,
    "retries": _retries,
    "durations": _durations,
    "cofailures": _cofailures,
    "control": _control,
}
