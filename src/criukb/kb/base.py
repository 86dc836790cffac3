"""Loading a knowledge base: every fault of every file is collected before anything is raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from criukb.errors import CriukbError, Fault, Place
from criukb.kb.langs import LANGS, Lang
from criukb.kb.model import Area, Entry, Term
from criukb.kb.prose import Prose, parse_prose
from criukb.kb.yamltext import Document, read_yaml
from criukb.paths import KB_DIR

MAX_PROSE_BYTES = 256 * 1024
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class EntryFolder:
    """An entry with its folder, its prose per language, its logs and the places of its YAML values."""

    entry: Entry
    path: Path
    prose: dict[Lang, Prose]
    logs: tuple[Path, ...]
    document: Document

    @property
    def id(self) -> str:
        """The entry's id."""
        return self.entry.id


@dataclass(frozen=True, slots=True)
class Concept:
    """One onboarding chapter: its folder, and Markdown per language."""

    slug: str
    texts: dict[Lang, str]
    path: Path = Path()


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """All entries by id (sorted), areas, glossary and onboarding chapters; ``lists`` are the files of the first two."""

    entries: dict[str, EntryFolder]
    areas: tuple[Area, ...]
    glossary: tuple[Term, ...]
    concepts: tuple[Concept, ...]
    aliases: dict[str, str] = field(default_factory=dict)
    lists: tuple[Document, ...] = ()

    def get(self, name: str) -> EntryFolder:
        """Return the entry with id or alias ``name``; KeyError when there is none."""
        return self.entries[self.aliases.get(name, name)]

    def find(self, name: str | None) -> Entry | None:
        """Return the entry with id or alias ``name``, or None; a stored cause may name an entry of another base."""
        folder = self.entries.get(self.aliases.get(name, name)) if name else None
        return folder.entry if folder else None

    def causes(self) -> list[EntryFolder]:
        """Return the entries of kind ``cause``."""
        return [folder for folder in self.entries.values() if folder.entry.kind == "cause"]


class _Collector:
    """Runs loaders and keeps their faults."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def attempt(self, load: Callable[[], _T]) -> _T | None:
        try:
            return load()
        except CriukbError as error:
            self.faults.extend(error.faults)
        except OSError as error:
            place = Place(Path(error.filename or "."))
            self.faults.append(Fault(place, error.strerror or str(error), "make the file readable, or add it"))
        return None


def load_kb(extra: Sequence[Path] = (), base: Path | None = KB_DIR) -> KnowledgeBase:
    """Load the built-in base and the private ones in ``extra`` on top; raise CriukbError with all faults.

    A private entry with the id of a built-in one replaces it.
    """
    kb, faults = load_what_loads(extra, base)
    if faults:
        raise CriukbError(faults)
    return kb


def load_what_loads(extra: Sequence[Path] = (), base: Path | None = KB_DIR) -> tuple[KnowledgeBase, tuple[Fault, ...]]:
    """Load as ``load_kb`` does, but return what could be loaded together with the faults of the rest."""
    collector = _Collector()
    roots = [*([base] if base else []), *extra]
    entries: dict[str, EntryFolder] = {}
    for root in roots:
        _load_entries(root, collector, entries)
    areas, area_files = _load_list(roots, "areas.yaml", Area, collector)
    glossary, term_files = _load_list(roots, "glossary.yaml", Term, collector)
    concepts = [c for root in roots for c in _load_concepts(root, collector)]
    aliases = _aliases(entries, collector)
    _check_areas(entries, areas, collector)
    lists = (*area_files, *term_files)
    kb = KnowledgeBase(dict(sorted(entries.items())), areas, glossary, tuple(concepts), aliases, lists)
    return kb, tuple(collector.faults)


def _load_entries(root: Path, collector: _Collector, entries: dict[str, EntryFolder]) -> None:
    folder = root / "entries"
    if not root.is_dir():
        collector.faults.append(Fault(Place(root), "no such folder", "give the folder that holds entries/"))
        return
    found: dict[str, Path] = {}
    for path in sorted(p for p in folder.glob("*/*") if p.is_dir()):
        loaded = collector.attempt(lambda path=path: load_entry(path))  # type: ignore[misc]
        if loaded is None:
            continue
        if loaded.id in found:
            place = loaded.document.place(("id",))
            collector.faults.append(Fault(place, f"id {loaded.id} is taken by {found[loaded.id]}", "rename one"))
        found[loaded.id] = path
        entries[loaded.id] = loaded


def load_entry(path: Path) -> EntryFolder:
    """Load one entry's folder; raise CriukbError with all its faults."""
    collector = _Collector()
    document = read_yaml(_inside(path, path / "entry.yaml"))
    entry = validate(document, Entry)
    if entry.id != path.name:
        place, hint = document.place(("id",)), f"rename the folder to {entry.id}, or the id to {path.name}"
        collector.faults.append(Fault(place, f"id {entry.id} differs from its folder {path.name}", hint))
    if entry.area != path.parent.name:
        place, hint = document.place(("area",)), f"move the folder below {entry.area}/"
        collector.faults.append(Fault(place, f"area {entry.area} differs from its folder {path.parent.name}", hint))
    prose = {}
    for lang in LANGS:
        text = collector.attempt(lambda lang=lang: _load_prose(path, entry, lang))  # type: ignore[misc]
        if text is not None:
            prose[lang] = text
    if collector.faults:
        raise CriukbError(collector.faults)
    logs = tuple(sorted((path / "logs").glob("*.log")))
    return EntryFolder(entry, path, prose, logs, document)


