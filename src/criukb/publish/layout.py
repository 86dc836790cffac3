"""Measuring and wrapping text for pictures: Latin by words, Chinese by characters with its line-break rules."""

from __future__ import annotations

import re
from functools import cache

from matplotlib.ft2font import LoadFlags

from criukb.publish import fonts

_NO_START = frozenset(
    "\uff0c\u3002\uff1a\uff1b\u3001\uff1f\uff01\uff09\u300d\u300f\u300b\u3011\u2026\u201d\u2019,.:;?!)]}%"
)
_NO_END = frozenset("\uff08\u300c\u300e\u300a\u3010\u201c\u2018([{")
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_ATOM = re.compile(rf"[{_WIDE}]|\s+|[^\s{_WIDE}]+")
_BREAKABLE = re.compile(r"(?<=[/_\-.,=:])")


_PRECISION = 0.05  # inches


@cache
def _advance(char: str) -> float:
    face = fonts.face()
    face.set_size(100, 72)
    glyph = face.load_char(ord(char), LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / 100


def width(text: str, size: float) -> float:
    """Return the width of one line of ``text`` in inches at ``size`` points."""
    return sum(_advance(char) for char in text) * size / 72


def _atoms(text: str, size: float, limit: float) -> list[str]:
    atoms: list[str] = []
    for atom in _ATOM.findall(text):
        if width(atom, size) <= limit or atom.isspace():
            atoms.append(atom)
            continue
        for piece in _BREAKABLE.split(atom):
            atoms.extend([piece] if width(piece, size) <= limit else list(piece))
    return _glue(atoms)


def _glue(atoms: list[str]) -> list[str]:
    """Bind what may not start a line to the atom before it, and what may not end one to the atom after it."""
    glued: list[str] = []
    for atom in atoms:
        follows = glued and not glued[-1].isspace() and (atom[0] in _NO_START or glued[-1][-1] in _NO_END)
        if follows:
            glued[-1] += atom
        else:
            glued.append(atom)
    return glued


def wrap(text: str, size: float, limit: float) -> list[str]:
    """Break ``text`` into lines of at most ``limit`` inches at ``size`` points; never returns an empty list."""
    lines = [""]
    for atom in _atoms(" ".join(text.split()), size, limit):
        if not lines[-1] or width(lines[-1] + atom.rstrip(), size) <= limit:
            lines[-1] += atom if lines[-1] else atom.lstrip()
        else:
            lines.append(atom.lstrip())
    return [line.rstrip() for line in lines if line.strip()] or [""]


def balance(text: str, size: float, limit: float) -> list[str]:
    """Wrap like ``wrap`` with as many lines, but of nearly equal width."""
    lines = wrap(text, size, limit)
    if len(lines) == 1:
        return lines
    low, high = limit / 2, limit
    while high - low > _PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if len(wrap(text, size, middle)) <= len(lines) else (middle, high)
    return wrap(text, size, high)
