"""``criukb store verify``: whether the store holds what it promises."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from criukb.commands.options import format_option, lang_option, require_store, store_option
from criukb.commands.progress import progress_line

if TYPE_CHECKING:
    from criukb.runs.store_verify import Finding, Verified

_KINDS = {
    "unreadable": {"en": "cannot be read: {detail}", "zh": "无法读取：{detail}"},
    "format": {"en": "unknown format {detail}", "zh": "未知的格式 {detail}"},
    "columns": {"en": "its columns are not those of its format: {detail}", "zh": "列与其格式不符：{detail}"},
    "list": {"en": "its rows are not those that it lists: {detail}", "zh": "数据行与文件自带的清单不符：{detail}"},
    "digest": {
        "en": "the rows of run {detail} are not those that were written",
        "zh": "运行 {detail} 的数据已不是写入时的内容",
    },
    "twice": {"en": "a run is stored twice: {detail}", "zh": "同一次运行出现两次：{detail}"},
    "month": {"en": "a run of another month: {detail}", "zh": "运行不属于这个月份：{detail}"},
    "name": {"en": "its name is not that of its run: {detail}", "zh": "文件名与其中的运行不符：{detail}"},
    "stray": {
        "en": "readers see this file, but it is no part of the store",
        "zh": "读取时会看到这个文件，但它不属于运行记录库",
    },
    "mixed": {
        "en": "format {detail} behind a file of a later one: the plain pattern cannot be read",
        "zh": "格式 {detail} 的文件排在较新格式的文件之后，仅凭通配模式无法读取",
    },
    "older": {"en": "format {detail}", "zh": "格式 {detail}"},
    "unlisted": {"en": "no digests to check", "zh": "没有可供核对的摘要"},
    "moving": {"en": "a run is on its way to another month", "zh": "有一次运行正在移往另一个月份"},
    "leftover": {"en": "left by a writer that died", "zh": "写入进程中途退出后的残留"},
}
_AGAIN = {"en": "delete it and ingest its consoles again", "zh": "删除该文件，重新导入对应的控制台日志"}
_COMPACT = {"en": "run criukb store compact", "zh": "运行 criukb store compact"}
_FORGET = {"en": "criukb store forget RUN, then ingest it again", "zh": "先执行 criukb store forget RUN，再重新导入"}
_NEXT = {
    "format": {"en": "use the criukb that wrote it", "zh": "使用写入它的 criukb 版本"},
    "twice": {
        "en": "criukb store forget RUN, then ingest it again",
        "zh": "先执行 criukb store forget RUN，再重新导入",
    },
    "stray": {"en": "move it out of the store", "zh": "把它移出运行记录库的目录"},
    "mixed": {"en": "run criukb store migrate", "zh": "运行 criukb store migrate"},
    "older": {"en": "run criukb store migrate", "zh": "运行 criukb store migrate"},
    "unlisted": _COMPACT,
    "month": _FORGET,
    "moving": _COMPACT,
    "leftover": {"en": "nothing; the next writer removes it", "zh": "无须处理，下一次写入时会自动清理"},
}
_WORDS = {
    "fault": {"en": "fault", "zh": "错误"},
    "note": {"en": "note", "zh": "提示"},
    "next": {"en": "next", "zh": "下一步"},
}
_DONE = {
    "en": "{files} files, {runs} runs, {rows} results checked: {faults} faults, {notes} notes",
    "zh": "已检查 {files} 个文件、{runs} 次运行、{rows} 条结果：{faults} 个错误，{notes} 条提示",
}


@click.command("verify")
@store_option
@format_option("text", "json")
@lang_option
def verify_command(store: Path, output: str, lang: str) -> None:
    """Read the whole store and check that it holds what it promises; nothing is changed.

    Each file can be read and has a known format; each run stands once, in the folder of its month, with the rows that
    were written (each file keeps a digest per run); nothing else lies where readers look. Status 1 when that is not so.
    Notes say what harms nobody, such as the leftovers of writers that died.

    \b
    Examples:
      criukb store verify
      criukb store verify --store /srv/criukb/store --format json
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.runs.store_verify import verify  # noqa: PLC0415 - --help must stay quick

    require_store(store)
    with progress_line() as progress:
        found = verify(store, progress)
    if output == "json":
        click.echo(json.dumps(_json(found), ensure_ascii=False, indent=2))
    else:
        for finding in found.findings:
            click.echo(_line(finding, lang))
        faults = sum(finding.fault for finding in found.findings)
        counts = {"faults": faults, "notes": len(found.findings) - faults}
        click.echo(_DONE[lang].format(files=found.files, runs=found.runs, rows=found.rows, **counts))
    if not found.good:
        sys.exit(1)


def _line(finding: Finding, lang: str) -> str:
    word = _WORDS["fault" if finding.fault else "note"][lang]
    what = _KINDS[finding.kind][lang].format(detail=_printable(finding.detail))
    step = _NEXT.get(finding.kind, _AGAIN)[lang]
    return f"{word}: {_printable(str(finding.path))}: {what}\n  {_WORDS['next'][lang]}: {step}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _json(found: Verified) -> dict[str, Any]:
    return {
        "good": found.good,
        "files": found.files,
        "runs": found.runs,
        "rows": found.rows,
        "findings": [
            {"path": str(f.path), "kind": f.kind, "fault": f.fault, "detail": f.detail} for f in found.findings
        ],
    }
