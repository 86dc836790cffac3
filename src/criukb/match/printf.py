"""printf formats turned into linear-time matchers with typed, named captures.

CRIU prints ``pr_err("Can't bind id %#x ino %d addr %s")``; the format itself is the pattern.
A capture is named after the word before its conversion (``id``, ``ino``, ``addr``) unless names are given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0']*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d+)?)?"
    r"(?P<length>hh|h|ll|l|L|q|j|z|t)?"
    r"(?:(?P<conv>[diouxXcspfFeEgGm%])|\"\s*(?P<pri>PRI[diouxX](?:8|16|32|64|PTR|MAX))\s*\"?)"
)
_WORD_BEFORE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[^A-Za-z0-9_]*\Z")
_INTEGER = r"[-+]?\d+"
_HEX = r"(?:0x)?[0-9a-fA-F]+"
_BODY = {
    "d": (_INTEGER, "int"),
    "i": (_INTEGER, "int"),
    "u": (r"\d+", "int"),
    "o": (r"[0-7]+", "oct"),
    "x": (_HEX, "hex"),
    "X": (_HEX, "hex"),
    "p": (r"0x[0-9a-fA-F]+|\(nil\)|[0-9a-fA-F]+", "hex"),
    "c": (r"(?s:.)", "str"),
    "s": (r".*?", "str"),
    "m": (r".+?", "str"),
}
_FLOAT = (r"[-+]?[\d.]+(?:[eE][-+]?\d+)?|nan|inf", "str")
# LOG_PREFIX came and went over the releases, so up to two tags such as "unix: " may stand before the
# text, and some texts begin with a tab.
TAG = r"\s*(?:[A-Za-z][A-Za-z0-9_ ./+-]{0,30}:\s*){0,2}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled format: RE2 source, capture names and types in group order, and its fixed texts."""

    regex: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    literals: tuple[str, ...]

    @property
    def longest(self) -> str:
        """The longest fixed text, which a matching line must contain."""
        return max(self.literals, key=len, default="")

    @property
    def weight(self) -> int:
        """How specific the format is: the number of fixed characters."""
        return sum(len(text) for text in self.literals)


def compile_format(fmt: str, captures: Sequence[str] | None = None, *, perror: bool = False) -> Compiled:
    """Compile ``fmt``; raise ValueError when it has no fixed text, a bad conversion or a wrong number of names."""
    fmt = fmt.removesuffix("\\n").rstrip("\n")
    pieces, literals, types, defaults = _pieces(fmt)
    if not any(text.strip() for text in literals):
        raise ValueError("the format has no fixed text to search for")
    if captures is not None and len(captures) != len(defaults):
        raise ValueError(f"{len(captures)} capture names for {len(defaults)} conversions")
    names = tuple(captures) if captures is not None else _unique(defaults)
    end = r": (.+?)" if perror else ""
    regex = rf"^{TAG}{''.join(pieces)}{end}\s*$"
    if perror:
        names, types = (*names, "errno"), [*types, "errno"]
    return Compiled(regex, names, tuple(types), tuple(text for text in literals if text))


def render(fmt: str, values: Sequence[str]) -> str:
    """Return ``fmt`` with its conversions replaced by ``values`` in order; as many as compile_format has captures."""
    rest = iter(values)
    filled = _CONVERSION.sub(lambda found: "%" if found["conv"] == "%" else next(rest), fmt)
    return filled.removesuffix("\\n").rstrip("\n")


def _pieces(fmt: str) -> tuple[list[str], list[str], list[str], list[str]]:
    pieces: list[str] = []
    literals: list[str] = []
    types: list[str] = []
    names: list[str] = []
    position, pending = 0, ""
    for found in _CONVERSION.finditer(fmt):
        pending += fmt[position : found.start()]
        position = found.end()
        conv = found["conv"] or found["pri"][3]
        if conv == "%":
            pending += "%"
            continue
        body, kind = _BODY.get(conv, _FLOAT)
        pad = " *" if found["width"] or " " in found["flags"] else ""
        pieces += [_literal(pending), f"{pad}({body}){pad}"]
        literals.append(pending)
        names.append(_name_before(fmt[: found.start()], len(names)))
        types.append(kind)
        pending = ""
    pending += fmt[position:]
    _refuse_stray_percent(fmt)
    return [*pieces, _literal(pending)], [*literals, pending], types, names


def _refuse_stray_percent(fmt: str) -> None:
    rest = _CONVERSION.sub("", fmt)
    if "%" in rest:
        raise ValueError(f"{rest[rest.index('%') :][:8]!r} is no printf conversion")


def _literal(text: str) -> str:
    # Runs of blanks differ between wrappers that reflow a line.
    return r"\s+".join(re.escape(part) for part in re.split(r"\s+", text))


def _name_before(text: str, index: int) -> str:
    found = _WORD_BEFORE.search(_CONVERSION.sub("", text))
    return found[1].lower() if found else f"arg{index + 1}"


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    result: list[str] = []
    for name in names:
        number, candidate = 2, name
        while candidate in result:
            candidate, number = f"{name}{number}", number + 1
        result.append(candidate)
    return tuple(result)
