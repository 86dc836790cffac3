"""Publishing: which notebooks are executed with which parameters, and where their files go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from criukb.kb.langs import LANGS, Lang
from criukb.progress import Progress, silent
from criukb.publish import export, notebooks
from criukb.publish.notebooks import Job
from criukb.publish.texts import texts
from criukb.scores.cards import load_cards, write_cards

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from criukb.kb.base import EntryFolder

CARDS = "scorecards.json"


def _relative(paths: Iterable[Path], folder: Path) -> list[str]:
    # Notebooks are published: they name no folder of this machine.
    return [Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix() for path in paths]


def _common(store: Path, out: Path, extra: Sequence[Path]) -> dict[str, str | list[str]]:
    return {"store": _relative([store], out)[0], "extra_kb": _relative(extra, out)}


def article_jobs(
    folders: Iterable[EntryFolder], store: Path, out: Path, langs: Sequence[Lang] = LANGS, extra: Sequence[Path] = ()
) -> list[Job]:
    """Return one job per entry and language; the scorecards are computed now and written beside the articles."""
    out.mkdir(parents=True, exist_ok=True)
    write_cards(out / CARDS, load_cards(extra))
    common = _common(store, out, extra) | {"cards": CARDS}
    source = notebooks.source("article")
    return [
        Job(source, {"entry_id": f.id, "lang": lang, **common}, out, f"{f.id}.{lang}", f.entry.title.get(lang), lang)
        for f in folders
        for lang in langs
    ]


def weekly_jobs(
    weeks: Iterable[str], store: Path, out: Path, langs: Sequence[Lang] = LANGS, extra: Sequence[Path] = ()
) -> list[Job]:
    """Return one job per week and language."""
    common = _common(store, out, extra)
    source = notebooks.source("weekly")
    return [
        Job(source, {"week": week, "lang": lang, **common}, out, f"{week}.{lang}", _weekly_title(week, lang), lang)
        for week in weeks
        for lang in langs
    ]


def _weekly_title(week: str, lang: Lang) -> str:
    return texts(lang)("weekly.title", week=week)


def onboarding_jobs(store: Path, out: Path, langs: Sequence[Lang] = LANGS, extra: Sequence[Path] = ()) -> list[Job]:
    """Return one job per language."""
    common = _common(store, out, extra)
    source = notebooks.source("onboarding")
    return [
        Job(source, {"lang": lang, **common}, out, f"onboarding.{lang}", texts(lang)("onboarding.title"), lang)
        for lang in langs
    ]


def publish(jobs: Sequence[Job], progress: Progress = silent) -> list[Path]:
    """Execute ``jobs`` and write HTML, Markdown with pictures and .ipynb of each; return the files, sorted.

    Raises:
        CriukbError: with the faults of all notebooks that failed.
    """
    written: list[Path] = []

    def finish(job: Job, notebook: NotebookNode) -> None:
        shutil.rmtree(job.folder / f"{job.name}_files", ignore_errors=True)
        written.extend(export.write(notebook, job.folder, job.name))
        progress(job.name)

    for job in jobs:
        job.folder.mkdir(parents=True, exist_ok=True)
    notebooks.run_jobs(jobs, finish)
    return sorted(written)
