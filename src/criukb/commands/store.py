"""``criukb store``: list, compact, verify and forget what the store of runs holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from criukb.commands.options import format_option, lang_option, require_store, store_option
from criukb.commands.progress import progress_line
from criukb.commands.store_verify import verify_command
from criukb.commands.tables import text_table

_RUNS = {
    "en": ("run", "job", "started (UTC)", "criu", "kernel", "format", "results", "failures"),
    "zh": ("运行", "作业", "开始时间（UTC）", "criu", "内核", "来源格式", "结果数", "失败数"),
}
_MONTHS = {
    "en": ("month", "runs", "results", "files before", "after", "bytes before", "after"),
    "zh": ("月份", "运行数", "结果数", "整理前文件数", "整理后", "整理前字节数", "整理后"),
}
_TEXTS = {
    "listed": {"en": "{runs} runs, {results} results in {store}", "zh": "{store} 中共 {runs} 次运行，{results} 条结果"},
    "synthetic": {"en": "synthetic", "zh": "合成数据"},
    "compacted": {
        "en": "{store}: {before} files became {after}, {old} bytes became {new}",
        "zh": "{store}：{before} 个文件整理为 {after} 个，{old} 字节变为 {new} 字节",
    },
    "migrated": {
        "en": "{store}: {n} files brought to format {version}",
        "zh": "{store}：{n} 个文件已升级到格式 {version}",
    },
    "forgotten": {"en": "{n} runs removed from {store}", "zh": "已从 {store} 删除 {n} 次运行"},
    "would": {"en": "{n} runs would be removed from {store}", "zh": "将从 {store} 删除 {n} 次运行"},
}


@click.group()
def command() -> None:
    """List, compact, check and forget the runs of the store.

    \b
    Examples:
      criukb store list
      criukb store compact --store /srv/criukb/store
      criukb store verify --format json
      criukb store forget --before 2024-01-01T00:00:00Z --dry-run
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone


@command.command("list")
@store_option
@format_option("text", "json")
@lang_option
def list_command(store: Path, output: str, lang: str) -> None:
    """List the runs of the store, by start.

    \b
    Examples:
      criukb store list
      criukb store list --store build/store --format json
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.runs.store_forget import list_runs  # noqa: PLC0415 - --help must stay quick

    require_store(store)
    runs = list_runs(store)
    _show_runs(runs, output, lang)
    if output == "text":
        results = sum(run["results"] for run in runs)
        click.echo(_TEXTS["listed"][lang].format(runs=len(runs), results=results, store=store))


@command.command("compact")
@store_option
@click.option(
    "--rows", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="At most so many results per file."
)
@format_option("text", "json")
@lang_option
def compact_command(store: Path, rows: int, output: str, lang: str) -> None:
    """Join the many small files of each month into few large ones.

    Files of an older format are brought to this one as well. Other writers may go on meanwhile; readers that use
    only the pattern DIR/**/*.parquet see each run exactly once at every moment. Files that are half full stay.

    The months are built in a hidden folder beside the store, so the folder above it must be writable and on the same
    file system, which must be able to swap two folders in one instant: ext4, xfs, btrfs and tmpfs are.

    \b
    Examples:
      criukb store compact
      criukb store compact --store /srv/criukb/store --rows 500000
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.runs.store_compact import compact  # noqa: PLC0415 - --help must stay quick
    from criukb.runs.store_parts import Limits  # noqa: PLC0415 - the same

    require_store(store)
    with progress_line() as progress:
        months = compact(store, Limits(rows=rows), progress)
    if output == "json":
        click.echo(json.dumps([asdict(month) for month in months], indent=2))
        return
    click.echo(text_table(_MONTHS[lang], [tuple(asdict(month).values()) for month in months]))
    text = _TEXTS["compacted"][lang]
    before, after = sum(m.files_before for m in months), sum(m.files_after for m in months)
    old, new = sum(m.bytes_before for m in months), sum(m.bytes_after for m in months)
    click.echo(text.format(store=store, before=before, after=after, old=old, new=new))


