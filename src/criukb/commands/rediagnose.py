"""``criukb rediagnose``: the failures of the store, diagnosed again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from criukb.commands.options import format_option, kb_option, lang_option, require_store, store_option

if TYPE_CHECKING:
    from criukb.runs.rediagnose import Tally

_TEXTS = {
    "counts": {
        "en": "{failures} failures in {runs} runs diagnosed again; another cause: {causes}; other details: {details}",
        "zh": "{runs} 次运行中的 {failures} 次失败已重新诊断；原因改变：{causes}；仅细节改变：{details}",
    },
    "written": {"en": "{n} runs rewritten in {store}", "zh": "{store} 中更新了 {n} 次运行"},
    "dry": {"en": "--dry-run: nothing was written", "zh": "--dry-run：没有写入任何内容"},
    "excerpt": {
        "en": "{n} of them are of store format 1 without evidence and were read from their excerpt; "
        "{kept} keep a cause that the excerpt does not show (ingest their consoles again to be sure)",
        "zh": "其中 {n} 次以格式 1 入库，没有保存证据，只能依据摘录诊断；"
        "{kept} 次的原因在摘录中看不到，保持不变（要确认，请重新导入其控制台输出）",
    },
    "bare": {"en": "{n} have no line to diagnose and stay unknown", "zh": "{n} 次没有任何日志行，仍为未知"},
    "old": {"en": "old cause", "zh": "原来的原因"},
    "new": {"en": "new cause", "zh": "现在的原因"},
    "failures": {"en": "failures", "zh": "失败次数"},
}


@click.command()
@store_option
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@format_option("text", "json")
@lang_option
@kb_option
def command(store: Path, dry_run: bool, output: str, lang: str, kb_dirs: tuple[Path, ...]) -> None:
    """Diagnose every failure of the store again, with the present knowledge base, and tell what changed.

    Needed after entries were added or changed: the store keeps the lines of each failure that its diagnosis reads.
    Each run is replaced whole, so that readers see it as it was or as it is now.

    \b
    Examples:
      criukb rediagnose --dry-run
      criukb rediagnose --store build/store --kb private-kb --format json
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.commands.progress import progress_line  # noqa: PLC0415 - --help must stay quick
    from criukb.match.diagnose import Diagnoser  # noqa: PLC0415 - the same
    from criukb.runs.rediagnose import Rediagnosis  # noqa: PLC0415 - the same
    from criukb.runs.remembering import remembering  # noqa: PLC0415 - the same
    from criukb.runs.store import rewrite_runs  # noqa: PLC0415 - the same

    require_store(store)
    loaded = Diagnoser.load(kb_dirs)
    diagnoser = remembering(loaded) if isinstance(loaded, Diagnoser) else loaded
    with progress_line() as progress:
        change = Rediagnosis(diagnoser, progress, dry=dry_run)
        written = rewrite_runs(store, change)
    if output == "json":
        click.echo(json.dumps(_json(change.total, written, dry_run=dry_run), ensure_ascii=False, indent=2))
    else:
        _show(change.total, store, len(written), lang, dry_run=dry_run)


def _show(total: Tally, store: Path, written: int, lang: str, *, dry_run: bool) -> None:
    from criukb.commands.tables import text_table  # noqa: PLC0415 - --help must stay quick

    def say(key: str, **values: object) -> None:
        click.echo(_TEXTS[key][lang].format(**values))

    changed = total.changed
    if changed:
        head = [_TEXTS[key][lang] for key in ("old", "new", "failures")]
        click.echo(text_table(head, [[cause.old, cause.new, count] for cause, count in changed]) + "\n")
    causes = sum(count for _, count in changed)
    say("counts", failures=total.failures, runs=total.runs, causes=causes, details=total.details)
    if total.from_excerpt:
        say("excerpt", n=total.from_excerpt, kept=total.kept)
    if total.bare:
        say("bare", n=total.bare)
    say("dry") if dry_run else say("written", n=written, store=store)


def _json(total: Tally, written: list[str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "runs": total.runs,
        "failures": total.failures,
        "changed_causes": sum(count for _, count in total.changed),
        "changed_details": total.details,
        "from_excerpt": total.from_excerpt,
        "kept": total.kept,
        "bare": total.bare,
        "changes": [{"old": cause.old, "new": cause.new, "failures": count} for cause, count in total.changed],
        "written": written,
    }
