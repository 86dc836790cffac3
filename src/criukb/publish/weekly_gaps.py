"""The report's sections on what is not known: failures without a cause, and results that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from criukb.publish import markdown
from criukb.publish.blocks import Blocks, Markdown, sequence
from criukb.publish.measures import Example, total
from criukb.publish.texts import number

if TYPE_CHECKING:
    from criukb.publish.weekly import Weekly

MAX_UNKNOWN = 12
EXCERPT_LINES = 12


def unknown_blocks(report: Weekly) -> Blocks:
    """Failures that no entry explains, grouped, with an excerpt of each group."""
    t, groups = report.t, report.unknown()
    head = f"## {t('weekly.unknown')}"
    if not groups:
        return sequence([Markdown(f"{head}\n\n{t('weekly.unknown_none')}")])
    examples = report.measures.examples(report.runs)
    before = {row.key for row in report.measures.causes if row.cause is None and _earlier(report, row.run_id)}
    ranked = sorted(groups.items(), key=lambda item: (-item[1], item[0]))
    parts = [head, t("weekly.unknown_intro", share=t.share(groups.total(), report.failed))]
    for key, count in ranked[:MAX_UNKNOWN]:
        title = markdown.code(key[:160]) if key else t("weekly.unknown_no_line")
        facts = [t("weekly.unknown_times", n=count)]
        if _has_history(report):
            facts.append(t("weekly.unknown_old" if key in before else "weekly.unknown_new"))
        parts.append(f"- {title}{t('list.colon')}{t('list.pause').join(facts)}")
        parts.append(_indent(_example(report, examples[key])) if key in examples else "")
    if len(ranked) > MAX_UNKNOWN:
        parts.append(t("weekly.unknown_more", n=len(ranked) - MAX_UNKNOWN))
    return sequence([Markdown("\n\n".join(filter(None, parts)))])


def _has_history(report: Weekly) -> bool:
    return any(run.week and run.week < report.week for run in report.measures.runs)


def _earlier(report: Weekly, run_id: str) -> bool:
    run = next(run for run in report.measures.runs if run.run_id == run_id)
    return bool(run.week) and run.week < report.week


def _example(report: Weekly, example: Example) -> str:
    names = {"test": example.test, "flavor": example.flavor or "?", "step": example.step or "?"}
    text = report.t("weekly.unknown_example", **{name: markdown.code(value) for name, value in names.items()})
    lines = [line for line in example.excerpt.splitlines() if line.strip()][:EXCERPT_LINES]
    return text + (f"\n\n{markdown.fence(chr(10).join(lines))}" if lines else "")


def missing_blocks(report: Weekly) -> Blocks:
    """What these figures do not say."""
    t = report.t
    records = sum(run.records for run in report.runs)
    skipped, never = total(report.runs, "skip"), total(report.runs, "not-run")
    parts = [f"## {t('weekly.missing')}"]
    if never:
        parts.append(t("weekly.missing_notrun", share=t.share(never, records)))
    parts += _skip_reasons(report, skipped)
    untimed = records - sum(run.timed for run in report.runs)
    if untimed:
        parts.append(t("weekly.missing_duration", share=t.share(untimed, records)))
    kernels = {run.kernel for run in report.runs}
    parts.append(t("weekly.missing_kernels", n=len(kernels)))
    parts.append(t("weekly.missing_arch", items=t.listing(sorted({run.arch for run in report.runs}))))
    bare = [run for run in report.measures.runs if "?" in {run.kernel, run.criu} or run.started is None]
    if bare:
        parts.append(t("weekly.missing_meta", n=number(len(bare))))
    return sequence([Markdown("\n\n".join(parts))])


def _skip_reasons(report: Weekly, skipped: int) -> list[str]:
    if not skipped:
        return []
    rows = [[markdown.code(reason or "?"), number(n)] for reason, n in report.measures.skips(report.runs)[:15]]
    columns = [report.t("column.reason"), report.t("column.times")]
    listing = markdown.raw_table(columns, rows, ["---", "---:"])
    return [report.t("weekly.missing_skip", n=number(skipped)), listing]


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
