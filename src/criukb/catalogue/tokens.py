"""A tokenizer for C that is enough to find print calls: linear in the text, and never surprised by what it reads."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Possessive quantifiers: a string or comment that nobody closes is read once, to its line's or the file's end.
_PARTS = r"""
      (?P<blank>(?:[\s]|\\\r?\n)++)
    | (?P<comment>/\*(?:[^*]++|\*(?!/))*+(?:\*/)?|//[^\\\n]*+(?:\\(?s:.)[^\\\n]*+)*+)
    | (?P<ident>[A-Za-z_$][A-Za-z0-9_$]*+)
    | (?P<string>"[^"\\\n]*+(?:\\(?s:.)[^"\\\n]*+)*+"?)
    | (?P<other>'[^'\\\n]*+(?:\\(?s:.)[^'\\\n]*+)*+'?|\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*+|\.\.\.)
    | (?P<mark>[(){}\[\],;=?:])
"""
_IN_CODE = re.compile(_PARTS + r"| (?P<directive>\#[^\\\n]*+(?:\\(?s:.)[^\\\n]*+)*+) | (?P<rest>(?s:.))", re.VERBOSE)
_IN_MACRO = re.compile(_PARTS + r"| (?P<hash>\#\#?) | (?P<rest>(?s:.))", re.VERBOSE)
_SKIPPED = frozenset({"blank", "comment"})
_JOINED = re.compile(r"\\\r?\n")
_WORD = re.compile(r"\#[ \t]*([a-z]+)[ \t]*")
_DEFINE = re.compile(r"([A-Za-z_$][A-Za-z0-9_$]*)(\(([^()]*)\))?")


class Token(NamedTuple):
    """One token. ``kind`` is ident, string, mark (a bracket, comma, ``;``, ``=``, ``?``, ``:``), hash, other or rest.

    Blanks and comments are left out. ``start`` is its offset in the text that was tokenized.
    """

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Macro:
    """A ``#define``. ``params`` is None for one without parentheses; a last one ``...`` or ``x...`` takes the rest."""

    name: str
    params: tuple[str, ...] | None
    body: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A file taken apart: its code without preprocessor lines, its macros in order, and the names it includes."""

    code: tuple[Token, ...]
    macros: tuple[Macro, ...]
    includes: tuple[str, ...]
    breaks: tuple[int, ...]

    def line(self, start: int) -> int:
        """Return the line, counted from 1, of the offset ``start``."""
        return bisect_right(self.breaks, start) + 1

    def first_column(self, start: int) -> bool:
        """Whether the offset ``start`` is the first of its line."""
        at = bisect_right(self.breaks, start)
        return start == (self.breaks[at - 1] if at else 0)


def tokenize(text: str, *, macro: bool = False) -> Iterator[Token]:
    """Yield the tokens of ``text``; with ``macro`` a ``#`` is an operator, otherwise it begins a directive."""
    for found in (_IN_MACRO if macro else _IN_CODE).finditer(text):
        kind = found.lastgroup or "rest"
        if kind not in _SKIPPED:
            yield Token(kind, found[0], found.start())


def take_apart(text: str) -> Unit:
    """Split ``text`` into code, macros and includes. Both branches of an ``#if`` count, but not those of ``#if 0``."""
    reader = _Reader()
    code = [token for token in tokenize(text) if reader.is_code(token)]
    breaks = tuple(found.end() for found in re.finditer("\n", text))
    return Unit(tuple(code), tuple(reader.macros), tuple(reader.includes), breaks)


class _Reader:
    """Takes the directives out of the code."""

    def __init__(self) -> None:
        self.macros: list[Macro] = []
        self.includes: list[str] = []
        self._dead = 0  # how deep inside an ``#if 0``

    def is_code(self, token: Token) -> bool:
        if token.kind == "directive":
            self._directive(_JOINED.sub(" ", token.text))
            return False
        return not self._dead

    def _directive(self, text: str) -> None:
        found = _WORD.match(text)
        word, rest = (found[1], text[found.end() :]) if found else ("", "")
        if self._dead:
            self._dead += {"if": 1, "ifdef": 1, "ifndef": 1, "endif": -1}.get(word, 0)
            if self._dead == 1 and word in {"else", "elif"}:
                self._dead = 0
        elif word == "if" and rest.strip() == "0":
            self._dead = 1
        elif word == "define":
            self._define(rest)
        elif word == "include" and rest.startswith('"'):
            self.includes.append(rest[1:].partition('"')[0])

    def _define(self, text: str) -> None:
        found = _DEFINE.match(text)
        body = text[found.end() :] if found else ""
        if found is None or not ('"' in body or "(" in body):
            return  # neither a text nor a call
        params = None if found[2] is None else _parameters(found[3])
        self.macros.append(Macro(found[1], params, tuple(tokenize(body, macro=True))))


def _parameters(text: str) -> tuple[str, ...]:
    joined = re.sub(r"\s+", "", text)
    return tuple(joined.split(",")) if joined else ()
