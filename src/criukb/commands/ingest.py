"""``criukb ingest``: consoles of test runs into the store."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from criukb.commands.options import format_option, kb_option, lang_option, store_option
from criukb.commands.progress import progress_line
from criukb.commands.texts import column
from criukb.errors import visible
from criukb.runs.sources import DEFAULT_LIMIT, NAMES

if TYPE_CHECKING:
    from criukb.runs.ingest import RunSummary

_TEXTS = {
    "warning": {"en": "warning", "zh": "警告"},
    "dropped": {"en": "results without a start were dropped", "zh": "条结果找不到开头，已丢弃"},
    "done": {
        "en": "{n} runs in {store}: {new} new, {old} replaced",
        "zh": "{store} 中写入 {n} 次运行：新增 {new}，替换 {old}",
    },
}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@store_option
@click.option("--source", type=click.Choice(NAMES), help="Format of the inputs. [default: told by their content]")
@click.option("--job", help="Name of the job; equal jobs are compared with each other.")
@click.option("--started", help="Start of the run, such as 2026-11-23T07:30:00Z.")
@click.option("--commit", help="Commit of CRIU that was tested.")
@click.option("--criu", help="CRIU release that was tested.")
@click.option("--kernel", help="Kernel release of the machine.")
@click.option("--arch", help="Architecture of the machine, such as x86_64.")
@click.option("--distro", help="Distribution of the machine.")
@click.option("--variant", help="How the job was set up otherwise; runs of different variants are not compared.")
@click.option("--attempt", help="Number of the attempt, from 1.")
@click.option(
    "--allow-incomplete",
    is_flag=True,
    help="Take a console that is cut; what is missing counts as aborted and not-run.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=DEFAULT_LIMIT,
    show_default=True,
    help="Limit of an input's size, decompressed.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=lambda: min(8, len(os.sched_getaffinity(0))),
    help="Processes that read, when there are many inputs. [default: one per CPU, at most 8]",
)
@format_option("text", "json")
@lang_option
@kb_option
def command(
    paths: tuple[Path, ...],
    store: Path,
    source: str | None,
    allow_incomplete: bool,
    max_bytes: int,
    jobs: int,
    output: str,
    lang: str,
    kb_dirs: tuple[Path, ...],
    started: str | None,
    criu: str | None,
    **facts: str | None,
) -> None:
    """Read test results into the store of runs, and diagnose each failure.

    PATHS are consoles of zdtm.py, log archives of GitHub Actions (.zip), logs of Debian's autopkgtest and other
    reports, plain or compressed (.gz, .xz, .bz2, .zst), or folders with *.console.log files.
    Their format is told by their content.
    What the options do not say comes from the side file <path>.meta.yaml, else from the input itself.
    Either all runs are stored, or none.

    \b
    Examples:
      criukb ingest reports/sample
      criukb ingest run.console.log.gz --job nightly --criu 4.2 --kernel 6.18 --started 2026-11-23T07:30:00Z
      criukb ingest cut.console.log --job nightly --allow-incomplete
      criukb ingest logs.zip --commit 2cf8f13ca
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.match.diagnose import Diagnoser  # noqa: PLC0415 - --help must not load the knowledge base's engine
    from criukb.runs.ingest import Wishes, ingest  # noqa: PLC0415 - the same
    from criukb.runs.meta import make_meta  # noqa: PLC0415 - the same

    meta = make_meta({**facts, "started_at": started, "criu_version": criu})
    diagnoser = Diagnoser.load(kb_dirs)
    with progress_line() as progress:
        wishes = Wishes(source, allow_incomplete, max_bytes, jobs, kb_dirs)
        found = ingest(paths, store, meta, diagnoser, progress, wishes=wishes)
    if output == "json":
        click.echo(json.dumps([_json(run) for run in found], ensure_ascii=False, indent=2))
    else:
        _show(found, store, lang)


def _show(found: list[RunSummary], store: Path, lang: str) -> None:
    from criukb.commands.tables import text_table  # noqa: PLC0415 - --help must stay quick
    from criukb.runs.schema import OUTCOMES  # noqa: PLC0415 - the same

    def say(key: str) -> str:
        return _TEXTS[key][lang]

    for run in found:
        for warning in run.warnings:
            place = f"{run.path}:{warning.line}" if warning.line else str(run.path)
            click.echo(visible(f"{say('warning')}: {place}: {warning.message}"), err=True)
        if run.orphans:
            click.echo(visible(f"{say('warning')}: {run.path}: {run.orphans} {say('dropped')}"), err=True)
    head = [column(name, lang) for name in ("run_id", "job", "started_at", *OUTCOMES, "known", "unknown")]
    rows = [
        [r.run_id[:12], r.job, (r.started_at or "-")[:16], *(r.counts[o] for o in OUTCOMES), r.known, r.unknown]
        for r in found
    ]
    click.echo(text_table(head, rows))
    new = sum(run.new for run in found)
    click.echo(say("done").format(n=len(found), store=store, new=new, old=len(found) - new))


def _json(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "path": str(run.path),
        "file": str(run.file),
        "new": run.new,
        "source": run.source,
        "job": run.job,
        "started_at": run.started_at,
        **run.counts,
        "known": run.known,
        "unknown": run.unknown,
        "incomplete": run.incomplete,
        "dropped": run.orphans,
        "warnings": [{"line": w.line, "message": w.message} for w in run.warnings],
    }
