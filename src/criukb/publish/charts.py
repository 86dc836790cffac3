"""The charts: each takes plain numbers and the sentences of a language and returns a finished Figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from criukb.publish import figure as fg
from criukb.publish import layout
from criukb.publish.figure import Figure, Table
from criukb.publish.texts import Texts, number
from criukb.stats.figures import Counts
from criukb.stats.rates import Rate

WIDTH = 7.4
OUTCOMES = ("pass", "fail", "timeout", "aborted", "not-run", "skip")
_COLOURS = dict(zip(OUTCOMES, (fg.BLUE, fg.RED, fg.ORANGE, fg.PURPLE, "#e4e7eb", fg.GREY), strict=True))
_HATCH = {"not-run": "////", "timeout": "....", "aborted": "xxxx"}
_LABEL_SIZE = 9.0
_LABEL_WIDTH = 2.5
_LINE = 0.155
_HEAD, _FOOT = 0.5, 0.55


@dataclass(frozen=True, slots=True)
class Bar:
    """A named count."""

    label: str
    value: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class RunBar:
    """One run's results by outcome."""

    label: str
    counts: Counts


@dataclass(slots=True)
class _Rows:
    """Geometry of a chart of rows: wrapped labels, the height that each takes, and the size of the whole."""

    labels: list[list[str]]
    heights: list[float]

    @classmethod
    def of(cls, labels: Sequence[str], least: float = 0.34) -> _Rows:
        wrapped = [layout.balance(fg.clip(label, 110), _LABEL_SIZE, _LABEL_WIDTH) for label in labels]
        return cls(wrapped, [max(least, len(lines) * _LINE + 0.12) for lines in wrapped])

    @property
    def height(self) -> float:
        return sum(self.heights)

    @property
    def centres(self) -> list[float]:
        ends, total = [], 0.0
        for height in self.heights:
            ends.append(total + height / 2)
            total += height
        return ends

    @property
    def left(self) -> float:
        widest = max(layout.width(line, _LABEL_SIZE) for lines in self.labels for line in lines)
        return min(widest, _LABEL_WIDTH + 0.1) + 0.2


def _axes(canvas: Canvas, rows: _Rows, title: str, x_label: str, right: float = 0.75) -> Axes:
    width, height = canvas.get_size_inches()
    box = (rows.left / width, _FOOT / height, (width - rows.left - right) / width, rows.height / height)
    axes: Axes = canvas.add_axes(box)
    axes.set_ylim(rows.height, 0)
    axes.set_yticks(rows.centres, ["\n".join(lines) for lines in rows.labels])
    axes.set_xlabel(x_label)
    canvas.text(0.1 / width, 1 - 0.12 / height, title, fontsize=11, va="top", color=fg.INK)
    return axes


def _rows_chart(
    name: str, labels: Sequence[str], alt: str, paint: Callable[[Canvas, _Rows], None], extra: float
) -> bytes:
    with fg.styled():
        rows = _Rows.of(labels)
        return fg.draw(name, (WIDTH, rows.height + _HEAD + _FOOT + extra), alt, lambda canvas: paint(canvas, rows))


def outcomes_per_run(runs: Sequence[RunBar], t: Texts, note: str) -> Figure:
    """Stacked bars: the results of each run by outcome."""
    names = t.group("outcome")
    table = _outcome_table(runs, t)
    failed = [f"{run.label}: {t.share(run.counts.failed, run.counts.judged)}" for run in runs]
    alt = t("chart.outcomes.alt", n=len(runs), items=t("list.semicolon").join(failed))

    def paint(canvas: Canvas, rows: _Rows) -> None:
        axes = _axes(canvas, rows, t("chart.outcomes.title"), t("chart.outcomes.x"), right=0.95)
        for outcome in OUTCOMES:
            if any(_count(run, outcome) for run in runs):
                _stack(axes, runs, rows, outcome, names[outcome])
        top = max((run.counts.records for run in runs), default=1)
        axes.set_xlim(0, top * 1.01)
        for run, y in zip(runs, rows.centres, strict=True):
            text = t("chart.outcomes.mark", fail=number(run.counts.failed), whole=number(run.counts.judged))
            axes.text(run.counts.records + top * 0.012, y, text, va="center", fontsize=8.5, color=fg.INK)
        _legend(canvas, axes)

    svg = _rows_chart("outcomes-per-run", [run.label for run in runs], alt, paint, 0.28)
    data = {run.label: dict(run.counts.by_outcome) for run in runs}
    return Figure("outcomes-per-run", svg, alt, t("chart.outcomes.caption"), table, note, data=data)


def _count(run: RunBar, outcome: str) -> int:
    return run.counts.by_outcome.get(outcome, 0)


def _stack(axes: Axes, runs: Sequence[RunBar], rows: _Rows, outcome: str, label: str) -> None:
    before = OUTCOMES[: OUTCOMES.index(outcome)]
    starts = [sum(_count(run, name) for name in before) for run in runs]
    values = [_count(run, outcome) for run in runs]
    axes.barh(
        rows.centres,
        values,
        left=starts,
        height=0.2,
        color=_COLOURS[outcome],
        hatch=_HATCH.get(outcome),
        edgecolor="#ffffff",
        linewidth=0.4,
        label=label,
    )


