"""C string literals decoded, and printf formats brought to one spelling so that they can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ESCAPE = re.compile(r"\\(?:\r?\n|([0-7]{1,3})|x([0-9A-Fa-f]{1,8})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(?s:(.)))")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_PRI = re.compile(r"(?:PRI([diouxX])(?:(?:LEAST|FAST)?(8|16|32|64)|(PTR|MAX)))\Z")
_PRI_IN_TEXT = re.compile(r"\"\s*(PRI[diouxX](?:8|16|32|64|PTR|MAX))\s*\"?")
_LENGTH = {"8": "hh", "16": "h", "32": "", "64": "l", "PTR": "l", "MAX": "j"}
_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0']*)(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(?:hh|h|ll|l|L|q|j|z|t)?(?P<conv>[diouxXcspmfFeEgGaA%])"
)
_CLASS = {"i": "d", "u": "d", "X": "x", "p": "x", "m": "s", "F": "f", "e": "f", "E": "f", "g": "f", "G": "f"}
_BLANKS = re.compile(r"\s+")


def decode(literal: str) -> str:
    """Return the text of one C string literal, quotes and prefix included or not."""
    start = literal.find('"')
    body = literal[start + 1 :].removesuffix('"') if start >= 0 else literal
    return _ESCAPE.sub(_unescaped, body)


def _unescaped(found: re.Match[str]) -> str:
    octal, hexa, short, long, plain = found.groups()
    if octal:
        return chr(int(octal, 8))
    digits = hexa or short or long
    if digits:
        number = int(digits, 16)
        # A surrogate or a number beyond Unicode cannot be written out again.
        return chr(number) if number < 0xD800 or 0xDFFF < number <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 - Unicode's bounds
    return _SIMPLE.get(plain, plain) if plain else ""


def pri_conversion(name: str) -> str | None:
    """Return what the macro ``name`` of <inttypes.h> stands for (``PRIx64`` -> ``lx``), or None."""
    found = _PRI.match(name)
    return f"{_LENGTH[found[2] or found[3]]}{found[1]}" if found else None


def canonical(fmt: str) -> str:
    """Return ``fmt`` with PRI macros resolved, runs of blanks as one, and no blanks at its ends."""
    text = _PRI_IN_TEXT.sub(lambda found: pri_conversion(found[1]) or found[0], fmt)
    return _BLANKS.sub(" ", text.removesuffix("\\n")).strip()


def shape(fmt: str) -> str:
    """Return ``canonical(fmt)`` with each conversion reduced to what it prints: ``%d``, ``%x``, ``%s`` and so on."""
    return _CONVERSION.sub(_class, canonical(fmt))


def _class(found: re.Match[str]) -> str:
    return "%" + _CLASS.get(found["conv"], found["conv"])


def sample(fmt: str) -> str:
    """Return ``canonical(fmt)`` as a line could show it: 1 for a number, 0x1 for ``%#x``, nothing for a text."""
    return _CONVERSION.sub(_value, canonical(fmt))


def _value(found: re.Match[str]) -> str:
    conv = found["conv"]
    if conv == "%":
        return "%"
    if conv in "xXp":
        return "0x1" if "#" in found["flags"] or conv == "p" else "1"
    return "" if conv in "scm" else "1"


def filled(fmt: str, values: Sequence[str | None]) -> str:
    """Return ``fmt`` with each plain ``%s`` replaced whose value is a text that the source states; None is unknown."""
    rest = iter(values)

    def value(found: re.Match[str]) -> str:
        if found["conv"] in "%m":
            return found[0]
        for _ in range(found[0].count("*")):
            next(rest, None)
        text = next(rest, None)
        return text.replace("%", "%%") if text is not None and found[0] == "%s" else found[0]

    return _CONVERSION.sub(value, fmt)


def loose_parts(fmt: str) -> list[str]:
    """Return the fixed texts of ``fmt`` between its conversions; there is always one more than conversions."""
    parts, position, pending = [], 0, ""
    text = canonical(fmt)
    for found in _CONVERSION.finditer(text):
        pending += text[position : found.start()]
        position = found.end()
        if found["conv"] == "%":
            pending += "%"
            continue
        parts.append(pending)
        pending = ""
    return [*parts, pending + text[position:]]
