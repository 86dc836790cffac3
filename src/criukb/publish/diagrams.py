"""Sequence diagrams from an entry's facts: the same steps, drawn in either language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure as Canvas
from matplotlib.patches import FancyBboxPatch

from criukb.kb.langs import Lang
from criukb.kb.model import Diagram, Step
from criukb.publish import figure as fg
from criukb.publish import layout
from criukb.publish.figure import Figure, Table
from criukb.publish.texts import Texts

WIDTH = 7.4
_SIZE, _HEAD_SIZE = 8.6, 9.2
_LINE = 0.158
_MARGIN, _GAP = 0.12, 0.2
_COLOURS = {"normal": fg.INK, "late": "#9a6700", "fault": "#b3400a"}
_FILLS = {"normal": "#f1f5f9", "late": "#fff4d6", "fault": "#fde8dc"}


@dataclass(frozen=True, slots=True)
class _Placed:
    step: Step
    lines: list[str]
    top: float
    height: float


class _Plan:
    """Where everything goes, in inches from the top left corner."""

    def __init__(self, diagram: Diagram, lang: Lang) -> None:
        self.lang = lang
        count = len(diagram.lanes)
        self.pitch = (WIDTH - 2 * _MARGIN) / count
        self.x = {lane.id: _MARGIN + self.pitch * (i + 0.5) for i, lane in enumerate(diagram.lanes)}
        heads = [layout.balance(lane.label.get(lang), _HEAD_SIZE, self.pitch - 0.3) for lane in diagram.lanes]
        self.heads = dict(zip(self.x, heads, strict=True))
        self.head_top = _MARGIN
        self.head_height = max(len(lines) for lines in heads) * 0.17 + 0.16
        self.steps = self._place(diagram)

    def _place(self, diagram: Diagram) -> list[_Placed]:
        placed = []
        top = self.head_top + self.head_height + _GAP
        for step in diagram.steps:
            lines = layout.balance(step.text.get(self.lang), _SIZE, self.room(step))
            height = len(lines) * _LINE + (0.14 if step.at or self.is_loop(step) else 0.1)
            placed.append(_Placed(step, lines, top, height))
            top += height + _GAP
        return placed

    @staticmethod
    def is_loop(step: Step) -> bool:
        return step.source is not None and step.source == step.target

    def room(self, step: Step) -> float:
        """Return the width that the text of ``step`` may take."""
        if step.at:
            return min(self.pitch * 1.45, WIDTH - 2 * _MARGIN) - 0.25
        source, target = self.x[step.source or ""], self.x[step.target or ""]
        return max(abs(source - target) - 0.3, self.pitch - 0.5)

    @property
    def height(self) -> float:
        last = self.steps[-1]
        return last.top + last.height + 0.3


class _Painter:
    def __init__(self, canvas: Canvas, plan: _Plan) -> None:
        self.plan = plan
        self.axes = canvas.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, WIDTH)
        self.axes.set_ylim(plan.height, 0)
        self.axes.axis("off")

    def paint(self) -> None:
        plan = self.plan
        for lane, x in plan.x.items():
            bottom = plan.height - 0.12
            self.axes.plot([x, x], [plan.head_top, bottom], color=fg.GREY, linewidth=1.1, zorder=1)
            self._box(x, plan.head_top, plan.pitch - 0.14, plan.head_height, "#e6f0f8", fg.BLUE)
            used = len(plan.heads[lane]) * 0.17
            top = plan.head_top + (plan.head_height - used) / 2
            self._text(x, top, plan.heads[lane], _HEAD_SIZE, fg.INK, pitch=0.17)
        for placed in plan.steps:
            self._step(placed)

    def _step(self, placed: _Placed) -> None:
        step = placed.step
        draw: Callable[[_Placed, str], None] = self._note
        if not step.at:
            draw = self._loop if self.plan.is_loop(step) else self._arrow
        draw(placed, _COLOURS[step.style])

    def _note(self, placed: _Placed, colour: str) -> None:
        wide = max(layout.width(line, _SIZE) for line in placed.lines) + 0.22
        # A note on an outer lane moves inwards rather than out of the picture.
        x = min(max(self.plan.x[placed.step.at or ""], wide / 2 + 0.04), WIDTH - wide / 2 - 0.04)
        self._box(x, placed.top, wide, placed.height, _FILLS[placed.step.style], colour)
        self._text(x, placed.top + 0.07, placed.lines, _SIZE, colour)

    def _arrow(self, placed: _Placed, colour: str) -> None:
        start, end = self.plan.x[placed.step.source or ""], self.plan.x[placed.step.target or ""]
        y = placed.top + placed.height
        self._line((start, y), (end, y), colour, placed.step.style)
        self._backed((start + end) / 2, placed.top, placed.lines, colour)

    def _loop(self, placed: _Placed, colour: str) -> None:
        x = self.plan.x[placed.step.source or ""]
        away = -1 if x > WIDTH * 0.6 else 1
        top, bottom = placed.top, placed.top + placed.height
        turn = x + away * 0.2
        self.axes.plot([x, turn, turn], [top, top, bottom], color=colour, linewidth=1.3)
        self._line((turn, bottom), (x, bottom), colour, placed.step.style)
        align = "left" if away > 0 else "right"
        self._text(turn + away * 0.06, placed.top + 0.05, placed.lines, _SIZE, colour, ha=align, backed=True)

    def _line(self, start: tuple[float, float], end: tuple[float, float], colour: str, style: str) -> None:
        dashes = "dashed" if style == "late" else "solid"
        arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.6 if style == "fault" else 1.3}
        arrow |= {"linestyle": dashes, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11}
        self.axes.annotate("", end, start, arrowprops=arrow, zorder=3)

    def _backed(self, x: float, top: float, lines: list[str], colour: str) -> None:
        self._text(x, top, lines, _SIZE, colour, backed=True)

    def _text(  # noqa: PLR0913 - place and look of a text
        self,
        x: float,
        top: float,
        lines: list[str],
        size: float,
        colour: str,
        *,
        ha: str = "center",
        pitch: float = _LINE,
        backed: bool = False,
    ) -> None:
        box = {"facecolor": fg.PAPER, "edgecolor": "none", "pad": 0.6} if backed else None
        for index, line in enumerate(lines):
            y = top + pitch * (index + 0.5)
            self.axes.text(x, y, line, fontsize=size, color=colour, ha=ha, va="center", bbox=box, zorder=4)

    def _box(  # noqa: PLR0913, PLR0917 - place and look of a box
        self, x: float, top: float, wide: float, high: float, fill: str, edge: str
    ) -> None:
        style = "round,pad=0,rounding_size=0.05"
        patch = FancyBboxPatch(
            (x - wide / 2, top), wide, high, boxstyle=style, facecolor=fill, edgecolor=edge, linewidth=1, zorder=2
        )
        self.axes.add_patch(patch)


def sequence(diagram: Diagram, lang: Lang, t: Texts) -> Figure:
    """Draw ``diagram`` in ``lang``; the table lists the steps in words."""
    alt = diagram.alt.get(lang)
    with fg.styled():
        plan = _Plan(diagram, lang)
        svg = fg.draw(diagram.id, (WIDTH, plan.height), alt, lambda canvas: _Painter(canvas, plan).paint())
    table = _table(diagram, lang, t)
    return Figure(f"diagram-{diagram.id}", svg, alt, diagram.title.get(lang), table, table_title=t("figure.steps"))


def _table(diagram: Diagram, lang: Lang, t: Texts) -> Table:
    names = {lane.id: lane.label.get(lang) for lane in diagram.lanes}
    rows = []
    for number, step in enumerate(diagram.steps, start=1):
        who = names[step.at] if step.at else f"{names[step.source or '']} \u2192 {names[step.target or '']}"
        rows.append((str(number), who, step.text.get(lang)))
    columns = (t("column.step"), t("column.who"), t("column.what"))
    return Table(columns, tuple(rows), frozenset({0}))
