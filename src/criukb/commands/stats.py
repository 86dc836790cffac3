"""``criukb stats``: counts of results and failures out of the store."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from criukb.commands.options import format_option, lang_option
from criukb.commands.tables import text_table
from criukb.errors import CriukbError
from criukb.paths import STORE_DIR

_MAX_TEXT_ROWS = 60
_HEADS = {
    "run_id": {"en": "run", "zh": "运行"},
    "job": {"en": "job", "zh": "任务"},
    "started_at": {"en": "started (UTC)", "zh": "开始时间（UTC）"},
    "criu_version": {"en": "criu", "zh": "criu"},
    "runs": {"en": "runs", "zh": "运行数"},
    "known": {"en": "known", "zh": "已知"},
    "unknown": {"en": "unknown", "zh": "未知"},
    "cause": {"en": "cause", "zh": "原因"},
    "unknown_key": {"en": "unknown message", "zh": "未知消息"},
    "failures": {"en": "failures", "zh": "失败数"},
    "tests": {"en": "tests", "zh": "测试数"},
    "example_test": {"en": "example", "zh": "示例"},
    "test": {"en": "test", "zh": "测试"},
    "flavor": {"en": "flavor", "zh": "方式"},
    "failed": {"en": "failed", "zh": "失败"},
    "ran": {"en": "ran", "zh": "已执行"},
    "rate": {"en": "rate", "zh": "失败率"},
    "low": {"en": "low", "zh": "下限"},
    "high": {"en": "high", "zh": "上限"},
}
_NOTE = {
    "en": "rate = failed / ran, 95 % Wilson interval; ran = passed + failed (fail, timeout, aborted); "
    "skip and not-run count as neither. Window: {window}.",
    "zh": "失败率 = 失败 / 已执行，95% Wilson 区间；已执行 = 通过 + 失败（fail、timeout、aborted）；"
    "skip 与 not-run 两者都不算。统计窗口：{window}。",
}
_ALL_TIME = {"en": "all runs", "zh": "全部运行"}
_MORE = {"en": "... {n} more rows: --format json shows all", "zh": "……另有 {n} 行，用 --format json 查看全部"}


@click.command()
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    default=STORE_DIR,
    show_default=True,
    help="The store of runs.",
)
@click.option(
    "--by",
    type=click.Choice(["run", "criu_version", "cause", "test"]),
    default="run",
    show_default=True,
    help="What to count by.",
)
@click.option("--week", help="Only runs that started in this ISO week (UTC), such as 2026-W48.")
@format_option("text", "json")
@lang_option
def command(store: Path, by: str, week: str | None, output: str, lang: str) -> None:
    """Count results and failures of the runs in the store.

    Skipped tests count once each; a flavor that a failing flavor kept from running is not-run, never passed.

    \b
    Examples:
      criukb stats
      criukb stats --by cause --week 2026-W48
      criukb stats --by test --format json | jq '.[] | select(.failed > 0)'
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.runs.engine import week_window, window  # noqa: PLC0415 - --help must not load DuckDB

    if not store.is_dir():
        raise CriukbError.at(store, "no store of runs here", "make one: criukb ingest PATH... --store DIR --job NAME")
    rows = _TABLES[by](store, week_window(week) if week else window())
    if output == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=_json_value))
        return
    shown = rows[:_MAX_TEXT_ROWS]
    heads = list(rows[0]) if rows else ["run_id"]
    table = [[_short(name, row[name]) for name in heads] for row in shown]
    click.echo(text_table([_HEADS.get(name, {}).get(lang, name) for name in heads], table))
    if len(rows) > len(shown):
        click.echo(_MORE[lang].format(n=len(rows) - len(shown)))
    click.echo(_NOTE[lang].format(window=week or _ALL_TIME[lang]))


Rows = list[dict[str, Any]]


def _by_run(store: Path, bounds: dict[str, Any]) -> Rows:
    from criukb.stats.summary import run_counts  # noqa: PLC0415 - see command

    return [
        {
            "run_id": r.run_id,
            "job": r.job,
            "started_at": r.started_at,
            "criu_version": r.criu_version,
            **_counts(r.counts),
        }
        for r in run_counts(store, bounds)
    ]


def _by_version(store: Path, bounds: dict[str, Any]) -> Rows:
    from criukb.stats.summary import version_counts  # noqa: PLC0415 - see command

    return [
        {"criu_version": v.criu_version, "runs": v.runs, **_counts(v.counts)} for v in version_counts(store, bounds)
    ]


def _by_cause(store: Path, bounds: dict[str, Any]) -> Rows:
    from criukb.stats.summary import cause_counts  # noqa: PLC0415 - see command

    names = ("cause", "unknown_key", "failures", "runs", "tests", "example_test")
    return [{name: getattr(c, name) for name in names} for c in cause_counts(store, bounds)]


def _by_test(store: Path, bounds: dict[str, Any]) -> Rows:
    from criukb.stats.summary import case_counts  # noqa: PLC0415 - see command

    return [
        {
            "test": t.test,
            "flavor": t.flavor,
            "runs": t.runs,
            "pass": t.passed,
            "failed": t.failed,
            "skip": t.skipped,
            "not-run": t.not_run,
            "known": t.known,
            "unknown": t.unknown,
            **_rate(t.failure_rate),
        }
        for t in case_counts(store, bounds)
    ]


def _counts(counts: Any) -> dict[str, Any]:
    return {
        **counts.by_outcome,
        "known": counts.known,
        "unknown": counts.unknown,
        "failed": counts.failed,
        **_rate(counts.failure_rate),
    }


def _rate(rate: Any) -> dict[str, Any]:
    """Give a rate with its denominator and interval; the numerator stands beside it as ``failed``."""
    value = None if rate.value is None else round(rate.value, 6)
    return {"ran": rate.denominator, "rate": value, "low": round(rate.low, 6), "high": round(rate.high, 6)}


_TABLES: dict[str, Callable[[Path, dict[str, Any]], Rows]] = {
    "run": _by_run,
    "criu_version": _by_version,
    "cause": _by_cause,
    "test": _by_test,
}


def _json_value(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _short(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if name == "run_id":
        return value[:12]
    if name == "unknown_key" and value:
        return value[:90]
    return value
