"""The signatures of translations: under which digests the two languages of an entry or a chapter were read together."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from criukb.kb.base import Concept, EntryFolder, KnowledgeBase, validate_list
from criukb.kb.langs import LANGS, Lang
from criukb.kb.model import Slug, Strict
from criukb.kb.yamltext import read_yaml
from criukb.lint.texts import raw_values

FILE = "pairs.yaml"
_HEAD = """\
# Digests of the English and the Chinese of each entry and chapter when they were last signed as a pair.
# The first row of each is the state at which this file began, not a second reading.
# Written by `criukb kb sign ID`; rule KB030 tells when one side has changed since.
"""
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
State = Literal["fresh", "en", "zh", "both", "unsigned"]


class Signed(Strict):
    """One row of pairs.yaml."""

    id: Slug
    en: _Digest
    zh: _Digest


class Pair(NamedTuple):
    """An entry or a chapter as it is now; ``root`` is the base that holds it and ``place`` its Chinese prose."""

    id: str
    root: Path
    place: Path
    now: Mapping[Lang, str]


def pairs(kb: KnowledgeBase) -> Iterator[Pair]:
    """Yield every entry and every chapter that has both languages, with the digests of its sides."""
    for folder in kb.entries.values():
        sides = {lang: _digest(_entry_side(folder, lang)) for lang in LANGS}
        yield Pair(folder.id, folder.path.parents[2], folder.prose["zh"].path, sides)
    for concept in kb.concepts:
        if set(LANGS) <= set(concept.texts):
            yield _chapter(concept)


def _chapter(concept: Concept) -> Pair:
    sides = {lang: _digest(concept.texts[lang]) for lang in LANGS}
    return Pair(concept.slug, concept.path.parents[1], concept.path / "zh.md", sides)


def _entry_side(folder: EntryFolder, lang: Lang) -> str:
    # Sorted, so that another order of remedies or references makes nothing stale.
    values = sorted(value for _, value in raw_values(folder.document, lang))
    return "\n".join([*(section.body for section in folder.prose[lang].sections), *values])


def _digest(text: str) -> str:
    return hashlib.sha256("\n".join(line.rstrip() for line in text.splitlines()).encode()).hexdigest()[:12]


def read_pairs(kb: KnowledgeBase) -> dict[Path, dict[str, Signed]]:
    """Return what is signed, per base; a base without the file does not take part."""
    found = {}
    for root in sorted({pair.root for pair in pairs(kb)}):
        if (root / FILE).is_file():
            found[root] = {row.id: row for row in validate_list(read_yaml(root / FILE), Signed)}
    return found


def states(kb: KnowledgeBase, signed: Mapping[Path, Mapping[str, Signed]]) -> Iterator[tuple[Pair, State]]:
    """Yield each pair of the bases in ``signed`` with which of its sides have changed."""
    for pair in pairs(kb):
        if pair.root in signed:
            yield pair, _state(pair, signed[pair.root].get(pair.id))


def _state(pair: Pair, row: Signed | None) -> State:
    if row is None:
        return "unsigned"
    en, zh = pair.now["en"] != row.en, pair.now["zh"] != row.zh
    return "both" if en and zh else "en" if en else "zh" if zh else "fresh"


def sign(kb: KnowledgeBase, names: Collection[str]) -> list[str]:
    """Write the digests of the pairs in ``names``, or of all when it is empty; return the ids that changed."""
    changed: list[str] = []
    by_root: dict[Path, list[Pair]] = {}
    for pair in pairs(kb):
        by_root.setdefault(pair.root, []).append(pair)
    signed = read_pairs(kb)
    for root, found in by_root.items():
        old = signed.get(root, {})
        rows = {name: row for name, row in sorted(_rows(found, names, old)) if row}
        if rows != old:
            _write(root / FILE, rows)
            changed += [name for name in sorted({*rows, *old}) if rows.get(name) != old.get(name)]
    return changed


def _rows(
    found: Sequence[Pair], names: Collection[str], old: Mapping[str, Signed]
) -> Iterator[tuple[str, Signed | None]]:
    for pair in found:
        now = Signed(id=pair.id, en=pair.now["en"], zh=pair.now["zh"])
        yield pair.id, now if not names or pair.id in names else old.get(pair.id)


def _write(path: Path, rows: Mapping[str, Signed]) -> None:
    lines = [f'- {{id: {row.id}, en: "{row.en}", zh: "{row.zh}"}}\n' for row in rows.values()]
    new = path.with_suffix(".new")
    new.write_text(_HEAD + "".join(lines), encoding="utf-8")
    new.replace(path)
