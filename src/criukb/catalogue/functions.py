"""Which function each token of a C file stands in."""

from __future__ import annotations

from criukb.catalogue.tokens import Token, Unit

_NO_FUNCTION = {"__attribute__", "__aligned", "__section", "__printf", "__format_gnu", "defined", "sizeof"}
_CONTROL = {"if", "for", "while", "switch", "do", "return", "else"}


def functions(unit: Unit) -> list[str | None]:
    """Return, for each token, the function in whose body it stands.

    A brace in the first column closes everything: both branches of an ``#if`` may open one that only one closes.
    """
    names: list[str | None] = []
    depth, parens = 0, 0
    current: str | None = None
    candidate: str | None = None
    before: Token | None = None
    for token in unit.code:
        if token.text == "}":
            depth = 0 if unit.first_column(token.start) else max(0, depth - 1)
            if depth == 0:
                current = candidate = None
        elif token.text == "{":
            if depth == 0:
                current, parens = candidate, 0
            depth += 1
        elif depth == 0:
            candidate, parens = _candidate(token, before, candidate, parens)
        names.append(current)
        before = token
    return names


def _candidate(token: Token, before: Token | None, candidate: str | None, parens: int) -> tuple[str | None, int]:
    """Return the name of the function that may begin here, and how deep in parentheses the text is."""
    if token.text == "(":
        named = before is not None and before.kind == "ident" and parens == 0
        if named and before is not None and before.text not in _NO_FUNCTION | _CONTROL:
            candidate = before.text
        return candidate, parens + 1
    if token.text == ")":
        return candidate, max(0, parens - 1)
    if token.text in {";", "="} and parens == 0:
        return None, 0
    return candidate, parens
