"""``criukb stats``: counts of results and failures out of the store."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from criukb.commands.options import format_option, lang_option, require_store, store_option
from criukb.commands.tables import text_table
from criukb.commands.texts import column

if TYPE_CHECKING:
    from criukb.stats.figures import Counts
    from criukb.stats.measures import Measures
    from criukb.stats.rates import Rate

_MAX_TEXT_ROWS = 60
_NOTE = {
    "en": "rate = failed / ran, 95 % Wilson interval; ran = passed + failed (fail, timeout, aborted); "
    "skip and not-run count as neither. Window: {window}.",
    "zh": "失败率 = 失败 / 已执行，95% Wilson 区间；已执行 = 通过 + 失败（fail、timeout、aborted）；"
    "skip 与 not-run 两者都不算。统计窗口：{window}。",
}
_ALL_TIME = {"en": "all runs", "zh": "全部运行"}
_MORE = {"en": "... {n} more rows: --format json shows all", "zh": "……另有 {n} 行，用 --format json 查看全部"}
_Row = dict[str, Any]


@click.command()
@store_option
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
    from criukb.stats.measures import Measures  # noqa: PLC0415 - --help must not load DuckDB

    require_store(store)
    measures = Measures(store).of_week(week) if week else Measures(store)
    rows = _TABLES[by](measures)
    if output == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=_json_value))
    else:
        _show(rows, week, lang)


def _show(rows: list[_Row], week: str | None, lang: str) -> None:
    shown = rows[:_MAX_TEXT_ROWS]
    heads = list(rows[0]) if rows else ["run_id"]
    table = [[_short(name, row[name]) for name in heads] for row in shown]
    click.echo(text_table([column(name, lang) for name in heads], table))
    if len(rows) > len(shown):
        click.echo(_MORE[lang].format(n=len(rows) - len(shown)))
    click.echo(_NOTE[lang].format(window=week or _ALL_TIME[lang]))


def _by_run(measures: Measures) -> list[_Row]:
    names = ("run_id", "job", "started_at", "criu_version")
    return [_pick(run, names) | _counts(run.counts) for run in measures.runs]


def _by_version(measures: Measures) -> list[_Row]:
    return [_pick(found, ("criu_version", "runs")) | _counts(found.counts) for found in measures.versions()]


def _by_cause(measures: Measures) -> list[_Row]:
    names = ("cause", "unknown_key", "failures", "runs", "tests", "example_test")
    return [_pick(found, names) for found in measures.causes]


def _by_test(measures: Measures) -> list[_Row]:
    names = {"pass": "passed", "failed": "failed", "skip": "skipped", "not-run": "not_run"}
    names = {name: name for name in ("test", "flavor", "runs")} | names | {"known": "known", "unknown": "unknown"}
    return [
        {name: getattr(case, field) for name, field in names.items()} | _rate(case.failure_rate)
        for case in measures.cases
    ]


def _pick(record: object, names: tuple[str, ...]) -> _Row:
    return {name: getattr(record, name) for name in names}


def _counts(counts: Counts) -> _Row:
    return {**counts.by_outcome, **_pick(counts, ("known", "unknown", "failed")), **_rate(counts.failure_rate)}


def _rate(rate: Rate) -> _Row:
    """Give a rate with its denominator and interval; the numerator stands beside it as ``failed``."""
    value = None if rate.value is None else round(rate.value, 6)
    return {"ran": rate.denominator, "rate": value, "low": round(rate.low, 6), "high": round(rate.high, 6)}


_TABLES: dict[str, Callable[[Measures], list[_Row]]] = {
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
