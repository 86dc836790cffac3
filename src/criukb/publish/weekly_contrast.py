"""The report's section on CRIU releases: the rates, the paired test, the causes, and the conclusion that they allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from criukb.publish import charts, markdown
from criukb.publish.blocks import Blocks, Markdown, figure_blocks, sequence
from criukb.publish.figure import Figure
from criukb.publish.run_names import fact, label, when, window_note
from criukb.publish.texts import Texts, number
from criukb.stats.contrast import CauseShift, Contrast
from criukb.stats.setups import Setup

if TYPE_CHECKING:
    from criukb.publish.weekly import Weekly

MAX_SHIFTS = 15
_WHOLE_FROM, _PLAIN_P, _POWERS_BELOW = 9.95, 0.001, -4
_SUPERSCRIPT = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")


def ratio_text(item: Contrast, t: Texts) -> str:
    """Write how many times as often the old release fails: whole from ten on, one decimal below."""
    if item.ratio is None:
        return t("figure.none")
    return f"{item.ratio:.0f}" if item.ratio >= _WHOLE_FROM else f"{item.ratio:.1f}"


def p_text(value: float) -> str:
    """Write a p value: never as zero."""
    if value >= _PLAIN_P:
        return f"{value:.3f}"
    exponent = int(f"{value:.0e}".split("e")[1]) if value > 0 else -300
    return f"< 10{str(exponent + 1).translate(_SUPERSCRIPT)}" if exponent < _POWERS_BELOW else f"{value:.4f}"


def contrast_blocks(report: Weekly) -> Blocks:
    """Return the section for all pairs of neighbouring releases of the week."""
    t = report.t
    head = [Markdown(f"## {t('weekly.contrast')}")]
    if not report.contrasts:
        return sequence([head, Markdown(t("weekly.contrast_none"))])
    parts = [part for item in report.contrasts for part in _one(report, item)]
    return sequence([head, parts, Markdown("\n\n".join([t("weekly.contrast_pairing"), *_left_out(report)]))])


def _left_out(report: Weekly) -> list[str]:
    t = report.t

    def line(setup: Setup) -> str:
        share = t.share(setup.failures, setup.run.counts.failed)
        return t("weekly.contrast_left_out", run=markdown.inline(label(setup.run)), share=share)

    return [line(setup) for setup in report.setups]


def _one(report: Weekly, item: Contrast) -> list[Markdown | Figure]:
    title = f"### {report.t('weekly.contrast_title', **_setting(item))}"
    text = [title, _rates(item, report.t)]
    if item.variant:
        text.append(report.t("weekly.contrast_variant", variant=markdown.code(item.variant)))
    return [
        Markdown("\n\n".join(text)),
        *figure_blocks(_chart(report, item), report.t),
        Markdown("\n\n".join(_paired(item, report.t))),
        Markdown("\n\n".join(_reasons(report, item))),
        Markdown(_conclusion(item, report.t)),
    ]


def _setting(item: Contrast) -> dict[str, str]:
    return {"old": item.old.criu, "new": item.new.criu, "kernel": item.kernel, "arch": fact(item.arch)}


def _rates(item: Contrast, t: Texts) -> str:
    old, new = item.old.rate, item.new.rate
    text = t(
        "weekly.contrast_rates",
        kernel=item.kernel,
        arch=fact(item.arch),
        old=item.old.criu,
        new=item.new.criu,
        old_share=t.share(old.numerator, old.denominator),
        new_share=t.share(new.numerator, new.denominator),
        old_ci=t.interval(old.low, old.high),
        new_ci=t.interval(new.low, new.high),
    )
    tail = (
        t("weekly.contrast_ratio_none") if item.ratio is None else t("weekly.contrast_ratio", ratio=ratio_text(item, t))
    )
    return f"{text}{'' if t.lang == 'zh' else ' '}{tail}"


def _chart(report: Weekly, item: Contrast) -> Figure:
    rates = [(side.criu, side.rate) for side in (item.old, item.new)]
    note = window_note(report.t, sorted([*item.old.runs, *item.new.runs], key=when))
    name = f"failure-rate-{item.old.criu}-{item.new.criu}-{item.kernel}-{item.arch or ''}-{item.variant or ''}"
    return charts.rates(markdown.slug(name), "versions", rates, report.t, note, kernel=f"Linux {item.kernel}")


def _paired(item: Contrast, t: Texts) -> list[str]:
    pairs = item.pairs
    text = t(
        "weekly.contrast_paired",
        old=item.old.criu,
        new=item.new.criu,
        pairs=number(pairs.total),
        only_old=number(pairs.only_old),
        only_new=number(pairs.only_new),
        both=number(pairs.both),
        discordant=number(pairs.only_old + pairs.only_new),
        p=p_text(pairs.p_value),
    )
    if item.compared > 1:
        text += t("weekly.contrast_corrected", n=item.compared, q=p_text(item.q))
    return [text.replace("= <", "<"), t("weekly.contrast_paired_note")]


def _reasons(report: Weekly, item: Contrast) -> list[str]:
    if not item.shifts:
        return []
    t = report.t
    columns = [
        t("column.cause"),
        f"CRIU {item.old.criu}",
        f"CRIU {item.new.criu}",
        t("column.fixed_in"),
        t("column.kernel_scope"),
    ]
    rows = [_row(report, shift) for shift in item.shifts[:MAX_SHIFTS]]
    table = markdown.raw_table(columns, rows, ["---", "---:", "---:", "---", "---"])
    return [t("weekly.contrast_causes", old=item.old.criu), table]


def _row(report: Weekly, shift: CauseShift) -> list[str]:
    title = report.title_of(shift.cause) if shift.cause else report.t("chart.causes.unknown")
    scope = markdown.code(shift.kernel_range) if shift.kernel_range else ""
    return [title, number(shift.old), number(shift.new), shift.fixed or "", scope]


def _conclusion(item: Contrast, t: Texts) -> str:
    if not item.worse:
        return t("weekly.contrast_unclear")
    parts = []
    if item.explained:
        share = t.share(item.explained_extra, item.extra)
        parts.append(t("weekly.contrast_explained", old=item.old.criu, share=share, fixed=item.fixed))
    if item.kernel_newer:
        parts.append(_older(item, t))
    open_part = item.extra - item.explained_extra
    if open_part > 0:
        parts.append(t("weekly.contrast_open", share=t.share(open_part, item.extra)))
    if item.is_remedy:
        left = sum(shift.new for shift in item.explained)
        words = {
            "fixed": item.fixed,
            "new": item.new.criu,
            "left": number(left),
            "judged": number(item.new.counts.judged),
        }
        parts.append(f'!!! tip "{t("weekly.remedy")}"\n\n    {t("weekly.contrast_remedy", **words)}')
    return "\n\n".join(parts)


def _older(item: Contrast, t: Texts) -> str:
    ranges = sorted({shift.kernel_range for shift in item.kernel_newer if shift.kernel_range})
    return t(
        "weekly.contrast_older",
        old=item.old.criu,
        kernel=item.kernel,
        causes=t("weekly.contrast_older_n", n=len(item.kernel_newer)),
        ranges=t.listing([f"`{text}`" for text in ranges]),
    )
