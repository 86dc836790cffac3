"""The YAML blocks of TAP 13: a single literal text, as zdtm writes it, or any small mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

MAX_YAML: Final = 8 * 1024 * 1024
_MAX_DEPTH = 20

_DURATION = re.compile(r"\d{1,12}(?:\.\d{1,9})?\Z")
_LITERAL = re.compile(r'"?[\w.-]{1,100}"?: \|(?P<indent>\d?)[-+]?(?P<rest>\d?)\s*\Z')


class _NoTextError(Exception):
    """The block is no plain mapping of texts."""


def literal_text(lines: list[str]) -> list[str] | None:
    """Return the text of a block with a single literal value, as zdtm writes it: no YAML parser, exact lines."""
    if not lines or not (found := _LITERAL.match(lines[0])):
        return None
    blanks = int(found["indent"] or found["rest"] or 2)
    pad = " " * blanks
    if any(line.strip() and not line.startswith(pad) for line in lines[1:]):
        return None
    return [line[blanks:] for line in lines[1:]]


def yaml_texts(lines: list[str]) -> tuple[list[str], float | None]:
    """Return all texts of a YAML block, line by line, and its ``duration_ms`` in seconds.

    Of what is no YAML, or too much of it, the lines are returned as they are.
    """
    text = "\n".join(lines).encode("utf-8", "replace").decode()
    if len(text) > MAX_YAML:
        return lines, None
    try:
        pairs = list(_pairs(text))
    except (yaml.YAMLError, _NoTextError):
        return lines, None
    times = [value for key, value in pairs if key == "duration_ms" and _DURATION.match(value)]
    seconds = round(float(times[0]) / 1000, 6) if times else None
    return [part for key, value in pairs for part in _shown(key, value)], seconds


def _shown(key: str, value: str) -> list[str]:
    return [f"{key}: {value}"] if key not in {"", "output"} and "\n" not in value else value.splitlines()


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the values of a YAML text with their keys (empty in lists), event by event: nothing is ever nested deep.

    Raises _NoTextError for aliases, deep nesting and keys that are no text.
    """
    keys: list[str | None] = []  # of each open collection: the key that waits for its value; "" in a list
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _NoTextError
        if isinstance(event, yaml.CollectionStartEvent):
            _open(keys, is_list=isinstance(event, yaml.SequenceStartEvent))
        elif isinstance(event, yaml.CollectionEndEvent):
            keys.pop()
        elif isinstance(event, yaml.ScalarEvent):
            if keys and keys[-1] is None:
                keys[-1] = str(event.value)
            else:
                yield (keys[-1] or "") if keys else "", str(event.value)
                _used(keys)


def _open(keys: list[str | None], *, is_list: bool) -> None:
    if len(keys) >= _MAX_DEPTH or (keys and keys[-1] is None):
        raise _NoTextError
    _used(keys)
    keys.append("" if is_list else None)


def _used(keys: list[str | None]) -> None:
    """The key of the innermost mapping has its value."""
    if keys and keys[-1]:
        keys[-1] = None
