"""One MkDocs build, in a process of its own: the configuration file and the worker."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from criukb.kb.langs import Lang
from criukb.paths import ROOT, TEMPLATES_DIR

if TYPE_CHECKING:
    from criukb.publish.site_pages import Docs

CONFIGS: dict[Lang, str] = {"en": "mkdocs.yml", "zh": "mkdocs.zh.yml"}
FIXED_DATE = 315_532_800  # 1980-01-01, as zip files have it: pages must not depend on the clock


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs: the configuration file, a private folder for jieba's cache, words that jieba must keep."""

    config: Path
    cache: Path
    terms: tuple[str, ...] = ()


def write_config(
    source: Path, lang: Lang, docs: Docs, site_url: str | None, terms: Sequence[dict[str, Any]] = ()
) -> Path:
    """Write ``source/mkdocs.<lang>.yml``: inherits the project's file, adds paths, navigation and glossary terms."""
    config: dict[str, Any] = {
        "INHERIT": os.path.relpath(ROOT / CONFIGS[lang], source),
        "docs_dir": lang,
        "site_dir": f"out/{lang}",
        "theme": {"custom_dir": os.path.relpath(TEMPLATES_DIR / "site" / "overrides", source)},
        "nav": docs.nav,
        "markdown_extensions": {"criukb.publish.glossary_links": {"terms": list(terms)}},
    }
    if docs.hidden:
        config["not_in_nav"] = "\n".join(docs.hidden)
    if site_url:
        config["site_url"] = site_url.rstrip("/") + ("/zh/" if lang == "zh" else "/")
    path = source / f"mkdocs.{lang}.yml"
    # safe_dump quotes: a title that looks like YAML stays a title.
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")
    return path


class _Kept(logging.Handler):
    """Keeps the warnings of MkDocs and its plugins."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def run(job: Job) -> list[str]:
    """Build one site; return the warnings and errors, an empty list when all is well."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(FIXED_DATE))
    kept = _Kept()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(kept)
    logger.propagate = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own, about its regular expressions
        _prepare_jieba(job)
        return _build(job.config, kept)


def _prepare_jieba(job: Job) -> None:
    import jieba  # noqa: PLC0415 - warns on import, and costs half a second

    jieba.setLogLevel(logging.ERROR)
    # By default the dictionary is cached, and unmarshalled, in the common temporary folder.
    jieba.dt.tmp_dir = str(job.cache)
    for term in job.terms:
        jieba.add_word(term)


def _build(config: Path, kept: _Kept) -> list[str]:
    # Only the workers need MkDocs.
    from mkdocs.commands.build import build  # noqa: PLC0415
    from mkdocs.config import load_config  # noqa: PLC0415
    from mkdocs.exceptions import MkDocsException  # noqa: PLC0415

    try:
        loaded = load_config(str(config), strict=True)
        loaded.plugins.on_startup(command="build", dirty=False)
        build(loaded)
    except (MkDocsException, SystemExit) as error:
        return kept.messages or [str(error)]
    return kept.messages
