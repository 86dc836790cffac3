"""Plain text tables, aligned by display width, for terminals and pipes alike."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len


def text_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an aligned table: numbers right, text left, None as ``-``; control characters become ``?``."""
    texts = [list(head), *([_text(value) for value in row] for row in rows)]
    widths = [max(cell_len(row[i]) for row in texts) for i in range(len(head))]
    right = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(head))]
    return "\n".join("  ".join(_pad(*cell) for cell in zip(row, widths, right, strict=True)).rstrip() for row in texts)


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return "".join(c if c.isprintable() else "?" for c in str(value))


def _pad(text: str, width: int, right: bool) -> str:
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank
