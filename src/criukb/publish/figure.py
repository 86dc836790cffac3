"""A picture with everything a reader needs who cannot see it: alt text, data table, caption, source."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from criukb.errors import CriukbError
from criukb.paths import TEMPLATES_DIR
from criukb.publish import fonts

STYLE_FILE = TEMPLATES_DIR / "style" / "criukb.mplstyle"
_PROLOG = re.compile(rb"\A.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(rb"\s*<metadata>.*?</metadata>", re.DOTALL)
_LOCK = threading.RLock()

INK, MUTED, PAPER = "#1f2933", "#52606d", "#ffffff"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"
GREY = "#cbd2d9"


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers behind a picture: column names and rows of equal length; all values are text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """One finished picture.

    ``svg`` is a whole SVG element with text as paths; ``note`` names source and window of the data;
    ``data`` holds the drawn numbers, so that a test can compare them with ``table``.
    """

    id: str
    svg: bytes
    alt: str
    caption: str
    table: Table | None = None
    note: str = ""
    table_title: str = ""
    data: Mapping[str, object] = field(default_factory=dict)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        meta = {"alt": self.alt, "caption": self.caption, "note": self.note, "id": self.id}
        bundle = {"image/svg+xml": self.svg.decode("utf-8"), "text/plain": self.alt}
        return bundle, {"criukb": meta, "filename": f"{self.id}.svg"}


@contextmanager
def styled() -> Iterator[None]:
    """Draw with the project's style and font only; a glyph that the font lacks is an error."""
    with _LOCK, mpl.rc_context(fname=STYLE_FILE), warnings.catch_warnings():
        fonts.use_font()
        warnings.filterwarnings("error", message=r"Glyph .*missing")
        warnings.filterwarnings("error", message=r".*[Ff]ont family.*not found")
        yield


def new_canvas(width: float, height: float) -> Canvas:
    """Return an empty canvas of ``width`` by ``height`` inches with an SVG backend."""
    canvas = Canvas(figsize=(width, height))
    FigureCanvasSVG(canvas)
    return canvas


def check_glyphs(canvas: Canvas, name: str) -> None:
    """Raise CriukbError when a text on ``canvas`` has a character that the font cannot draw."""
    drawn = "".join(item.get_text() for item in canvas.findobj(Text))
    missing = fonts.missing_glyphs(drawn)
    if missing:
        shown = " ".join(f"{char} (U+{ord(char):04X})" for char in missing[:8])
        raise CriukbError.at(
            fonts.FONT_FILE, f"picture {name}: no glyph for {shown}", "run: python -m criukb.publish.fonts"
        )


def save_svg(canvas: Canvas, name: str, alt: str) -> bytes:
    """Return ``canvas`` as one SVG element without dates; ``alt`` becomes its title.

    Raises:
        CriukbError: a character has no glyph in the font.
    """
    check_glyphs(canvas, name)
    buffer = io.BytesIO()
    try:
        canvas.savefig(buffer, format="svg", metadata={"Date": None})
    except UserWarning as warning:
        raise CriukbError.at(fonts.FONT_FILE, f"picture {name}: {warning}", "extend the font") from warning
    svg = _METADATA.sub(b"", _PROLOG.sub(b"", buffer.getvalue()), count=1)
    head, rest = svg.split(b">", 1)
    title = f' role="img"><title>{escape(alt)}</title>'.encode()
    return head + title + rest


def draw(name: str, size: tuple[float, float], alt: str, paint: Callable[[Canvas], None]) -> bytes:
    """Make a canvas of ``size`` inches, let ``paint`` fill it, and return the SVG."""
    with styled():
        canvas = new_canvas(*size)
        paint(canvas)
        return save_svg(canvas, name, alt)


def clip(text: str, limit: int = 48) -> str:
    """Return a label from outside, drawable and at most ``limit`` characters long."""
    clean = fonts.drawable(" ".join(text.split()))
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}\u2026"


def as_rows(rows: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    """Turn cells into text."""
    return tuple(tuple(str(cell) for cell in row) for row in rows)
