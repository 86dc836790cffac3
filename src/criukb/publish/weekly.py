"""The weekly report: every sentence is chosen and filled from the figures of the week's runs."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from criukb.kb.model import Lang
from criukb.publish import charts, markdown
from criukb.publish.articles import window_note
from criukb.publish.blocks import Blocks, Markdown, figure_blocks, sequence
from criukb.publish.contrast import Contrast, Setup, contrasts, setup_runs
from criukb.publish.figure import Figure, Table
from criukb.publish.measures import Flip, Measures, Run
from criukb.publish.texts import number, texts
from criukb.publish.weekly_contrast import contrast_blocks, ratio_text
from criukb.publish.weekly_gaps import missing_blocks, unknown_blocks

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

MAX_FLIPS = 40
ARTICLES = "../../articles"
_Parts = list[Markdown | Figure]


class Weekly:
    """The parts of one week's report in one language; each method gives what one notebook cell shows."""

    def __init__(self, kb: KnowledgeBase, measures: Measures, week: str, lang: Lang) -> None:
        self.kb, self.measures, self.week, self.lang = kb, measures, week, lang
        self.t = texts(lang)
        self.runs = measures.of_week(week)
        self.ids = {run.run_id for run in self.runs}
        self.contrasts: list[Contrast] = contrasts(self.runs, measures, kb)
        self.setups: list[Setup] = setup_runs(self.runs, measures, kb)

    # Figures

    @property
    def failed(self) -> int:
        """Failed results of the week."""
        return sum(run.failed for run in self.runs)

    @property
    def judged(self) -> int:
        """Judged results of the week."""
        return sum(run.judged for run in self.runs)

    def causes(self) -> Counter[str]:
        """Failures by known cause."""
        counts: Counter[str] = Counter()
        for row in self.measures.causes:
            if row.run_id in self.ids and row.cause is not None:
                counts[row.cause] += row.n
        return counts

    def unknown(self) -> Counter[str]:
        """Unknown failures by the key of their first unexplained line."""
        counts: Counter[str] = Counter()
        for row in self.measures.causes:
            if row.run_id in self.ids and row.cause is None:
                counts[row.key] += row.n
        return counts

    def title_of(self, cause: str) -> str:
        """Return a cause's title as Markdown, linked to its article when there is one."""
        try:
            folder = self.kb.get(cause)
        except KeyError:
            return markdown.code(cause)
        return markdown.link(folder.entry.title.get(self.lang), f"{ARTICLES}/{folder.id}.{self.lang}.md")

    def plain_title(self, cause: str) -> str:
        """Return a cause's title as plain text."""
        try:
            return self.kb.get(cause).entry.title.get(self.lang)
        except KeyError:
            return cause

    # Cells

    def glance(self) -> Blocks:
        """The findings, most important first."""
        t = self.t
        head = f"# {t('weekly.title', week=self.week)}\n\n## {t('weekly.glance')}"
        if not self.runs:
            return sequence([Markdown(f"{head}\n\n{t('weekly.empty')}")])
        lines = [f"- {line}" for line in self._glance_lines()]
        return sequence([Markdown(head), self._main_finding(), Markdown("\n".join(lines))])

    def _main_finding(self) -> _Parts:
        lines = []
        for item in (c for c in self.contrasts if c.worse):
            words = {
                "old": item.old.criu,
                "new": item.new.criu,
                "kernel": item.kernel,
                "ratio": ratio_text(item, self.t),
            }
            key = "weekly.g_contrast" if item.is_remedy else "weekly.g_contrast_unfixed"
            lines.append(self.t(key, **words, **({"fixed": item.fixed} if item.is_remedy else {})))
        body = "\n\n    ".join(lines)
        return [Markdown(f'!!! tip "{self.t("weekly.main")}"\n\n    {body}')] if lines else []

    def _glance_lines(self) -> list[str]:
        t, known = self.t, sum(self.causes().values())
        jobs, kernels = {run.job for run in self.runs}, sorted({run.kernel for run in self.runs})
        lines = [
            t(
                "weekly.g_runs",
                runs=t("article.runs_n", n=len(self.runs)),
                jobs=t("weekly.jobs_n", n=len(jobs)),
                kernels=t("weekly.kernels_n", kernels=t.listing(kernels)),
                versions=t.listing(sorted({run.criu for run in self.runs})),
                records=number(sum(run.records for run in self.runs)),
            ),
            t("weekly.g_fail", share=t.share(self.failed, self.judged)),
        ]
        if self.failed:
            lines.append(
                t("weekly.g_known", share=t.share(known, self.failed))
                if known < self.failed
                else t("weekly.g_all_known")
            )
        if known:
            cause, count = max(self.causes().items(), key=lambda item: (item[1], item[0]))
            lines.append(t("weekly.g_top", cause=self.title_of(cause), share=t.share(count, self.failed)))
        flips = sum(len(flips) for _, flips in self._flips())
        lines.append(t("weekly.g_flips", n=flips) if flips else t("weekly.g_no_flips"))
        return lines

    def run_list(self) -> Blocks:
        """The week's runs with their facts."""
        t = self.t
        names = ("job", "started", "criu", "kernel", "arch", "distro", "attempt", "failures")
        rows = [
            [r.job, r.when, r.criu, r.kernel, r.arch, r.distro, str(r.attempt or ""), t.share(r.failed, r.judged)]
            for r in self.runs
        ]
        used = [i for i in range(len(names)) if any(row[i] not in {"", "?"} for row in rows)]
        columns = tuple(t(f"column.{names[i]}") for i in used)
        shown = Table(columns, tuple(tuple(row[i] for i in used) for row in rows), frozenset({len(used) - 1}))
        notes = [
            f'!!! note "{markdown.inline(s.run.label)}"\n\n    '
            + t("weekly.setup_note", share=t.share(s.failures, s.run.failed), cause=self.title_of(s.cause))
            for s in self.setups
        ]
        text = f"## {t('weekly.runs')}\n\n{markdown.table(shown)}\n\n" + "\n\n".join(notes)
        return sequence([Markdown(text.strip())])

    def outcomes(self) -> Blocks:
        """The chart of outcomes."""
        bars = [charts.RunBar(run.label, run.counts) for run in self.runs[-20:]]
        if not bars:
            return sequence([])
        figure = charts.outcomes_per_run(bars, self.t, self._note())
        return sequence([Markdown(f"## {self.t('weekly.outcomes')}"), figure_blocks(figure, self.t)])

    def _note(self) -> str:
        return window_note(self.t, self.runs)

    def why(self) -> Blocks:
        """Failures by cause, linked to the articles."""
        counts, unknown, t = self.causes(), self.unknown().total(), self.t
        if not self.failed:
            return sequence([])
        bars = [charts.Bar(self.plain_title(cause), count) for cause, count in counts.items()]
        bars += [charts.Bar(t("chart.causes.unknown"), unknown, known=False)]
        figure = charts.failures_by_cause(bars, t, self._note())
        intro = f"## {t('weekly.why')}\n\n{t('weekly.why_intro')}\n\n{self._cause_table(counts)}"
        return sequence([Markdown(intro), figure_blocks(figure, t)])

    def _cause_table(self, counts: Counter[str]) -> str:
        t = self.t
        runs_of: dict[str, set[str]] = defaultdict(set)
        for row in self.measures.causes:
            if row.run_id in self.ids and row.cause:
                runs_of[row.cause].add(row.run_id)
        rows = []
        for cause, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            entry = self.kb.get(cause).entry if cause in self.kb.entries or cause in self.kb.aliases else None
            kind = t(f"class.{entry.flake_class}") if entry and entry.flake_class else ""
            runs = f"{len(runs_of[cause])}/{len(self.runs)}"
            rows.append([self.title_of(cause), kind, t.share(count, self.failed), runs])
        columns = [t(f"column.{name}") for name in ("cause", "class", "failures", "runs")]
        return markdown.raw_table(columns, rows, ["---", "---", "---:", "---:"])

    def unknown_failures(self) -> Blocks:
        """Failures that no entry explains, grouped, with an excerpt of each group."""
        return unknown_blocks(self)

    def _flips(self) -> list[tuple[tuple[Run, ...], list[Flip]]]:
        groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
        for run in self.runs:
            groups[run.job, run.criu, run.kernel, run.arch, run.variant, run.commit].append(run)
        several = [tuple(runs) for _, runs in sorted(groups.items()) if len(runs) > 1]
        return [(runs, self.measures.flips(runs)) for runs in several]

    def flips(self) -> Blocks:
        """Tests that passed and failed in equal runs."""
        t, groups = self.t, self._flips()
        single = len(self.runs) - sum(len(runs) for runs, _ in groups)
        coverage = t(
            "weekly.flips_groups",
            pairs=t("weekly.flips_groups_n", n=len(groups)),
            single=t("weekly.flips_single_n", n=single),
        )
        rows = [
            [markdown.code(flip.test), flip.flavor, markdown.inline(runs[0].job), self._outcomes(flip)]
            for runs, flips in groups
            for flip in flips
        ]
        parts = [f"## {t('weekly.flips')}", t("weekly.flips_intro") if rows else t("weekly.flips_none"), coverage]
        if rows:
            columns = [t(f"column.{name}") for name in ("test", "flavor", "job", "outcomes")]
            parts.append(markdown.raw_table(columns, rows[:MAX_FLIPS]))
        if len(rows) > MAX_FLIPS:
            parts.append(t("weekly.flips_more", n=len(rows) - MAX_FLIPS))
        return sequence([Markdown("\n\n".join(parts))])

    def _outcomes(self, flip: Flip) -> str:
        return " \u2192 ".join(self.t(f"outcome.{name}") for name in flip.outcomes[:12])

    def contrast(self) -> Blocks:
        """CRIU releases against each other on the same kernel."""
        return contrast_blocks(self)

    def missing(self) -> Blocks:
        """What these figures do not say."""
        return missing_blocks(self)

    def how(self) -> Blocks:
        """How it was computed."""
        t = self.t
        counts = {"causes": len(self.kb.causes()), "entries": len(self.kb.entries)}
        lines = [t("weekly.how_store"), t("weekly.how_rate"), t("weekly.how_diagnosis", **counts), t("weekly.how_week")]
        listing = "\n".join(f"- {line}" for line in [*lines, t("weekly.how_same")])
        return sequence([Markdown(f"## {t('weekly.how')}\n\n{listing}")])