@command.command("migrate")
@store_option
@format_option("text", "json")
@lang_option
def migrate_command(store: Path, output: str, lang: str) -> None:
    """Bring every file of an older format to the one that this program writes.

    Everything that writes into a store does so first; this does nothing else. Killed half-way, it can be repeated.

    \b
    Examples:
      criukb store migrate --store build/store
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.runs.schema import SCHEMA_VERSION  # noqa: PLC0415 - --help must stay quick
    from criukb.runs.store_upgrade import upgrade  # noqa: PLC0415 - the same
    from criukb.runs.store_work import workspace  # noqa: PLC0415 - the same

    require_store(store)
    with progress_line() as progress, workspace(store) as work:
        done = upgrade(work, progress)
    if output == "json":
        click.echo(json.dumps({"store": str(store), "files": done, "version": SCHEMA_VERSION}, indent=2))
    else:
        click.echo(_TEXTS["migrated"][lang].format(store=store, n=done, version=SCHEMA_VERSION))


@command.command("forget")
@click.argument("runs", nargs=-1)
@store_option
@click.option("--before", help="Runs that started before this time, such as 2024-01-01T00:00:00Z.")
@click.option("--synthetic", is_flag=True, help="Runs of generated histories.")
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@format_option("text", "json")
@lang_option
def forget_command(
    runs: tuple[str, ...], store: Path, before: str | None, synthetic: bool, dry_run: bool, output: str, lang: str
) -> None:
    """Remove runs from the store, also out of files that they share with others.

    RUNS are ids, or their beginnings, as criukb store list shows them. Instead of them give --before, --synthetic or
    both; then the runs go that fulfil all of it. A run whose start is not known is before no date.

    \b
    Examples:
      criukb store forget 3f1c9a2b7d10
      criukb store forget --before 2024-01-01T00:00:00Z --dry-run
      criukb store forget --synthetic --store /tmp/history
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.runs.meta import make_meta  # noqa: PLC0415 - --help must stay quick
    from criukb.runs.store_forget import choose_runs, forget  # noqa: PLC0415 - the same

    if bool(runs) == bool(before or synthetic):
        raise click.UsageError("give runs, or --before or --synthetic; example: criukb store forget 3f1c9a2b7d10")
    require_store(store)
    moment = make_meta({"started_at": before}).started_at
    chosen = choose_runs(store, runs, before=moment, synthetic=synthetic)
    if chosen and not dry_run:
        with progress_line() as progress:
            gone = set(forget(store, [run["run_id"] for run in chosen], progress))
        chosen = [run for run in chosen if run["run_id"] in gone]
    _show_runs(chosen, output, lang)
    if output == "text":
        click.echo(_TEXTS["would" if dry_run else "forgotten"][lang].format(n=len(chosen), store=store))


def _show_runs(runs: list[dict[str, Any]], output: str, lang: str) -> None:
    started = [run["started_at"].isoformat() if run["started_at"] else None for run in runs]
    if output == "json":
        made = [
            {**run, "started_at": moment, "synthetic": bool(run["synthetic"])}
            for run, moment in zip(runs, started, strict=True)
        ]
        click.echo(json.dumps(made, ensure_ascii=False, indent=2))
    elif runs:
        rows = [_run_row(run, moment, lang) for run, moment in zip(runs, started, strict=True)]
        click.echo(text_table(_RUNS[lang], rows))


def _run_row(run: dict[str, Any], started: str | None, lang: str) -> tuple[object, ...]:
    made = _TEXTS["synthetic"][lang] if run["synthetic"] else run["source"]
    facts = (run["criu_version"], run["kernel"], made, run["results"], run["failures"])
    return run["run_id"][:12], run["job"], (started or "-")[:16], *facts


command.add_command(verify_command)
