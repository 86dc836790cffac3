"""The report's sections on single failures and tests: their life, the verdicts, and what retries would hide."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from criukb.publish import markdown
from criukb.publish.blocks import Blocks, Markdown, sequence
from criukb.publish.texts import Texts, number
from criukb.publish.weekly_contrast import p_text
from criukb.publish.weekly_trends import case_cells, more, rate_text
from criukb.stats.findings import Retries, retries
from criukb.stats.history import HISTORY_WEEKS
from criukb.stats.lifecycle import Life
from criukb.stats.verdicts import MIN_JUDGED, VERDICTS, Verdict, verdicts

if TYPE_CHECKING:
    from criukb.publish.weekly import Weekly

MAX_LIVES = 10
MAX_TESTS = 15
_LISTED = ("regressed", "new", "fixed", "quiet")
_ALPHA = 0.05
_MESSAGE = 120
_LEFT, _RIGHT = "---", "---:"


def lacking_lives(report: Weekly) -> list[str]:
    """Return a sentence, with its numbers, for each section that the data cannot carry."""
    t = report.t
    lines = []
    if not report.history.has_earlier:
        lines.append(t("history.lack_life", weeks=HISTORY_WEEKS))
    if longest(report) < MIN_JUDGED:
        lines.append(t("history.lack_verdicts", need=MIN_JUDGED, have=longest(report)))
    if not report.history.attempt_pairs:
        second = sum(cost.runs for cost in report.history.attempt_costs if cost.attempt > 1)
        lines.append(t("history.lack_retries", runs=number(second)))
    return lines


def longest(report: Weekly) -> int:
    """Return how many runs the job with most of them has."""
    counts = Counter((run.job, run.variant) for run in report.history.measures.runs if run.started_at)
    return max(counts.values(), default=0)


def life_blocks(report: Weekly) -> Blocks:
    """New, regressed, quiet and fixed failures; nothing without earlier runs."""
    t = report.t
    if not report.history.has_earlier:
        return sequence([])
    lives = report.failure_lives
    parts = [
        f"## {t('history.life')}",
        f"{t('history.life_intro')}{_window(report)}",
        t("history.life_counts", states=report.states()),
    ]
    for state in _LISTED:
        parts += _state(report, state, [one for one in lives if one.state == state])
    return sequence([Markdown("\n\n".join(parts))])


def _window(report: Weekly) -> str:
    space = " " if report.lang == "en" else ""
    return space + report.t("history.window", week=report.week, weeks=HISTORY_WEEKS)


def _state(report: Weekly, state: str, lives: list[Life]) -> list[str]:
    if not lives:
        return []
    t = report.t
    columns = [t(f"column.{name}") for name in ("failure", "first_seen", "last_seen", "seen", "clean")]
    rows = [_life_row(report, one) for one in lives[:MAX_LIVES]]
    table = markdown.raw_table(columns, rows, [_LEFT, _LEFT, _LEFT, _RIGHT, _RIGHT])
    return [f"### {t(f'history.head_{state}')}", table, *more(report, lives, MAX_LIVES)]


def _life_row(report: Weekly, one: Life) -> list[str]:
    t, seen = report.t, one.sighting
    name = report.title_of(seen.name) if seen.kind == "entry" else _message(seen.name, t)
    needed = one.proof.needed
    clean = t("history.clean", clean=one.proof.clean, needed=needed) if needed else number(one.proof.clean)
    dates = [moment.strftime("%Y-%m-%d") for moment in (seen.first_seen, seen.last_seen)]
    return [name, *dates, t.share(seen.seen_runs, seen.chances), clean]


def _message(text: str, t: Texts) -> str:
    return markdown.code(text[:_MESSAGE]) if text else t("weekly.unknown_no_line")


def verdict_blocks(report: Weekly) -> Blocks:
    """Verdicts on the tests, with the broken and the flaky ones; nothing while no job has enough runs."""
    if longest(report) < MIN_JUDGED:
        return sequence([])
    t, found = report.t, verdicts(report.history)
    counts = Counter(one.name for one in found)
    rows = [[t(f"verdict.{name}"), number(counts[name]), t(f"verdict_means.{name}")] for name in VERDICTS]
    columns = [t(f"column.{name}") for name in ("verdict", "tests", "meaning")]
    parts = [f"## {t('history.verdicts')}", t("history.verdicts_intro", week=report.week, weeks=HISTORY_WEEKS)]
    parts += [markdown.raw_table(columns, rows, [_LEFT, _RIGHT, _LEFT])]
    for name in ("broken", "flaky"):
        parts += _tests(report, name, [one for one in found if one.name == name])
    return sequence([Markdown("\n\n".join(parts))])


def _tests(report: Weekly, name: str, found: list[Verdict]) -> list[str]:
    if not found:
        return []
    t = report.t
    columns = [t(f"column.{key}") for key in ("test", "flavor", "class", "rate", "evidence")]
    rows = [_verdict_row(one, t) for one in found[:MAX_TESTS]]
    table = markdown.raw_table(columns, rows, [_LEFT, _LEFT, _LEFT, _RIGHT, _LEFT])
    return [f"### {t(f'history.tests_{name}')}", table, *more(report, found, MAX_TESTS)]


def _verdict_row(one: Verdict, t: Texts) -> list[str]:
    kind = t(f"class.{one.flake_class}") if one.flake_class else t("history.no_class")
    return [*case_cells((one.test, one.flavor)), kind, rate_text(one.evidence.own, t), _evidence(one, t)]


def _evidence(one: Verdict, t: Texts) -> str:
    evidence, pair = one.evidence, one.evidence.same_commit
    if one.name == "broken":
        return t("history.why_streak", n=evidence.streak) if one.why == "streak" else t("history.why_never")
    pairs = sum(sequence_.runs - 1 for sequence_ in evidence.sequences)
    lines = [t("history.why_flips", flips=number(evidence.flips), pairs=number(pairs))]
    if pair and pair.n_flaky:
        lines.insert(0, t("history.why_commits", flaky=number(pair.n_flaky), commits=number(pair.n_groups)))
    return t("list.semicolon").join(lines)


def retry_blocks(report: Weekly) -> Blocks:
    """The arithmetic of retrying whole runs, and whether it holds; nothing without second attempts."""
    t, history = report.t, report.history
    if not history.attempt_pairs:
        return sequence([])
    found = retries(history)
    intro = t("history.retry_intro", share=t.share(found.red.numerator, found.red.denominator))
    columns = [t(f"column.{name}") for name in ("retries", "remaining", "hidden", "minutes")]
    rows = [
        [
            str(one.retries),
            t("history.rate", share=t.percent(one.remaining), ci=t.interval(one.low, one.high)),
            t.percent(one.hidden),
            t("figure.none") if found.minutes is None else f"{one.extra_minutes:.1f}",
        ]
        for one in found.table
    ]
    table = markdown.raw_table(columns, rows, [_RIGHT] * 4)
    parts = [f"## {t('history.retry')}", f"{intro}{_window(report)}", table, *_independence(found, t)]
    return sequence([Markdown("\n\n".join(parts))])


def _independence(found: Retries, t: Texts) -> list[str]:
    tested = found.independence
    if tested is None or tested.p is None or tested.ratio is None:
        return [t("history.retry_untested", pairs=number(found.pairs))]
    words = {
        "pairs": number(found.pairs),
        "again": t.share(tested.after_failure.numerator, tested.after_failure.denominator),
        "fresh": t.share(tested.after_pass.numerator, tested.after_pass.denominator),
        "ratio": f"{tested.ratio:.1f}",
        "p": p_text(tested.p),
    }
    key = "history.retry_dependent" if tested.p <= _ALPHA else "history.retry_independent"
    return [t(key, **words).replace("p = <", "p <")]
