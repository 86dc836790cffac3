"""Finding the print calls of C files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from criukb.catalogue.functions import functions
from criukb.catalogue.literals import decode, filled, pri_conversion
from criukb.catalogue.macros import (
    DIRECT,
    LEVELS,
    MAX_ARGUMENT_TOKENS,
    MAX_DEPTH,
    PLAIN,
    PRINTS,
    Budget,
    Macros,
    Print,
    arguments,
    closing,
    expand,
    string_macros,
    wrappers,
)
from criukb.catalogue.model import Call
from criukb.catalogue.tokens import Token, Unit, take_apart

MAX_CALLS = 100_000
MAX_FORMAT = 2000
MAX_WORDINGS = 8
_HEAD = re.compile(r"(Error|Warn) {1,2}\(%s:%d\): ")


@dataclass(frozen=True, slots=True)
class _Found:
    """A call before it is known where it stands."""

    call: str
    print: Print
    format: str
    index: int
    last: int
    macro: str | None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class _Names:
    """What names mean in one file: macros that lead to a print, macros that are text."""

    macros: Macros
    strings: Mapping[str, str]
    budget: Budget


def extract(files: Mapping[str, str]) -> list[Call]:
    """Return the print calls of ``files`` (path -> text), sorted by path and line; at most MAX_CALLS."""
    units = {path: take_apart(text) for path, text in sorted(files.items())}
    shared = [m for path, unit in units.items() if path.endswith(".h") for m in unit.macros]
    common, texts = wrappers(shared), string_macros(shared)
    texts.pop("LOG_PREFIX", None)
    prefixes = _header_prefixes(units)
    budget = Budget()
    found: list[Call] = []
    for path, unit in units.items():
        names = _names(unit, common, texts, budget)
        found.extend(_file_calls(path, unit, names, _prefix(unit, prefixes)))
        if len(found) > MAX_CALLS or budget.spent:
            break
    return sorted(_unique(found[:MAX_CALLS]), key=lambda c: (c.file, c.line, c.last_line, c.format, c.call))


def _unique(calls: Iterable[Call]) -> list[Call]:
    return list(dict.fromkeys(calls))


def _names(unit: Unit, common: Macros, texts: Mapping[str, str], budget: Budget) -> _Names:
    own = wrappers(unit.macros, common)
    return _Names({**common, **own}, {**texts, **string_macros(unit.macros)}, budget)


def _header_prefixes(units: Mapping[str, Unit]) -> dict[str, str]:
    found = {}
    for path, unit in units.items():
        if path.endswith(".h"):
            own = string_macros(unit.macros).get("LOG_PREFIX")
            if own:
                found[path.rsplit("/", 1)[-1]] = own
    return found


def _prefix(unit: Unit, headers: Mapping[str, str]) -> str:
    own = string_macros(unit.macros).get("LOG_PREFIX")
    if own is not None:
        return own
    names = [name.rsplit("/", 1)[-1] for name in unit.includes]
    return next((headers[name] for name in names if name in headers), "")


def _file_calls(path: str, unit: Unit, names: _Names, prefix: str) -> Iterator[Call]:
    code = unit.code
    places = functions(unit)
    for found in _calls(code, names, 0):
        spec = found.print
        yield Call(
            call=found.call,
            level=spec.level,
            format=found.format,
            file=path,
            function=places[found.index],
            line=unit.line(code[found.index].start),
            last_line=unit.line(code[found.last].start),
            macro=found.macro,
            prefix=prefix,
            errno=spec.errno,
            raw=found.raw,
        )


def _calls(tokens: Sequence[Token], names: _Names, depth: int) -> Iterator[_Found]:
    pairs = closing(tokens)
    for index, token in enumerate(tokens):
        if token.kind != "ident" or index + 1 not in pairs:
            continue
        last = pairs[index + 1]
        if last - index > MAX_ARGUMENT_TOKENS:
            continue
        if token.text in PRINTS or token.text in DIRECT:
            yield from _direct(token.text, arguments(tokens[index + 2 : last]), names, index, last)
        elif token.text in names.macros and depth < MAX_DEPTH:
            given = arguments(tokens[index + 2 : last])
            for found in _through(token.text, given, names, depth):
                yield replace(found, index=index, last=last, macro=token.text)


def _direct(name: str, given: list[list[Token]], names: _Names, index: int, last: int) -> Iterator[_Found]:
    spec = PRINTS.get(name) or _direct_print(given)
    if spec.at >= len(given):
        return
    values = [_stated(argument, names.strings) for argument in given[spec.at + 1 :]]
    for raw in _formats(given[spec.at], names.strings):
        head = _HEAD.match(raw)
        if head is None and name in PLAIN:
            continue
        chosen = Print(head[1].lower(), at=spec.at) if head and name in PLAIN else spec
        text = raw[head.end() :] if head else raw
        for row in islice(product(*values), MAX_WORDINGS):
            # pr_perror("...\n") breaks its own line before the errno's text; elsewhere the end of line says nothing.
            full = filled(text, row if head is None else row[2:])[:MAX_FORMAT]
            full = full if chosen.errno else full.rstrip("\n")
            yield _Found(name, chosen, full, index, last, None, _kept(text, full))


def _kept(raw: str, full: str) -> str | None:
    """Return the format as it stands, when the message says more."""
    text = raw.rstrip("\n")
    return text if text != full.rstrip("\n") else None


def _direct_print(given: list[list[Token]]) -> Print:
    """Return what a call such as ``print_on_level(LOG_ERROR, ...)`` prints; a level that is no constant ``varies``.

    The first argument of ``fprintf`` is no level; there the format itself begins with one.
    """
    first = given[0]
    name = first[0].text.rsplit("_", 1)[-1] if len(first) == 1 else ""
    return Print(LEVELS.get(name, "varies"), at=1)


def _through(name: str, given: list[list[Token]], names: _Names, depth: int) -> Iterator[_Found]:
    for macro in names.macros[name]:
        body = expand(macro, given)
        if not names.budget.take(len(body)):
            return
        yield from _calls(body, names, depth + 1)


def _formats(tokens: Sequence[Token], strings: Mapping[str, str]) -> Iterator[str]:
    """Yield each run of adjacent string literals as one format: ``a ? "x" : "y"`` has two."""
    run: list[str] = []
    literal = False
    for token in tokens:
        text = _text(token, strings, inside=literal)
        if text is not None:
            run.append(text)
            literal = literal or token.kind == "string"
        elif run:
            yield from _joined(run, literal=literal)
            run, literal = [], False
    yield from _joined(run, literal=literal)


def _joined(run: list[str], *, literal: bool) -> Iterator[str]:
    text = "".join(run)
    if literal and text.strip():
        yield text[:MAX_FORMAT]


def _stated(argument: Sequence[Token], strings: Mapping[str, str]) -> list[str | None]:
    """Return the texts that an argument can be: of a literal, or of both arms of a condition; else only None."""
    marks = [token.text for token in argument if token.text in {"?", ":"}]
    if marks not in ([], ["?", ":"]):
        return [None]
    arms: list[list[str | None]] = [[]]
    for token in argument:
        if token.text == "?":
            arms = [[]]  # what stood before was the condition
        elif token.text == ":":
            arms.append([])
        else:
            arms[-1].append(_text(token, strings, inside=False))
    texts = ["".join(text for text in arm if text) for arm in arms if arm and None not in arm]
    return [*texts] if len(texts) == len(arms) else [None]


def _text(token: Token, strings: Mapping[str, str], *, inside: bool) -> str | None:
    if token.kind == "string":
        return decode(token.text)
    if token.kind != "ident":
        return None
    if token.text == "LOG_PREFIX":
        return ""
    return strings.get(token.text) or (pri_conversion(token.text) if inside else None)