def _load_prose(path: Path, entry: Entry, lang: Lang) -> Prose:
    file = _inside(path, path / f"{lang}.md")
    if not file.is_file():
        raise CriukbError.at(file, "the translation is missing", f"write {file.name}; see CONTRIBUTING.md")
    return parse_prose(_read_text(file), file, entry.kind, lang)


def _inside(folder: Path, file: Path) -> Path:
    if file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()):
        raise CriukbError.at(file, "a link that leads out of the entry", "put the file itself here")
    return file


def _read_text(path: Path) -> str:
    if path.stat().st_size > MAX_PROSE_BYTES:
        raise CriukbError.at(path, f"larger than {MAX_PROSE_BYTES} bytes", "shorten it")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CriukbError.at(path, f"not UTF-8 at byte {error.start}", "save the file as UTF-8") from error


def _load_concepts(root: Path, collector: _Collector) -> list[Concept]:
    concepts = []
    for path in sorted(p for p in (root / "concepts").glob("*") if p.is_dir()):
        texts = {lang: collector.attempt(lambda f=path / f"{lang}.md": _read_text(f)) for lang in LANGS}  # type: ignore[misc]
        concepts.append(Concept(path.name, {lang: text for lang, text in texts.items() if text is not None}, path))
    return concepts


def _load_list(
    roots: Sequence[Path], name: str, model: type[Any], collector: _Collector
) -> tuple[tuple[Any, ...], list[Document]]:
    merged: dict[str, Any] = {}
    documents: list[Document] = []
    for file in (root / name for root in roots if (root / name).is_file()):
        document = collector.attempt(lambda file=file: read_yaml(file))  # type: ignore[misc]
        rows = collector.attempt(lambda d=document: validate_list(d, model)) if document else None  # type: ignore[misc]
        if document and rows is not None:
            merged.update({row.id: row for row in rows})
            documents.append(document)
    return tuple(merged.values()), documents


def _aliases(entries: dict[str, EntryFolder], collector: _Collector) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for folder in entries.values():
        for index, alias in enumerate(folder.entry.aliases):
            other = alias if alias in entries else aliases.get(alias)
            if other:
                place = folder.document.place(("aliases", index))
                collector.faults.append(Fault(place, f"alias {alias} already names {other}", "drop it"))
            aliases[alias] = folder.id
    return aliases


def _check_areas(entries: dict[str, EntryFolder], areas: Sequence[Area], collector: _Collector) -> None:
    known = {area.id for area in areas}
    for folder in entries.values():
        if known and folder.entry.area not in known:
            place = folder.document.place(("area",))
            collector.faults.append(Fault(place, f"unknown area {folder.entry.area}", "add it to kb/areas.yaml"))


def validate(document: Document, model: type[_T]) -> _T:
    """Check ``document`` against a pydantic model; every fault gets the place of its value."""
    try:
        return TypeAdapter(model).validate_python(document.data)
    except ValidationError as error:
        raise CriukbError([_fault(document, item, model) for item in error.errors()]) from None


def validate_list(document: Document, model: type[_T]) -> list[_T]:
    """Check a document that is a list of ``model``."""
    return validate(document, list[model])  # type: ignore[valid-type]


def _fault(document: Document, item: Any, model: type[Any]) -> Fault:
    loc = tuple(part for part in item["loc"] if isinstance(part, int | str))
    name = ".".join(str(part) for part in loc)
    message = f"{name}: {item['msg'].removeprefix('Value error, ')}" if name else item["msg"]
    hint = "see the entry format in CONTRIBUTING.md"
    if item["type"] == "extra_forbidden":
        known = sorted(model.model_fields) if len(loc) == 1 and issubclass_model(model) else []
        message = f"{name}: no such field"
        hint = f"fields are: {', '.join(known)}" if known else "check the spelling; see CONTRIBUTING.md"
    return Fault(document.place(loc), message, hint)


def issubclass_model(model: Any) -> bool:
    """Whether ``model`` is a pydantic model class (and not, say, a list of them)."""
    return isinstance(model, type) and issubclass(model, BaseModel)


def is_slug(name: str) -> bool:
    """Whether ``name`` can be an entry's id."""
    return bool(_SLUG.match(name))
