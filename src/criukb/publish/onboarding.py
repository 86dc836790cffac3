"""The reading for newcomers: the concept chapters, the stored runs, and a first diagnosis of a real log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from criukb.kb.langs import Lang
from criukb.kb.prose import join_cjk, visible_lines
from criukb.match.diagnose import Diagnoser
from criukb.publish import charts, markdown
from criukb.publish.articles import richest_log
from criukb.publish.blocks import Blocks, Markdown, figure_blocks, sequence
from criukb.publish.retry_chart import retry_curve
from criukb.publish.run_names import label, window_note
from criukb.publish.texts import texts
from criukb.stats.measures import Measures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from criukb.kb.base import EntryFolder, KnowledgeBase
    from criukb.match.result import Diagnosis, Found

# Long enough to read, from a real run, one cause and what follows from it.
FIRST_LOGS = ("sockopt-passcred-unsupported", "guard-region-pages-unreadable", "unix-abstract-name-in-use")
MAX_LOG_LINES = 30
_EMPTY = '""'


class Onboarding:
    """The parts of the reading in one language; each method gives what one notebook cell shows."""

    def __init__(self, kb: KnowledgeBase, measures: Measures, lang: Lang, extra: Sequence[Path] = ()) -> None:
        self.kb, self.measures, self.lang, self.extra = kb, measures, lang, tuple(extra)
        self.t = texts(lang)

    def head(self) -> Blocks:
        """Title and what to expect."""
        t = self.t
        chapters = t("onboarding.intro_n", n=len(self.kb.concepts))
        intro = t("onboarding.intro_rest", chapters=chapters) if self.kb.concepts else ""
        return sequence([Markdown(f"# {t('onboarding.title')}\n\n{intro}")])

    def chapters(self) -> Blocks:
        """All concept chapters, one level lower."""
        found = [concept.texts[self.lang] for concept in self.kb.concepts if self.lang in concept.texts]
        return sequence([Markdown(self._chapter(text)) for text in found])

    def _chapter(self, text: str) -> str:
        body = join_cjk(text) if self.lang == "zh" else text
        return markdown.neutral(_demoted(body)).strip()

    def runs(self) -> Blocks:
        """What the stored runs look like."""
        runs = [run for run in self.measures.runs if run.counts.judged][-12:]
        if not runs:
            return sequence([])
        t = self.t.marked(any(run.synthetic for run in runs))
        bars = [charts.RunBar(label(run), run.counts) for run in runs]
        figure = charts.outcomes_per_run(bars, t, window_note(t, runs))
        text = f"## {t('onboarding.now')}\n\n{t('onboarding.now_text')}"
        return sequence([Markdown(text), figure_blocks(figure, t)])

    def retries(self) -> Blocks:
        """The arithmetic of retries."""
        t = self.t
        text = f"## {t('onboarding.retries')}\n\n{t('onboarding.retries_text')}"
        return sequence([Markdown(text), figure_blocks(retry_curve(t), t)])

    def first_diagnosis(self) -> Blocks:
        """A real log, then what the diagnosis says of it, folded away."""
        found = self._example()
        if found is None:
            return sequence([])
        folder, path = found
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        source = next((s.source for s in folder.entry.samples if s.file == path.name), path.name)
        diagnosis = Diagnoser.load(self.extra).diagnose(lines)
        t = self.t
        answer = "\n".join(f"    {line}" if line else "" for line in self._answer(diagnosis).split("\n"))
        parts = [
            f"## {t('onboarding.diagnose')}",
            t("onboarding.diagnose_text"),
            markdown.fence("\n".join(lines[:MAX_LOG_LINES])),
            t("onboarding.diagnose_source", source=markdown.cited(source)),
            f'??? answer "{t("onboarding.diagnose_result")}"\n\n{answer}',
            t("onboarding.try"),
            markdown.fence(
                f"criukb diagnose kb/entries/{folder.entry.area}/{folder.id}/logs/{path.name} --explain", "sh"
            ),
        ]
        return sequence([Markdown("\n\n".join(parts))])

    def _example(self) -> tuple[EntryFolder, Path] | None:
        ranks = {name: rank for rank, name in enumerate(FIRST_LOGS)}
        causes = sorted(self.kb.causes(), key=lambda folder: (ranks.get(folder.id, len(ranks)), folder.id))
        found = ((folder, richest_log(folder, MAX_LOG_LINES)) for folder in causes)
        return next(((folder, log) for folder, log in found if log is not None), None)

    def _answer(self, diagnosis: Diagnosis) -> str:
        t = self.t
        rows = [(t("onboarding.verdict"), t(f"onboarding.verdict_{diagnosis.verdict}"))]
        link = ""
        if diagnosis.cause is not None:
            cause = diagnosis.cause
            lines = t("list.comma").join(map(str, cause.lines))
            rows += [
                (t("onboarding.cause"), markdown.inline(cause.title[self.lang])),
                ("", t("onboarding.cause_lines", lines=lines)),
                (t("onboarding.captures"), self._captures(cause)),
            ]
            title = markdown.link(cause.title[self.lang], f"../articles/{cause.id}.{self.lang}.md")
            link = t("onboarding.next", link=title)
        if diagnosis.chain:
            rows.append((t("onboarding.chain"), " \u2192 ".join(markdown.code(name) for name in diagnosis.chain)))
        table = markdown.raw_table([t("onboarding.diagnose_result"), " "], [list(row) for row in rows if row[1]])
        return f"{table}\n\n{link}"

    def _captures(self, cause: Found) -> str:
        named = (f"{name} = {markdown.code(str(value) or _EMPTY)}" for name, value in sorted(cause.captures.items()))
        return self.t("list.comma").join(named)


def _demoted(text: str) -> str:
    """Lower every heading outside code fences by one level."""
    visible = {number for number, _ in visible_lines(text)}
    lines = text.splitlines()
    return "\n".join(f"#{x}" if n in visible and x.startswith("#") else x for n, x in enumerate(lines, 1))
