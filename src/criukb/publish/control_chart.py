"""The weekly failure rate as a control chart: points, centre line, limits, and the weeks that lie outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from criukb.publish import figure as fg
from criukb.publish.charts import WIDTH
from criukb.publish.figure import Figure, Table
from criukb.publish.texts import Texts, number
from criukb.stats.control import ControlChart
from criukb.stats.findings import ControlledWeek

_MOST_LABELS = 13
_HEIGHT = 3.1


def weekly_control(chart: ControlChart, weeks: Sequence[ControlledWeek], t: Texts, note: str) -> Figure:
    """Line of the weekly failure rate within its limits; weeks without runs leave a gap. At least one week ran."""
    centre = chart.centre or 0.0
    outside = [one for one in weeks if one.point and one.point.outside]
    listing = t.listing([f"{one.week} {t.share(one.failed, one.ran)}" for one in outside])
    words = {"n": len(chart.points), "first": weeks[0].week, "last": weeks[-1].week, "centre": t.percent(centre)}
    alt = t("chart.control.alt", **words, outside=listing or t("chart.control.none"))

    def paint(canvas: Canvas) -> None:
        axes = canvas.add_axes((0.085, 0.16, 0.9, 0.62))
        _limits(axes, weeks)
        axes.axhline(centre, color=fg.MUTED, linewidth=1, label=t("chart.control.centre"))
        _points(axes, weeks, t)
        _finish(canvas, axes, weeks, t)

    svg = fg.draw("weekly-control", (WIDTH, _HEIGHT), alt, paint)
    names = ("week", "failures", "results", "rate", "limits", "outside")
    rows = fg.as_rows([_cells(one, t) for one in weeks])
    table = Table(tuple(t(f"column.{name}") for name in names), rows, frozenset({1, 2, 3, 4}))
    data = {one.week: (one.failed, one.ran) for one in weeks}
    return Figure("weekly-control", svg, alt, t("chart.control.caption"), table, note, data=data)


def _limits(axes: Axes, weeks: Sequence[ControlledWeek]) -> None:
    lower = [one.point.lower if one.point else float("nan") for one in weeks]
    upper = [one.point.upper if one.point else float("nan") for one in weeks]
    axes.fill_between(range(len(weeks)), lower, upper, step="mid", color=fg.SKY, alpha=0.25, linewidth=0)


def _points(axes: Axes, weeks: Sequence[ControlledWeek], t: Texts) -> None:
    shares = [one.point.share if one.point else float("nan") for one in weeks]
    axes.plot(range(len(weeks)), shares, color=fg.BLUE, marker="o", markersize=4.5, label=t("chart.control.share"))
    bad = [(index, one.point.share) for index, one in enumerate(weeks) if one.point and one.point.outside]
    if bad:
        style: dict[str, Any] = {"color": fg.RED, "marker": "D", "markersize": 8, "linestyle": "none"}
        axes.plot(*zip(*bad, strict=True), label=t("chart.control.outside"), **style)


def _finish(canvas: Canvas, axes: Axes, weeks: Sequence[ControlledWeek], t: Texts) -> None:
    step = -(-len(weeks) // _MOST_LABELS)
    places = list(range(len(weeks) - 1, -1, -step))[::-1]
    axes.set_xticks(places, [weeks[place].week[2:] for place in places], fontsize=8)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: t("figure.tick", value=f"{value * 100:g}")))
    axes.grid(visible=True, axis="y")
    canvas.text(0.014, 0.965, t("chart.control.title"), fontsize=11, va="top", color=fg.INK)
    canvas.legend(*axes.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=(0.005, 0.895), ncols=3)


def _cells(one: ControlledWeek, t: Texts) -> list[str]:
    none = t("figure.none")
    if one.point is None:
        return [one.week, number(one.failed), number(one.ran), none, none, none]
    limits = t.interval(one.point.lower, one.point.upper)
    answer = t("answer.yes") if one.point.outside else t("answer.no")
    return [one.week, number(one.failed), number(one.ran), t.percent(one.point.share), limits, answer]
