"""The report's sections on time: regressions, the weekly failure rate within its limits, changes of single tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from criukb.publish import markdown
from criukb.publish.blocks import Blocks, Markdown, figure_blocks, sequence
from criukb.publish.control_chart import weekly_control
from criukb.publish.run_names import label
from criukb.publish.texts import Texts
from criukb.publish.weekly_contrast import p_text
from criukb.stats.findings import MIN_WEEKS, Change, changes, control
from criukb.stats.history import BASELINE_WEEKS, History
from criukb.stats.rates import Rate
from criukb.stats.records import Case

if TYPE_CHECKING:
    from criukb.publish.weekly import Weekly

MAX_ROWS = 20
_LEFT, _RIGHT = "---", "---:"


def case_cells(case: Case) -> list[str]:
    """Return test and flavor as cells."""
    return [markdown.code(case[0]), markdown.inline(case[1] or "")]


def rate_text(found: Rate, t: Texts) -> str:
    """Write a rate with numerator, denominator and interval."""
    if found.value is None:
        return t("figure.none")
    return t("history.rate", share=t.share(found.numerator, found.denominator), ci=t.interval(found.low, found.high))


def more(report: Weekly, rows: Sequence[object], most: int = MAX_ROWS) -> list[str]:
    """Return the sentence that names the rows left out, or nothing."""
    return [report.t("history.more", n=len(rows) - most)] if len(rows) > most else []


def earlier_weeks(history: History) -> int:
    """Return how many of the eight weeks before have runs."""
    return sum(history.baseline <= one.monday < history.split for one in history.weeks)


def lacking_trends(report: Weekly) -> list[str]:
    """Return a sentence, with its numbers, for each section that the data cannot carry."""
    t, history = report.t, report.history
    lines = []
    if not history.windows:
        lines.append(t("history.lack_regressions", before=earlier_weeks(history), weeks=BASELINE_WEEKS))
    if len(history.weeks) < MIN_WEEKS:
        lines.append(t("history.lack_weeks", have=len(history.weeks), need=MIN_WEEKS))
    return lines


def regression_blocks(report: Weekly) -> Blocks:
    """Tests that fail more often than in the eight weeks before; nothing when there is nothing to compare."""
    t, history = report.t, report.history
    if not history.windows:
        return sequence([])
    found = report.worse_tests
    intro = t("history.reg_intro", tests=t("article.tests_n", n=len(history.windows)), before=earlier_weeks(history))
    parts = [f"## {t('history.reg')}", intro]
    if found:
        columns = [t(f"column.{name}") for name in ("test", "flavor", "before", "now", "q")]
        rows = [[*case_cells(r.key), rate_text(r.before, t), rate_text(r.after, t), p_text(r.q)] for r in found]
        parts += [markdown.raw_table(columns, rows[:MAX_ROWS], [_LEFT, _LEFT, _RIGHT, _RIGHT, _RIGHT])]
        parts += more(report, rows)
    else:
        parts.append(t("history.reg_none"))
    return sequence([Markdown("\n\n".join([*parts, *_left_out(report)]))])


def _left_out(report: Weekly) -> list[str]:
    out = [run for run in report.history.outages if run in report.runs]
    names = report.t.listing([markdown.inline(label(run)) for run in out])
    return [report.t("history.outages", n=len(out), runs=names)] if out else []


def trend_blocks(report: Weekly) -> Blocks:
    """The control chart of the weekly failure rate and the tests whose rate changed; nothing with too few weeks."""
    t, history = report.t, report.history
    if len(history.weeks) < MIN_WEEKS:
        return sequence([])
    chart, weeks = control(history)
    words = {"n": len(chart.points), "first": weeks[0].week, "last": weeks[-1].week}
    note = t("history.trend_note", **words)
    this = weeks[-1]
    parts = [t("history.trend_intro", spread=f"{max(1.0, chart.spread):.1f}")]
    if this.point:
        side = "within" if not this.point.outside else "above" if this.point.share > this.point.upper else "below"
        parts.append(t(f"history.trend_{side}", week=this.week, share=t.share(this.failed, this.ran)))
    head = Markdown("\n\n".join([f"## {t('history.trend')}", *parts]))
    return sequence([head, figure_blocks(weekly_control(chart, weeks, t, note), t), Markdown(_changes(report))])


def _changes(report: Weekly) -> str:
    t, found = report.t, changes(report.history)
    parts = [f"### {t('history.changes')}"]
    if not found:
        return "\n\n".join([*parts, t("history.changes_none")])
    columns = [t(f"column.{name}") for name in ("test", "flavor", "changed", "before", "after", "q")]
    rows = [_change_row(one, t) for one in found]
    table = markdown.raw_table(columns, rows[:MAX_ROWS], [_LEFT, _LEFT, _LEFT, _RIGHT, _RIGHT, _RIGHT])
    return "\n\n".join([*parts, t("history.changes_intro"), table, *more(report, rows)])


def _change_row(one: Change, t: Texts) -> list[str]:
    place = one.week
    if one.earliest != one.latest:
        place = t("history.place", week=one.week, earliest=one.earliest, latest=one.latest)
    return [*case_cells(one.case), place, rate_text(one.before, t), rate_text(one.after, t), p_text(one.q)]
