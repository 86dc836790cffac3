"""The report's section on tests that changed their outcome between equal runs of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING

from criukb.publish import markdown
from criukb.publish.blocks import Blocks, Markdown, sequence
from criukb.publish.texts import Texts
from criukb.stats.figures import Flip

if TYPE_CHECKING:
    from criukb.publish.weekly import Weekly

MAX_FLIPS = 40
_MAX_OUTCOMES = 12


def flip_blocks(report: Weekly) -> Blocks:
    """Return the tests that passed and failed in equal runs, and how many runs could show it."""
    t, groups = report.t, report.measures.equal_runs()
    single = len(report.runs) - sum(map(len, groups))
    coverage = t(
        "weekly.flips_groups",
        pairs=t("weekly.flips_groups_n", n=len(groups)),
        single=t("weekly.flips_single_n", n=single),
    )
    rows = [_row(flip, t) for flip in report.measures.flips]
    parts = [f"## {t('weekly.flips')}", t("weekly.flips_intro") if rows else t("weekly.flips_none"), coverage]
    if rows:
        columns = [t(f"column.{name}") for name in ("test", "flavor", "job", "outcomes")]
        parts.append(markdown.raw_table(columns, rows[:MAX_FLIPS]))
    if len(rows) > MAX_FLIPS:
        parts.append(t("weekly.flips_more", n=len(rows) - MAX_FLIPS))
    return sequence([Markdown("\n\n".join(parts))])


def _row(flip: Flip, t: Texts) -> list[str]:
    outcomes = " \u2192 ".join(t(f"outcome.{name}") for name in flip.outcomes[:_MAX_OUTCOMES])
    return [markdown.code(flip.test), markdown.inline(flip.flavor or ""), markdown.inline(flip.job), outcomes]
