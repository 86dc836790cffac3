"""The site: docs folders of both languages, two MkDocs builds side by side, one folder to serve."""

from __future__ import annotations

import multiprocessing
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from criukb.errors import CriukbError, Fault, Place
from criukb.kb.langs import LANGS, Lang
from criukb.progress import Progress, silent
from criukb.publish import site_figures, site_mkdocs
from criukb.publish.glossary_links import link_terms
from criukb.publish.site_mkdocs import Job
from criukb.publish.site_pages import Assembly, missing_articles

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

_HAN = re.compile(r"[\u4e00-\u9fff]{2,8}")


@dataclass(frozen=True, slots=True)
class SiteResult:
    """The folder to serve and the number of pages per language."""

    root: Path
    pages: dict[Lang, int]

    @property
    def index(self) -> Path:
        """The English home page; the Chinese one is ``zh/index.html`` beside it."""
        return self.root / "index.html"


def build_site(kb: KnowledgeBase, build: Path, progress: Progress = silent, site_url: str | None = None) -> SiteResult:
    """Build ``build/site`` from ``build/articles``, ``build/reports`` and ``build/store``.

    ``site_url`` is the address that the site will have; it is only needed for the sitemap and canonical links.
    Raise CriukbError when articles are missing or MkDocs warns; an older site then stays as it was.
    """
    faults = missing_articles(kb, build)
    if faults:
        raise CriukbError(faults)
    source = build / "site-src"
    shutil.rmtree(source, ignore_errors=True)
    figures = site_figures.count(kb, build / "store")
    jobs: dict[Lang, Job] = {}
    pages: dict[Lang, int] = {}
    for lang in LANGS:
        docs = Assembly(kb, build, source / lang, lang, figures).write()
        config = site_mkdocs.write_config(source, lang, docs, site_url, link_terms(kb.glossary, lang))
        jobs[lang] = _job(kb, source, lang, config)
        pages[lang] = docs.pages
    progress(f"site: {sum(pages.values())} pages in {len(pages)} languages")
    _run(jobs)
    root = _publish(source / "out", build / "site")
    shutil.rmtree(source / "cache")
    return SiteResult(root, pages)


def _job(kb: KnowledgeBase, source: Path, lang: Lang, config: Path) -> Job:
    cache = source / "cache" / lang
    cache.mkdir(parents=True)
    terms = {word for term in kb.glossary for word in _HAN.findall(term.zh)} if lang == "zh" else set()
    return Job(config, cache, tuple(sorted(terms)))


def _run(jobs: dict[Lang, Job]) -> None:
    # MkDocs keeps state in modules and environment variables: fresh processes, not threads or forks.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=len(jobs), mp_context=context) as pool:
        results = list(pool.map(site_mkdocs.run, jobs.values()))
    hint = "mend the page that the message names, or its source in kb/ or templates/site/"
    faults = [
        Fault(Place(job.config), message, hint)
        for job, messages in zip(jobs.values(), results, strict=True)
        for message in messages
    ]
    if faults:
        raise CriukbError(faults)


def _publish(out: Path, site: Path) -> Path:
    """Move both builds to their places at the very end, so that an error leaves the old site alone."""
    for lang in LANGS:
        _searchable_offline(out / lang / "search")
    shutil.rmtree(site, ignore_errors=True)
    shutil.move(out / "en", site)
    shutil.move(out / "zh", site / "zh")
    out.rmdir()
    return site


def _searchable_offline(folder: Path) -> None:
    """Write the search index as a script too: pages opened from the file system may not fetch JSON."""
    index = (folder / "search_index.json").read_text(encoding="utf-8")
    (folder / "search_index.js").write_text(f"var __index = {index}", encoding="utf-8", newline="\n")
