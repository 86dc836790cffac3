"""Every piece of text that lint reads, with its place: entries, chapters, areas and the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from criukb.errors import Place
from criukb.kb.base import Concept, EntryFolder, KnowledgeBase
from criukb.kb.langs import Lang
from criukb.kb.prose import Prose, visible_lines
from criukb.kb.yamltext import Document

_CODE = re.compile(r"`+[^`]*`+")
CODE_MARK = "\x00"  # stands for a piece of inline code


class Piece(NamedTuple):
    """A line of prose or a value of a YAML file; ``owner`` is the entry, the chapter or the file's name."""

    place: Place
    owner: str
    text: str


def prose_lines(prose: Prose) -> Iterator[tuple[int, str]]:
    """Yield (line number, text) of an entry's visible prose, each piece of inline code as one NUL."""
    for section in prose.sections:
        for number, line in visible_lines(section.body):
            yield section.body_line + number - 1, without_code(line)


def without_code(text: str) -> str:
    """Return ``text`` with each piece of inline code as one NUL."""
    return _CODE.sub(CODE_MARK, text)


def entry_texts(folder: EntryFolder, lang: Lang) -> Iterator[Piece]:
    """Yield every text of an entry in ``lang``: the prose line by line, and the values of entry.yaml."""
    prose = folder.prose[lang]
    for number, line in prose_lines(prose):
        yield Piece(Place(prose.path, number, 1), folder.id, line)
    yield from _values(folder.document, folder.id, lang)


def page_texts(kb: KnowledgeBase, lang: Lang) -> Iterator[Piece]:
    """Yield every text in ``lang`` that belongs to no entry: chapters, areas, glossary."""
    for concept in kb.concepts:
        yield from concept_texts(concept, lang)
    for document in kb.lists:
        yield from _values(document, document.path.stem, lang)


def concept_texts(concept: Concept, lang: Lang) -> Iterator[Piece]:
    """Yield the visible lines of a chapter."""
    for number, line in visible_lines(concept.texts.get(lang, "")):
        yield Piece(Place(concept.path / f"{lang}.md", number, 1), concept.slug, without_code(line))


def _values(document: Document, owner: str, lang: Lang) -> Iterator[Piece]:
    for place, value in raw_values(document, lang):
        yield Piece(place, owner, without_code(value))


def raw_values(document: Document, lang: Lang) -> Iterator[tuple[Place, str]]:
    """Yield every text of a YAML file in ``lang``, as it stands there, with its place."""
    for key, place in document.places.items():
        if key and key[-1] == lang:
            value = document.data
            for part in key:
                value = value[part]
            if isinstance(value, str):
                yield place, value
