"""The docs folder of one language: every page as Markdown, the pictures beside them, and the navigation."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from criukb.errors import Fault, Place
from criukb.kb.langs import LANGS, Lang
from criukb.kb.model import FlakeClass, Kind
from criukb.kb.prose import join_cjk
from criukb.paths import SAMPLE_DIR
from criukb.publish.markdown import inline, plain
from criukb.publish.site_text import Pages, attribute, heading, language_part, page, words
from criukb.publish.statistics import explanations

if TYPE_CHECKING:
    from criukb.kb.base import EntryFolder, KnowledgeBase
    from criukb.kb.model import Area, Entry
    from criukb.publish.site_figures import Figures

KIND_ORDER = {kind: position for position, kind in enumerate(get_args(Kind))}
FLAKE_ORDER: tuple[FlakeClass, ...] = get_args(FlakeClass)
PICTURES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".webp"})
MAX_LISTED = 5
MAX_EXAMPLE = 16_384  # characters
_WEEK = re.compile(r"\d{4}-W\d{2}\Z")
Nav = list[dict[str, Any]]


@dataclass(slots=True)
class Docs:
    """What was written for one language: the navigation, the pages outside it, the number of pages."""

    nav: Nav = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    pages: int = 0


def missing_articles(kb: KnowledgeBase, build: Path) -> list[Fault]:
    """Return a fault when entries lack their exported article in a language: one per file, or one for many."""
    folder = build / "articles"
    names = [f"{name}.{lang}.md" for name in kb.entries for lang in LANGS]
    missing = [name for name in names if not (folder / name).is_file()]
    hint = "run `criukb build`, which writes the articles and then the site"
    if len(missing) > MAX_LISTED:
        message = f"{len(missing)} of {len(names)} articles are missing, such as {missing[0]}"
        return [Fault(Place(folder), message, hint)]
    return [Fault(Place(folder / name), "the article is missing", hint) for name in missing]


@dataclass(frozen=True, slots=True)
class Example:
    """A cause and the text of a log that it names."""

    entry: Entry
    log: str


class Assembly:
    """Writes the docs folder ``out`` of one language from the knowledge base and the outputs below ``build``."""

    def __init__(self, kb: KnowledgeBase, build: Path, out: Path, lang: Lang, figures: Figures) -> None:
        self.kb, self.build, self.out, self.lang, self.figures = kb, build, out, lang, figures
        self.render = Pages(lang)
        self.words = words()[lang]
        self.docs = Docs()

    def write(self) -> Docs:
        """Write every page; the articles must be there."""
        names = self.words["nav"]
        weeks = self._weeks()
        self._home(weeks)
        self._rendered("diagnose.md", names["diagnose"], "diagnose", example=self._example())
        articles = self._articles()
        learn = self._learn()
        reports = self._reports(weeks)
        self._about()
        self._rendered("statistics.md", names["statistics"], "statistics", statistics=explanations(self.lang))
        self.docs.nav = [
            {names["home"]: "index.md"},
            {names["diagnose"]: "diagnose.md"},
            {names["articles"]: articles},
            {names["learn"]: learn},
            {names["reports"]: reports},
            {names["about"]: [{names["about"]: "about.md"}, {names["statistics"]: "statistics.md"}]},
        ]
        return self.docs

    def _put(self, path: str, text: str) -> None:
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        self.docs.pages += 1

    def _rendered(self, path: str, title: str, name: str, meta: dict[str, Any] | None = None, **values: Any) -> None:
        values = {"kb": self.kb, "figures": self.figures, "build": self.build, **values}
        self._put(path, page(title, self.render.render(name, **values), **(meta or {})))

    # Home

    def _home(self, weeks: list[str]) -> None:
        counts = [
            (self.figures.entries, "entries", "articles/index.html"),
            (self.figures.causes, "causes", "articles/index.html"),
            (self.figures.runs, "runs", "reports/index.html"),
            (self.figures.results, "results", "reports/index.html"),
        ]
        strip = [{"value": f"{value:,}", "label": self.words["count"][key], "url": url} for value, key, url in counts]
        meta = {"template": "home.html", "hide": ["navigation", "toc", "path"], "strip": strip}
        self._rendered("index.md", self.words["nav"]["home"], "home", meta, weeks=weeks)

    def _example(self) -> Example | None:
        """The most frequent cause that has a log, or else the first one by id."""
        ranked = {top.id: position for position, top in enumerate(self.figures.top)}
        for folder in sorted(self.kb.causes(), key=lambda f: (ranked.get(f.id, len(ranked)), f.id)):
            for log in folder.logs:
                if log.name.startswith("match-") and not log.is_symlink():
                    with log.open(encoding="utf-8", errors="replace") as file:
                        return Example(folder.entry, file.read(MAX_EXAMPLE))
        return None

    # Articles

    def _articles(self) -> Nav:
        nav: Nav = [{self.words["nav"]["all"]: "articles/index.md"}]
        filled = [(area, self._of(area)) for area in self.kb.areas]
        filled = [(area, folders) for area, folders in filled if folders]
        classes = {name: [f for f in self.kb.causes() if f.entry.flake_class == name] for name in FLAKE_ORDER}
        self._rendered("articles/index.md", self.words["nav"]["all"], "articles", areas=filled, classes=classes)
        for area, folders in filled:
            nav.append({plain(area.title.get(self.lang)): self._area(area, folders)})
        return nav

    def _of(self, area: Area) -> list[EntryFolder]:
        found = [f for f in self.kb.entries.values() if f.entry.area == area.id]
        return sorted(found, key=lambda f: (KIND_ORDER[f.entry.kind], f.id))

    def _area(self, area: Area, folders: list[EntryFolder]) -> Nav:
        title, path = area.title.get(self.lang), f"areas/{area.id}/index.md"
        self._rendered(path, title, "area", area=area, folders=folders)
        nav: Nav = [{plain(title): path}]
        for folder in folders:
            self._article(folder)
            nav.append({plain(folder.entry.title.get(self.lang)): f"articles/{folder.id}.md"})
        return nav

    def _article(self, folder: EntryFolder) -> None:
        entry = folder.entry
        title, summary = entry.title.get(self.lang), entry.summary.get(self.lang)
        source = self.build / "articles" / f"{entry.id}.{self.lang}.md"
        self._exported(source, f"articles/{entry.id}.md", title, attribute(summary))
        for alias in entry.aliases:
            moved = self.words["page"]["moved"].format(alias=alias)
            body = f"# {self.words['page']['renamed']}\n\n{moved}[{inline(title)}]({entry.id}.md)"
            self._put(f"articles/{alias}.md", page(alias, body, search={"exclude": True}))
            self.docs.hidden.append(f"/articles/{alias}.md")

    def _exported(self, source: Path, path: str, title: str, description: str = "") -> None:
        """Take an exported document with its pictures and its notebook into the docs folder."""
        body = source.read_text(encoding="utf-8")
        folder = (self.out / path).parent
        folder.mkdir(parents=True, exist_ok=True)
        self._pictures(source.with_name(f"{source.stem}_files"), folder)
        notebook = source.with_suffix(".ipynb")
        if notebook.is_file():
            shutil.copyfile(notebook, folder / notebook.name)
            body += f"\n\n---\n\n[{self.words['page']['notebook']}]({notebook.name})\n"
        meta = {"description": description} if description else {}
        self._put(path, page(title, body, **meta))

    def _pictures(self, source: Path, folder: Path) -> None:
        for picture in sorted(source.rglob("*")) if source.is_dir() else ():
            if picture.is_file() and not picture.is_symlink() and picture.suffix in PICTURES:
                target = folder / source.name / picture.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(picture, target)

    # Newcomers

    def _learn(self) -> Nav:
        names = self.words["nav"]
        chapters: list[tuple[str, str]] = []
        for concept in self.kb.concepts:
            text = concept.texts[self.lang]
            title = heading(text, concept.slug)
            body = join_cjk(text) if self.lang == "zh" else text
            self._put(f"concepts/{concept.slug}.md", page(title, body))
            chapters.append((title, f"concepts/{concept.slug}.md"))
        nav: Nav = [{plain(title): path} for title, path in chapters]
        course = self.build / "reports" / f"onboarding.{self.lang}.md"
        if course.is_file():
            title = heading(course.read_text(encoding="utf-8"), names["course"])
            self._exported(course, "reports/onboarding.md", title)
            nav.append({names["course"]: "reports/onboarding.md"})
        self._rendered("concepts/index.md", names["learn"], "learn", chapters=chapters, course=course.is_file())
        self._rendered("glossary.md", names["glossary"], "glossary")
        return [{names["learn"]: "concepts/index.md"}, *nav, {names["glossary"]: "glossary.md"}]

    # Reports

    def _weeks(self) -> list[str]:
        """Weeks with a report in this language, newest first."""
        found = [p.name.removesuffix(f".{self.lang}.md") for p in self._weekly().glob(f"*.{self.lang}.md")]
        return sorted((week for week in found if _WEEK.match(week)), reverse=True)

    def _weekly(self) -> Path:
        return self.build / "reports" / "weekly"

    def _reports(self, weeks: list[str]) -> Nav:
        names = self.words["nav"]
        self._rendered("reports/index.md", names["reports"], "reports", weeks=weeks)
        nav: Nav = [{names["reports"]: "reports/index.md"}]
        for week in weeks:
            self._exported(self._weekly() / f"{week}.{self.lang}.md", f"reports/weekly/{week}.md", week)
            nav.append({week: f"reports/weekly/{week}.md"})
        return nav

    # About

    def _about(self) -> None:
        card = SAMPLE_DIR / "SOURCE.md"
        text = language_part(card.read_text(encoding="utf-8"), self.lang) if card.is_file() else ""
        self._rendered("about.md", self.words["nav"]["about"], "about", card=text)
