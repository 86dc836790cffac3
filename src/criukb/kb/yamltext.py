"""YAML in which every value is text, and every value knows its place.

YAML's own typing turns ``no``, ``3.10`` and dates into something else and keeps the last of two equal keys.
Here a scalar is a string, an empty plain scalar is None, and equal keys, anchors and deep nesting are faults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from criukb.errors import CriukbError, Fault, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20

_Key = tuple[str | int, ...]


@dataclass(slots=True)
class Document:
    """Parsed data (dicts, lists, strings, None) and the place of each value by its key path."""

    path: Path
    data: Any = None
    places: dict[_Key, Place] = field(default_factory=dict)

    def place(self, key: _Key) -> Place:
        """Return the place of ``key``, or of its nearest parent that is in the file."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places.get(key, Place(self.path))


def read_yaml(path: Path) -> Document:
    """Read ``path``; raise CriukbError with every fault found."""
    if path.stat().st_size > MAX_BYTES:
        raise CriukbError.at(path, f"larger than {MAX_BYTES} bytes", "split the file, or move logs to logs/")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CriukbError.at(path, f"not UTF-8 at byte {error.start}", "save the file as UTF-8") from error
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> Document:
    """Parse ``text``, which came from ``path``; raise CriukbError with every fault found."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _syntax_error(error, path) from error
    except RecursionError as error:
        raise CriukbError.at(path, "nested too deeply", f"use at most {MAX_DEPTH} levels") from error
    walker = _Walker(path)
    if node is not None:
        walker.document.data = walker.convert(node, ())
    if walker.faults:
        raise CriukbError(walker.faults)
    return walker.document


def _syntax_error(error: yaml.YAMLError, path: Path) -> CriukbError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return CriukbError.at(path, f"not valid YAML: {problem}", "check indentation, quotes and colons", line, column)


class _Walker:
    """Turns YAML nodes into plain data and notes every fault on the way."""

    def __init__(self, path: Path) -> None:
        self.document = Document(path)
        self.faults: list[Fault] = []
        self._seen: set[int] = set()

    def convert(self, node: yaml.Node, key: _Key) -> Any:
        place = Place(self.document.path, node.start_mark.line + 1, node.start_mark.column + 1)
        self.document.places[key] = place
        if id(node) in self._seen:
            self._fault(place, "anchors and aliases are not allowed", "write the value out")
            return None
        self._seen.add(id(node))
        if len(key) > MAX_DEPTH:
            self._fault(place, "nested too deeply", f"use at most {MAX_DEPTH} levels")
            return None
        return self._convert_kind(node, key)

    def _convert_kind(self, node: yaml.Node, key: _Key) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(child, (*key, index)) for index, child in enumerate(node.value)]
        empty = isinstance(node, yaml.ScalarNode) and not node.style and not node.value
        return None if empty else str(node.value)

    def _mapping(self, node: yaml.MappingNode, key: _Key) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name_node, value_node in node.value:
            place = Place(self.document.path, name_node.start_mark.line + 1, name_node.start_mark.column + 1)
            if not isinstance(name_node, yaml.ScalarNode):
                self._fault(place, "a key must be plain text", "use a name followed by a colon")
                continue
            name = str(name_node.value)
            if name in result:
                self._fault(place, f"key {name!r} stands twice", "keep one of them")
                continue
            result[name] = self.convert(value_node, (*key, name))
            self.document.places[(*key, name)] = place
        return result

    def _fault(self, place: Place, message: str, hint: str) -> None:
        self.faults.append(Fault(place, message, hint))
