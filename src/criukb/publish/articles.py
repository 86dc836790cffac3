"""One entry as an article: prose, facts, patterns, a real log, remedies, figures from the store, references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from criukb.kb.langs import Lang
from criukb.kb.model import Entry, Fix, Signature
from criukb.kb.prose import fill
from criukb.publish import charts, diagrams, markdown
from criukb.publish.blocks import Blocks, Markdown, figure_blocks, sequence
from criukb.publish.figure import Figure
from criukb.publish.run_names import label, when, window_note
from criukb.publish.scorecard import Scorecard
from criukb.publish.templating import render
from criukb.publish.texts import texts
from criukb.stats.figures import Run
from criukb.stats.measures import Measures
from criukb.stats.rates import rate, rule_of_three
from criukb.stats.sightings import sightings

if TYPE_CHECKING:
    from criukb.kb.base import EntryFolder, KnowledgeBase
    from criukb.scores.card import Cards

SAMPLE_LINES = 18
_MARK = re.compile("\ue000([a-z0-9_]+)\ue001")
_OWN = re.compile(r"own experiments?\b(?:.*?CRIU v?(?P<criu>\d[\d.]*\d) on Linux (?P<linux>\d[\d.]*\d))?")
_RELEASE_OF = {"criu": "CRIU", "kernel": "Linux"}
_Parts = list[Markdown | Figure]


@dataclass(frozen=True, slots=True)
class _Pattern:
    text: str
    where: str


class Article:
    """The parts of one entry's page in one language; each method gives what one notebook cell shows."""

    def __init__(self, kb: KnowledgeBase, measures: Measures, folder: EntryFolder, lang: Lang, cards: Cards) -> None:
        self.kb, self.measures, self.folder, self.lang, self.cards = kb, measures, folder, lang, cards
        self.entry: Entry = folder.entry
        self.t = texts(lang).marked(any(run.synthetic for run in measures.runs))

    def head(self) -> Blocks:
        """Title, summary, facts."""
        return sequence([self._render("head", facts=self._facts())])

    def background(self) -> Blocks:
        """What one has to know first."""
        return sequence([self.section("background")])

    def symptom(self) -> Blocks:
        """What one sees: the lines, a real log, how to make sure."""
        patterns = [self._pattern(signature) for signature in self.entry.match]
        sample = self._sample()
        confirm = [self._render("confirm")] if self.entry.confirm else []
        shown = self._render("patterns", patterns=patterns, sample=sample)
        return sequence([self.section("meaning"), self.section("symptom"), shown, confirm])

    def analysis(self) -> Blocks:
        """Why it happens."""
        return sequence([self.section("root-cause"), self.section("details")])

    def remedies(self) -> Blocks:
        """What to do: the prose, the remedies with cost and limits, the changes that end it, advice."""
        parts: list[Any] = [self.section("action"), self.section("remedies")]
        if self.entry.remedies:
            parts.append(self._render("remedies"))
        if self.entry.fixes:
            parts.append(self._render("fixes", fixes=[self._fix(fix) for fix in self.entry.fixes]))
        return sequence([*parts, self.section("practice")])

    def measured(self) -> Blocks:
        """How often it was seen in the stored runs, with numerator, denominator, window and interval."""
        runs = [run for run in self.measures.runs if run.counts.judged]
        hits = self.measures.hits(self._names())
        text = self._render("measured", lines=self._measured_lines(runs, hits))
        return sequence([text, self._hits_chart(runs, hits) if hits else []])

    def _names(self) -> list[str]:
        return [self.entry.id, *self.entry.aliases]

    def closing(self) -> Blocks:
        """Summary, references, neighbours."""
        related = [self._neighbour(name) for name in self.entry.related if name in self.kb.entries]
        return sequence([self.section("summary"), self._render("references", related=related)])

    def scored(self) -> Blocks:
        """How the entry stands on the logs of the base and in the stored runs."""
        seen = sightings(self.measures, self._names())
        card = Scorecard(self.cards.cards[self.entry.id], self.cards.logs, seen, self.t)
        return sequence([self._render("scorecard", rows=card.rows(), notes=card.notes())])

    def section(self, key: str) -> _Parts:
        """Return one section of the prose; diagrams become pictures. Nothing when the entry has no such section."""
        found = next((s for s in self.folder.prose[self.lang].sections if s.key == key), None)
        if found is None:
            return []
        marks = {d.id: f"\n\n\ue000{d.id}\ue001\n\n" for d in self.entry.diagrams}
        body = markdown.neutral(fill(found.body, self.entry, self.lang, marks))
        pieces = _MARK.split(f"## {found.heading}\n\n{body}")
        parts: _Parts = []
        for index, piece in enumerate(pieces):
            parts += self._diagram(piece) if index % 2 else [Markdown(piece.strip())]
        return parts

    def _diagram(self, name: str) -> _Parts:
        diagram = next(d for d in self.entry.diagrams if d.id == name)
        return figure_blocks(diagrams.sequence(diagram, self.lang, self.t), self.t)

    def _render(self, name: str, **values: object) -> Markdown:
        return Markdown(render(name, self.lang, entry=self.entry, **values))

    def _facts(self) -> list[tuple[str, str]]:
        entry, t, scope = self.entry, self.t, self.entry.scope
        area = next((a.title.get(self.lang) for a in self.kb.areas if a.id == entry.area), entry.area)
        comma = t("list.comma")
        rows = [
            ("kind", t(f"kind.{entry.kind}")),
            ("class", t(f"class.{entry.flake_class}") if entry.flake_class else ""),
            ("evidence", t(f"evidence.{entry.evidence}")),
            ("phase", comma.join(t(f"phase.{phase}") for phase in entry.phase)),
            ("area", area),
            ("kernel", f"`{scope.kernel}`" if scope.kernel else ""),
            ("criu", f"`{scope.criu}`" if scope.criu else ""),
            ("arch", comma.join(scope.arch)),
            ("runtimes", comma.join(scope.runtimes)),
            ("tests", comma.join(f"`{name}`" for name in scope.tests)),
            ("flavors", comma.join(scope.flavors)),
            ("scope", scope.note.get(self.lang) if scope.note else ""),
            ("identifier", f"`{entry.id}`"),
            ("aliases", comma.join(f"`{alias}`" for alias in entry.aliases)),
        ]
        return [(t(f"article.{name}"), markdown.inline(value)) for name, value in rows if value]

    def _pattern(self, signature: Signature) -> _Pattern:
        t = self.t
        if signature.tool:
            return _Pattern(signature.regex or "", t("article.tool_line", tool=signature.tool))
        where = [f"`{signature.file}`", self._releases(signature)]
        errno = signature.where.get("errno")
        if signature.call == "pr_perror" and errno is not None:
            names = [errno] if isinstance(errno, str) else errno if isinstance(errno, list) else errno.any_of or []
            where += (
                [t("article.errno_note", errno=t("list.comma").join(f"`{name}`" for name in names))] if names else []
            )
        return _Pattern(signature.format or "", t("list.pause").join(filter(None, where)))

    def _releases(self, signature: Signature) -> str:
        since, until = (tag.removeprefix("v") if tag else None for tag in (signature.since, signature.until))
        if since and until:
            return self.t("article.from_to", since=since, until=until)
        if since:
            return self.t("article.since", since=since)
        return self.t("article.until", until=until) if until else ""

    def _sample(self) -> dict[str, str] | None:
        path = richest_log(self.folder, SAMPLE_LINES)
        if path is None:
            return None
        lines, total = _excerpt(path)
        source = next((s.source for s in self.entry.samples if s.file == path.name), path.name)
        note = self.t("article.sample_source", source=self._cited(source))
        if len(lines) < total:
            note += ("" if self.lang == "zh" else " ") + self.t("article.sample_cut", shown=len(lines), total=total)
        return {"text": "\n".join(lines), "note": note}

    def _cited(self, source: str) -> str:
        """Return where a log is from; what is said of an experiment stands in English, so Chinese names it only."""
        own = _OWN.match(source) if self.lang == "zh" else None
        if own is None:
            return markdown.cited(source)
        return self.t("article.own_experiment_on" if own["criu"] else "article.own_experiment", **own.groupdict())

    def _fix(self, fix: Fix) -> dict[str, str]:
        subject = markdown.inline(fix.subject or "")
        commit = f"`{fix.commit[:12]}`" if fix.commit else ""
        name = f"[{commit or markdown.inline(fix.url)}]({fix.url})" if fix.url else commit
        release = f"{_RELEASE_OF.get(fix.side, '')} {fix.release}".strip() if fix.release else ""
        note = markdown.inline(fix.note.get(self.lang)) if fix.note else ""
        return {
            "side": self.t(f"side.{fix.side}"),
            "change": f"{name} {subject}".strip(),
            "release": release,
            "note": note,
        }

    def _neighbour(self, name: str) -> dict[str, str]:
        entry = self.kb.entries[name].entry
        return {
            "title": entry.title.get(self.lang),
            "href": f"{name}.{self.lang}.md",
            "kind": self.t(f"kind.{entry.kind}"),
        }

    def _measured_lines(self, runs: Sequence[Run], hits: dict[str, int]) -> list[str]:
        t, whole, found = self.t, sum(run.counts.judged for run in runs), sum(hits.values())
        if not whole:
            return [t("article.measured_none")]
        names = t("article.runs_n", n=len(runs))
        if not found:
            lines = [t("article.measured_zero", whole=f"{whole:,}", runs=names, bound=t.percent(rule_of_three(whole)))]
        else:
            tests = t("article.tests_n", n=len(self.measures.tests(self._names())))
            share = rate(found, whole)
            words = {"share": t.share(found, whole), "interval": t.interval(share.low, share.high)}
            words |= {"tests": tests, "runs": names}
            lines = [t("article.measured_some", **words, hit_runs=len(hits), all_runs=len(runs))]
            lines.append(t("article.measured_dependent"))
        made_up = [t("article.measured_synthetic")] if t.synthetic else []
        return [*made_up, *lines, t("article.window", first=when(runs[0]), last=when(runs[-1]))]

    def _hits_chart(self, runs: Sequence[Run], hits: dict[str, int]) -> _Parts:
        rates = [(label(run), rate(hits.get(run.run_id, 0), run.counts.judged)) for run in runs[-20:]]
        figure = charts.rates("hits-per-run", "hits", rates, self.t, window_note(self.t, runs[-20:]))
        return figure_blocks(figure, self.t)


def richest_log(folder: EntryFolder, most: int) -> Path | None:
    """Return the ``match-*.log`` that shows most, counting no more than ``most`` lines; the first of equals."""
    logs = [log for log in folder.logs if log.name.startswith("match-")]
    return max(logs, key=lambda log: min(len(_excerpt(log)[0]), most), default=None)


def _excerpt(path: Path) -> tuple[list[str], int]:
    """Return the lines around the first Error of a log, and how many lines it has (read up to 100,000)."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        lines = [line.rstrip("\n") for line in islice(stream, 100_000)]
    if len(lines) <= SAMPLE_LINES:
        return lines, len(lines)
    first = next((i for i, line in enumerate(lines) if "Error" in line), 0)
    start = max(0, min(first - 4, len(lines) - SAMPLE_LINES))
    return lines[start : start + SAMPLE_LINES], len(lines)
