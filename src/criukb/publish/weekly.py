"""The weekly report: every sentence is chosen and filled from the figures of the week's runs."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from criukb.kb.langs import Lang
from criukb.publish import charts, markdown
from criukb.publish.blocks import Blocks, Markdown, figure_blocks, sequence
from criukb.publish.figure import Figure, Table
from criukb.publish.run_names import fact, label, when, window_note
from criukb.publish.texts import number, texts
from criukb.publish.weekly_contrast import contrast_blocks, ratio_text
from criukb.publish.weekly_flips import flip_blocks
from criukb.publish.weekly_gaps import missing_blocks, unknown_blocks
from criukb.publish.weekly_lives import life_blocks, retry_blocks, verdict_blocks
from criukb.publish.weekly_trends import regression_blocks, trend_blocks
from criukb.stats.contrast import Contrast, contrasts
from criukb.stats.figures import CauseCount, Counts, Run
from criukb.stats.findings import is_synthetic, regressed
from criukb.stats.history import HISTORY_WEEKS, History
from criukb.stats.lifecycle import STATES, Life, lifecycle
from criukb.stats.measures import Measures
from criukb.stats.records import Case
from criukb.stats.regressions import Regression
from criukb.stats.setups import Setup, setup_runs

if TYPE_CHECKING:
    from criukb.kb.base import KnowledgeBase

MAX_RUNS = 60
MAX_SETUPS = 5
MAX_BARS = 20
ARTICLES = "../../articles"
_Parts = list[Markdown | Figure]


class Weekly:
    """The parts of one week's report in one language; each method gives what one notebook cell shows."""

    def __init__(self, kb: KnowledgeBase, measures: Measures, week: str, lang: Lang) -> None:
        self.kb, self.week, self.lang = kb, week, lang
        self.history = History(measures.store, kb, week)
        self.measures = self.history.measures.of_week(week)
        self.undated = measures.undated()
        self.synthetic = is_synthetic(self.history.measures.runs)
        self.t = texts(lang).marked(self.synthetic)
        self.runs: tuple[Run, ...] = self.measures.runs
        self.total: Counts = self.measures.total
        self.contrasts: list[Contrast] = contrasts(self.measures, kb)
        self.setups: list[Setup] = setup_runs(self.measures, kb)

    @property
    def causes(self) -> list[CauseCount]:
        """Failures by known cause, most frequent first."""
        return [count for count in self.measures.causes if count.cause is not None]

    @cached_property
    def worse_tests(self) -> list[Regression[Case]]:
        """The tests that fail more often than in the weeks before."""
        return regressed(self.history)

    @cached_property
    def failure_lives(self) -> list[Life]:
        """Every failure with its state."""
        return lifecycle(self.history.sightings)

    def states(self) -> str:
        """Name how many failures are in each state."""
        t, counts = self.t, Counter(one.state for one in self.failure_lives)
        return t.listing([t("history.state_n", state=t(f"state.{name}"), count=counts[name]) for name in STATES])

    def title_of(self, cause: str) -> str:
        """Return a cause's title as Markdown, linked to its article when there is one."""
        entry = self.kb.find(cause)
        if entry is None:
            return markdown.code(cause)
        return markdown.link(entry.title.get(self.lang), f"{ARTICLES}/{entry.id}.{self.lang}.md")

    def plain_title(self, cause: str) -> str:
        """Return a cause's title as plain text."""
        entry = self.kb.find(cause)
        return entry.title.get(self.lang) if entry else cause

    # Cells

    def glance(self) -> Blocks:
        """The findings, most important first."""
        t = self.t
        head = f"# {t('weekly.title', week=self.week)}\n\n"
        if self.synthetic:
            head += f'!!! warning "{t("weekly.synthetic")}"\n\n    {t("weekly.synthetic_text")}\n\n'
        head += f"## {t('weekly.glance')}"
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
        t, total = self.t, self.total
        jobs, kernels = {run.job for run in self.runs}, sorted({fact(run.kernel) for run in self.runs})
        lines = [
            t(
                "weekly.g_runs",
                runs=t("article.runs_n", n=len(self.runs)),
                jobs=t("weekly.jobs_n", n=len(jobs)),
                kernels=t("weekly.kernels_n", kernels=t.listing(kernels)),
                versions=t.listing(sorted({fact(run.criu_version) for run in self.runs})),
                records=number(total.records),
            ),
            t("weekly.g_fail", share=t.share(total.failed, total.judged)),
        ]
        if total.failed:
            share = t.share(total.known, total.failed)
            lines.append(t("weekly.g_known", share=share) if total.unknown else t("weekly.g_all_known"))
        for top in self.causes[:1]:
            share = t.share(top.failures, total.failed)
            lines.append(t("weekly.g_top", cause=self.title_of(top.cause or ""), share=share))
        if self.history.windows and self.worse_tests:
            lines.append(t("weekly.g_regressions", n=len(self.worse_tests)))
        if self.history.has_earlier:
            lines.append(t("weekly.g_lives", states=self.states()))
        flips = len(self.measures.flips)
        lines.append(t("weekly.g_flips", n=flips) if flips else t("weekly.g_no_flips"))
        return lines

    def run_list(self) -> Blocks:
        """The week's runs with their facts."""
        t = self.t
        names = ("job", "started", "criu", "kernel", "arch", "distro", "attempt", "failures")
        rows = [self._run_row(run) for run in self.runs[-MAX_RUNS:]]
        used = [i for i in range(len(names)) if any(row[i] not in {"", "?"} for row in rows)]
        columns = tuple(t(f"column.{names[i]}") for i in used)
        shown = Table(columns, tuple(tuple(row[i] for i in used) for row in rows), frozenset({len(used) - 1}))
        notes = [
            f'!!! note "{markdown.inline(label(s.run))}"\n\n    '
            + t("weekly.setup_note", share=t.share(s.failures, s.run.counts.failed), cause=self.title_of(s.cause))
            for s in self.setups[-MAX_SETUPS:]
        ]
        rest = [t("weekly.runs_more", n=len(self.runs) - len(rows))] if len(self.runs) > len(rows) else []
        return sequence([Markdown("\n\n".join([f"## {t('weekly.runs')}", markdown.table(shown), *rest, *notes]))])

    def _run_row(self, run: Run) -> list[str]:
        facts = [fact(value) for value in (run.criu_version, run.kernel, run.arch, run.distro)]
        share = self.t.share(run.counts.failed, run.counts.judged)
        return [run.job, when(run), *facts, str(run.attempt or ""), share]

    def outcomes(self) -> Blocks:
        """The chart of outcomes."""
        bars = [charts.RunBar(label(run), run.counts) for run in self.runs[-MAX_BARS:]]
        if not bars:
            return sequence([])
        figure = charts.outcomes_per_run(bars, self.t, window_note(self.t, self.runs[-MAX_BARS:]))
        return sequence([Markdown(f"## {self.t('weekly.outcomes')}"), figure_blocks(figure, self.t)])

    def _note(self) -> str:
        return window_note(self.t, self.runs)

    def why(self) -> Blocks:
        """Failures by cause, linked to the articles."""
        t = self.t
        if not self.total.failed:
            return sequence([])
        bars = [charts.Bar(self.plain_title(count.cause or ""), count.failures) for count in self.causes]
        bars += [charts.Bar(t("chart.causes.unknown"), self.total.unknown, known=False)]
        figure = charts.failures_by_cause(bars, t, self._note())
        intro = f"## {t('weekly.why')}\n\n{t('weekly.why_intro')}\n\n{self._cause_table()}"
        return sequence([Markdown(intro), figure_blocks(figure, t)])

    def _cause_table(self) -> str:
        t = self.t
        rows = []
        for count in self.causes:
            entry = self.kb.find(count.cause)
            kind = t(f"class.{entry.flake_class}") if entry and entry.flake_class else ""
            share = t.share(count.failures, self.total.failed)
            rows.append([self.title_of(count.cause or ""), kind, share, f"{count.runs}/{len(self.runs)}"])
        columns = [t(f"column.{name}") for name in ("cause", "class", "failures", "runs")]
        return markdown.raw_table(columns, rows, ["---", "---", "---:", "---:"])

    def unknown_failures(self) -> Blocks:
        """Failures that no entry explains, grouped, with an excerpt of each group."""
        return unknown_blocks(self)

    def flips(self) -> Blocks:
        """Tests that passed and failed in equal runs."""
        return flip_blocks(self)

    def contrast(self) -> Blocks:
        """CRIU releases against each other on the same kernel."""
        return contrast_blocks(self)

    def regressions(self) -> Blocks:
        """Tests that fail more often than in the weeks before."""
        return regression_blocks(self)

    def lives(self) -> Blocks:
        """New, regressed, quiet and fixed failures."""
        return life_blocks(self)

    def verdicts(self) -> Blocks:
        """Verdicts on the tests."""
        return verdict_blocks(self)

    def retrying(self) -> Blocks:
        """What retries would hide."""
        return retry_blocks(self)

    def trend(self) -> Blocks:
        """The weekly failure rate within its limits, and the tests whose rate changed."""
        return trend_blocks(self)

    def missing(self) -> Blocks:
        """What these figures do not say."""
        return missing_blocks(self)

    def how(self) -> Blocks:
        """How it was computed."""
        t = self.t
        counts = {"causes": len(self.kb.causes()), "entries": len(self.kb.entries)}
        lines = [t("weekly.how_store"), t("weekly.how_rate"), t("weekly.how_diagnosis", **counts), t("weekly.how_week")]
        lines.append(t("weekly.how_history", week=self.week, weeks=HISTORY_WEEKS))
        listing = "\n".join(f"- {line}" for line in [*lines, t("weekly.how_same")])
        return sequence([Markdown(f"## {t('weekly.how')}\n\n{listing}")])
