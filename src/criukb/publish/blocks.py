"""What a notebook cell shows: Markdown and pictures, as rich results without HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from IPython.display import display

from criukb.publish import markdown
from criukb.publish.figure import Figure
from criukb.publish.texts import Texts


@dataclass(frozen=True, slots=True)
class Markdown:
    """A piece of Markdown; ``role`` tells the exporter what it is (``figure-data`` is folded in HTML)."""

    text: str
    role: str = "text"
    title: str = ""

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = {"text/markdown": self.text, "text/plain": self.text}
        return bundle, {"criukb": {"role": self.role, "title": self.title}}


@dataclass(frozen=True, slots=True)
class Blocks:
    """A row of pieces, shown one after the other."""

    items: Sequence[Markdown | Figure] = field(default_factory=tuple)

    def _ipython_display_(self) -> None:
        for item in self.items:
            display(item)  # type: ignore[no-untyped-call]


def figure_blocks(figure: Figure, t: Texts) -> list[Markdown | Figure]:
    """Return the picture, its caption with the source, and its data table."""
    text = markdown.inline(figure.caption)
    parts = [text if t.lang == "zh" else f"*{text}*"]
    if figure.note:
        parts.append(markdown.inline(t("figure.source", note=figure.note)))
    caption = Markdown(("" if t.lang == "zh" else " ").join(parts), "caption")
    blocks: list[Markdown | Figure] = [figure, caption]
    if figure.table is not None:
        blocks.append(Markdown(markdown.table(figure.table), "figure-data", figure.table_title or t("figure.data")))
    return blocks


def sequence(parts: Iterable[Markdown | Figure | Sequence[Markdown | Figure]]) -> Blocks:
    """Flatten ``parts`` into Blocks; empty Markdown is dropped."""
    items: list[Markdown | Figure] = []
    for part in parts:
        items.extend([part] if isinstance(part, Markdown | Figure) else part)
    return Blocks(tuple(i for i in items if not isinstance(i, Markdown) or i.text.strip()))