def _legend(canvas: Canvas, axes: Axes) -> None:
    width, height = canvas.get_size_inches()
    handles, labels = axes.get_legend_handles_labels()
    canvas.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0.04 / width, 1 - 0.36 / height),
        ncols=len(labels),
        handlelength=1.1,
        columnspacing=1.3,
        borderaxespad=0,
    )


def _outcome_table(runs: Sequence[RunBar], t: Texts) -> Table:
    used = [name for name in OUTCOMES if any(_count(run, name) for run in runs)] or ["pass"]
    names = t.group("outcome")
    columns = (t("column.run"), *(names[name] for name in used))
    rows = fg.as_rows([[run.label, *(number(_count(run, name)) for name in used)] for run in runs])
    return Table(columns, rows, frozenset(range(1, len(columns))))


def failures_by_cause(bars: Sequence[Bar], t: Texts, note: str, top: int = 12) -> Figure:
    """Horizontal bars: the failures by named cause; the unknown ones keep a bar of their own."""
    known = sorted((bar for bar in bars if bar.known), key=lambda bar: (-bar.value, bar.label))
    rest = sum(bar.value for bar in known[top:])
    shown = [*known[:top], *([Bar(t("chart.causes.rest", n=len(known) - top), rest)] if rest else [])]
    shown += [bar for bar in bars if not bar.known and bar.value]
    total = sum(bar.value for bar in shown)
    items = t("list.semicolon").join(f"{bar.label}: {number(bar.value)}" for bar in shown[:5])
    alt = t("chart.causes.alt", total=number(total), items=items)

    def paint(canvas: Canvas, rows: _Rows) -> None:
        axes = _axes(canvas, rows, t("chart.causes.title"), t("chart.causes.x"))
        values = [bar.value for bar in shown]
        colours = [fg.BLUE if bar.known else fg.ORANGE for bar in shown]
        axes.barh(rows.centres, values, height=0.2, color=colours)
        axes.set_xlim(0, max(values, default=1) * 1.02)
        for value, y in zip(values, rows.centres, strict=True):
            axes.text(value, y, f" {number(value)}", va="center", fontsize=8.5)
        _whole_ticks(axes)

    svg = _rows_chart("failures-by-cause", [bar.label for bar in shown], alt, paint, 0.0)
    columns = (t("column.cause"), t("column.failures"), t("column.share_of", whole=number(total)))
    cells = fg.as_rows([[bar.label, number(bar.value), t.percent(bar.value / total)] for bar in shown])
    table = Table(columns, cells, frozenset({1, 2}))
    data = {bar.label: bar.value for bar in shown}
    return Figure("failures-by-cause", svg, alt, t("chart.causes.caption"), table, note, data=data)


def _whole_ticks(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def rates(name: str, key: str, values: Sequence[tuple[str, Rate]], t: Texts, note: str, **words: Any) -> Figure:
    """Points with intervals: one labelled rate per row. ``key`` picks the sentences ``chart.<key>.*``."""
    labels, found = [label for label, _ in values], [rate for _, rate in values]
    shares = [t.share(rate.numerator, rate.denominator) for rate in found]
    marks = [f"{label}: {share}" for label, share in zip(labels, shares, strict=True)]
    alt = t(f"chart.{key}.alt", items=t("list.semicolon").join(marks), **words)

    def paint(canvas: Canvas, rows: _Rows) -> None:
        axes = _axes(canvas, rows, t(f"chart.{key}.title", **words), t(f"chart.{key}.x"), right=1.75)
        for rate, y in zip(found, rows.centres, strict=True):
            _rate_row(axes, rate, y)
        top = min(max((rate.high for rate in found), default=0.1) * 1.08, 1.0) or 0.1
        axes.set_xlim(-top * 0.015, top)
        _percent_ticks(axes, t)
        for share, y in zip(shares, rows.centres, strict=True):
            axes.text(top * 1.02, y, share, va="center", fontsize=8.5, clip_on=False)

    svg = _rows_chart(name, labels, alt, paint, 0.0)
    columns = (t(f"chart.{key}.column"), t("column.failures"), t("column.results"), t("column.rate"), t("column.ci"))
    table = Table(columns, fg.as_rows([_rate_cells(label, rate, t) for label, rate in values]), frozenset({1, 2, 3, 4}))
    data = {label: (rate.numerator, rate.denominator, rate.low, rate.high) for label, rate in values}
    return Figure(name, svg, alt, t(f"chart.{key}.caption", **words), table, note, data=data)


def _rate_cells(label: str, rate: Rate, t: Texts) -> list[str]:
    none = t("figure.none")
    shown = [none, none] if rate.value is None else [t.percent(rate.value), t.interval(rate.low, rate.high)]
    return [label, number(rate.numerator), number(rate.denominator), *shown]


def _rate_row(axes: Axes, rate: Rate, y: float) -> None:
    if rate.value is None:
        return
    axes.plot([rate.low, rate.high], [y, y], color=fg.SKY, linewidth=5, solid_capstyle="round", alpha=0.75)
    axes.plot([rate.value], [y], marker="o", markersize=6.5, color=fg.BLUE, markeredgecolor="#ffffff")


def _percent_ticks(axes: Axes, t: Texts) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: t("figure.tick", value=f"{value * 100:g}")))
