"""The arithmetic of retries as a picture: computed from a formula, and marked as such."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from criukb.publish import figure as fg
from criukb.publish.charts import WIDTH
from criukb.publish.figure import Figure, Table
from criukb.publish.texts import Texts
from criukb.stats.rates import after_retries


def retry_curve(t: Texts, chances: Sequence[float] = (0.5, 0.2, 0.05), most: int = 4) -> Figure:
    """Lines of p^(k+1): what independent retries leave of a failure. Computed from the formula, not measured."""
    retries = list(range(most + 1))
    curves = {p: [after_retries(p, k) for k in retries] for p in chances}
    alt = t("chart.retry.alt", chances=t.listing([t.percent(p) for p in chances]))

    def paint(canvas: Canvas) -> None:
        axes = canvas.add_axes((0.1, 0.17, 0.7, 0.64))
        styles = zip(curves.items(), (fg.BLUE, fg.RED, fg.GREEN), ("o", "s", "^"), strict=False)
        for (p, values), colour, mark in styles:
            axes.plot(retries, values, color=colour, marker=mark, markersize=5)
            axes.annotate(
                t("chart.retry.line", p=t.percent(p)),
                (most, values[-1]),
                (8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=colour,
                annotation_clip=False,
            )
        axes.set_yscale("log")
        _log_percent(axes, t)
        axes.grid(visible=True, axis="both")
        axes.set_xticks(retries)
        axes.set_xlabel(t("chart.retry.x"))
        canvas.text(0.014, 0.96, t("chart.retry.title"), fontsize=11, va="top")
        canvas.text(0.014, 0.875, t("chart.retry.y"), fontsize=8.5, va="top", color=fg.MUTED)

    svg = fg.draw("retry-arithmetic", (WIDTH, 3.3), alt, paint)
    columns = (t("chart.retry.x"), *(t("chart.retry.line", p=t.percent(p)) for p in chances))
    cells = fg.as_rows([[k, *(t.percent(curves[p][k]) for p in chances)] for k in retries])
    table = Table(columns, cells, frozenset(range(len(columns))))
    return Figure(
        "retry-arithmetic", svg, alt, t("chart.retry.caption"), table, t("chart.retry.note"), data={"curves": curves}
    )


def _log_percent(axes: Axes, t: Texts) -> None:
    axes.yaxis.set_major_locator(LogLocator(base=10))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: t.percent(value)))
