"""The main job: consoles to store, articles, reports and site, made beside the target and swapped in last."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from criukb.errors import CriukbError
from criukb.kb.base import KnowledgeBase, load_kb
from criukb.kb.langs import LANGS, Lang
from criukb.match.diagnose import Diagnoser
from criukb.paths import SAMPLE_DIR
from criukb.progress import Progress, counted, silent
from criukb.publish import reports
from criukb.publish.site import build_site
from criukb.publish.texts import texts
from criukb.runs.ingest import ingest
from criukb.runs.meta import RunMeta, read_side_file
from criukb.runs.schema import OUTCOMES
from criukb.runs.store import run_files
from criukb.stats.measures import Measures

PARTS = ("store", "articles", "reports", "site")
MAX_WEEKS = 8


@dataclass(slots=True)
class Result:
    """What a build did: counts over the whole store, files and pages written, seconds per stage."""

    out: Path
    runs: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    known: int = 0
    unknown: int = 0
    files: dict[str, int] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)
    weeks: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return plain data for ``--format json``."""
        opened = {lang: {name: str(path) for name, path in self._places(lang)} for lang in LANGS}
        return {
            "out": str(self.out),
            "runs": self.runs,
            "outcomes": self.outcomes,
            "known": self.known,
            "unknown": self.unknown,
            "files": self.files,
            "pages": self.pages,
            "weeks": self.weeks,
            "open": opened,
            "seconds": {stage: round(value, 2) for stage, value in self.seconds.items()},
        }

    def rows(self, lang: Lang) -> list[tuple[str, str]]:
        """Return the summary as (name, value)."""
        t = texts(lang)
        rows = [(t("build.runs"), f"{self.runs:,}")]
        rows += [(t("build.results", outcome=t(f"outcome.{k}")), f"{n:,}") for k, n in self.outcomes.items()]
        rows += [(t("build.known"), f"{self.known:,}"), (t("build.unknown"), f"{self.unknown:,}")]
        rows += [(t("build.pages", kind=t(f"build.stage_{kind}")), f"{n:,}") for kind, n in self.files.items()]
        rows += [(t("build.site", lang=t(f"build.lang_{name}")), f"{n:,}") for name, n in self.pages.items()]
        rows += [(t("build.seconds", stage=t(f"build.stage_{k}")), f"{v:.1f}") for k, v in self.seconds.items()]
        return [*rows, (t("build.seconds", stage=t("build.total")), f"{sum(self.seconds.values()):.1f}")]

    def places(self, lang: Lang) -> list[tuple[str, Path]]:
        """Return what to open, as (name, path)."""
        t = texts(lang)
        return [(f"{t('build.open')} ({t(f'build.stage_{name}')})", path) for name, path in self._places(lang)]

    def _places(self, lang: Lang) -> Iterator[tuple[str, Path]]:
        if self.pages:
            yield "site", self.out / "site" / ("zh/index.html" if lang == "zh" else "index.html")
        for week in self.weeks[-1:]:
            yield "reports", self.out / "reports" / "weekly" / f"{week}.{lang}.html"


def run(
    paths: Sequence[Path],
    out: Path,
    extra: Sequence[Path] = (),
    progress: Progress = silent,
    *,
    site: bool = True,
) -> Result:
    """Build everything into ``out``. After an error ``out`` is as it was.

    Raises:
        CriukbError: with the faults of the stage that failed.
    """
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        result = Result(out)
        kb = _stages(paths, result, folder, tuple(path.resolve() for path in extra), progress)
        if site:
            with _timed(result, "site"):
                _site(result, kb, folder, progress)
        _swap(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _stages(
    paths: Sequence[Path], result: Result, folder: Path, extra: Sequence[Path], progress: Progress
) -> KnowledgeBase:
    with _timed(result, "ingest"):
        kb = load_kb(extra)
        _fill_store(paths, result.out / "store", folder / "store", extra, progress)
        _count(result, Measures(folder / "store"))
    with _timed(result, "documents"):
        _documents(result, kb, folder, extra, progress)
    return kb


@contextmanager
def _timed(result: Result, stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    result.seconds[stage] = time.perf_counter() - start


def _fill_store(paths: Sequence[Path], old: Path, store: Path, extra: Sequence[Path], progress: Progress) -> None:
    if old.is_dir():
        shutil.copytree(old, store)
    else:
        store.mkdir()
    chosen = list(paths) or ([SAMPLE_DIR] if _wants_sample(store) else [])
    if chosen:
        ingest(chosen, store, RunMeta(), Diagnoser.load(extra), progress)
    if not run_files(store):
        raise CriukbError.at(old, "no runs to report on", "give consoles: criukb build PATH...")


def _wants_sample(store: Path) -> bool:
    """Whether to read the sample: the store is empty, or holds it already and its diagnoses may be old."""
    stored = {run.job for run in Measures(store).runs}
    sample = {read_side_file(path).job for path in sorted(SAMPLE_DIR.glob("*.meta.yaml"))}
    return bool(sample) and (not stored or bool(stored & sample))


def _count(result: Result, measures: Measures) -> None:
    total = measures.total
    result.runs = len(measures.runs)
    result.outcomes = {name: total.by_outcome[name] for name in OUTCOMES if total.by_outcome[name]}
    result.known, result.unknown = total.known, total.unknown
    result.weeks = measures.weeks()[-MAX_WEEKS:]


def _documents(result: Result, kb: KnowledgeBase, folder: Path, extra: Sequence[Path], progress: Progress) -> None:
    store = folder / "store"
    articles = reports.article_jobs(kb.entries.values(), store, folder / "articles", LANGS, extra)
    weekly = reports.weekly_jobs(result.weeks, store, folder / "reports" / "weekly", LANGS, extra)
    other = reports.onboarding_jobs(store, folder / "reports", LANGS, extra)
    # One call, so that the kernels stay warm; the long documents go first, or one kernel would wait at the end.
    jobs = [*other, *weekly, *articles]
    written = reports.publish(jobs, counted(progress, len(jobs)))
    result.files = {"articles": sum(path.parent.name == "articles" for path in written)}
    result.files["reports"] = len(written) - result.files["articles"]


def _site(result: Result, kb: KnowledgeBase, folder: Path, progress: Progress) -> None:
    result.pages = {str(lang): n for lang, n in build_site(kb, folder, progress).pages.items()}
    shutil.rmtree(folder / "site-src", ignore_errors=True)


def _swap(folder: Path, out: Path) -> None:
    """Move the new parts into ``out``; when a move fails, the old ones come back. Other files stay."""
    out.mkdir(exist_ok=True)
    trash = folder / "old"
    trash.mkdir()
    moved: list[str] = []
    try:
        for part in (name for name in PARTS if (folder / name).exists()):
            if (out / part).exists():
                (out / part).rename(trash / part)
            moved.append(part)
            (folder / part).rename(out / part)
    except OSError:
        for part in moved:
            shutil.rmtree(out / part, ignore_errors=True)
            if (trash / part).exists():
                (trash / part).rename(out / part)
        raise
