"""The report's sections on what is not known: failures without a cause, and results that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from criukb.publish import markdown
from criukb.publish.blocks import Blocks, Markdown, sequence
from criukb.publish.run_names import fact
from criukb.publish.texts import number
from criukb.publish.weekly_lives import lacking_lives
from criukb.publish.weekly_trends import lacking_trends
from criukb.stats.figures import CauseCount, Example
from criukb.stats.history import HISTORY_WEEKS

if TYPE_CHECKING:
    from criukb.publish.weekly import Weekly

MAX_UNKNOWN = 12
EXCERPT_LINES = 12


def unknown_blocks(report: Weekly) -> Blocks:
    """Failures that no entry explains, grouped, with an excerpt of each group."""
    t, groups = report.t, [count for count in report.measures.causes if count.cause is None]
    head = f"## {t('weekly.unknown')}"
    if not groups:
        return sequence([Markdown(f"{head}\n\n{t('weekly.unknown_none')}")])
    parts = [head, t("weekly.unknown_intro", share=t.share(report.total.unknown, report.total.failed))]
    for count in groups[:MAX_UNKNOWN]:
        parts.append(_group(report, count))
        parts.append(_indent(_example(report, report.measures.examples[count.unknown_key])))
    if len(groups) > MAX_UNKNOWN:
        parts.append(t("weekly.unknown_more", n=len(groups) - MAX_UNKNOWN))
    return sequence([Markdown("\n\n".join(parts))])


def _group(report: Weekly, count: CauseCount) -> str:
    t, key = report.t, count.unknown_key
    title = markdown.code(key[:160]) if key else t("weekly.unknown_no_line")
    facts = [t("weekly.unknown_times", n=count.failures)]
    if report.history.has_earlier:
        before = report.history.seen["unknown", key or ""] < report.history.split
        facts.append(t("weekly.unknown_old" if before else "weekly.unknown_new"))
    return f"- {title}{t('list.colon')}{t('list.pause').join(facts)}"


def _example(report: Weekly, example: Example) -> str:
    names = {"test": example.test, "flavor": fact(example.flavor), "step": fact(example.step)}
    text = report.t("weekly.unknown_example", **{name: markdown.code(value) for name, value in names.items()})
    lines = [line for line in (example.excerpt or "").splitlines() if line.strip()][:EXCERPT_LINES]
    return text + (f"\n\n{markdown.fence(chr(10).join(lines))}" if lines else "")


def missing_blocks(report: Weekly) -> Blocks:
    """What these figures do not say."""
    t = report.t
    records, outcomes = report.total.records, report.total.by_outcome
    skipped, never = outcomes["skip"], outcomes["not-run"]
    parts = [f"## {t('weekly.missing')}"]
    lacking = [*lacking_trends(report), *lacking_lives(report)]
    if lacking:
        parts += [t("history.lack"), "\n".join(f"- {line}" for line in lacking)]
    if never:
        parts.append(t("weekly.missing_notrun", share=t.share(never, records)))
    parts += _skip_reasons(report, skipped)
    untimed = records - sum(run.timed for run in report.runs)
    if untimed:
        parts.append(t("weekly.missing_duration", share=t.share(untimed, records)))
    kernels = {run.kernel for run in report.runs}
    parts.append(t("weekly.missing_kernels", n=len(kernels)))
    parts.append(t("weekly.missing_arch", items=t.listing(sorted({fact(run.arch) for run in report.runs}))))
    bare = [
        run
        for run in (*report.history.measures.runs, *report.undated.runs)
        if not (run.kernel and run.criu_version and run.started_at)
    ]
    if bare:
        parts.append(t("weekly.missing_meta", n=number(len(bare)), weeks=HISTORY_WEEKS))
    return sequence([Markdown("\n\n".join(parts))])


def _skip_reasons(report: Weekly, skipped: int) -> list[str]:
    if not skipped:
        return []
    rows = [[markdown.code(reason or "?"), number(n)] for reason, n in report.measures.skips[:15]]
    columns = [report.t("column.reason"), report.t("column.times")]
    listing = markdown.raw_table(columns, rows, ["---", "---:"])
    return [report.t("weekly.missing_skip", n=number(skipped)), listing]


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
