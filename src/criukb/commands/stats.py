"""``criukb stats``: counts, tests and verdicts out of the store."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from criukb.commands import stats_history, stats_notes, stats_tables
from criukb.commands.engines import engine_options, open_engine
from criukb.commands.options import format_option, kb_option, lang_option, require_store, store_option
from criukb.commands.stats_tables import Row
from criukb.commands.tables import text_table
from criukb.commands.texts import column

if TYPE_CHECKING:
    from criukb.runs.engine import Engine
    from criukb.stats.history import History
    from criukb.stats.measures import Measures

_MAX_TEXT_ROWS = 60
_MAX_NAME = 90
_MORE = {"en": "... {n} more rows: --format json shows all", "zh": "……另有 {n} 行，用 --format json 查看全部"}
_CHOICES = [*stats_tables.TABLES, *stats_history.TABLES]


class _Question(NamedTuple):
    store: Path
    by: str
    week: str | None
    kb_dirs: tuple[Path, ...]
    engine: Engine


@click.command()
@store_option
@click.option("--by", type=click.Choice(_CHOICES), default="run", show_default=True, help="What to show.")
@click.option(
    "--week",
    help="An ISO week (UTC) such as 2026-W48: the runs that started in it; for week, regressions, changes, flakes, "
    "lifecycle, verdict, retries, durations, cofailures and control the week to judge, with the 13 weeks before it "
    "[default: the last one].",
)
@click.option("--explain", metavar="NAME", help="Print formula and source of a statistic, and exit; 'all' lists them.")
@kb_option
@engine_options
@format_option("text", "json")
@lang_option
def command(
    store: Path,
    by: str,
    week: str | None,
    explain: str | None,
    kb_dirs: tuple[Path, ...],
    engine: str,
    master: str | None,
    output: str,
    lang: str,
) -> None:
    """Show counts, comparisons and verdicts of the runs in the store.

    Skipped tests count once each; a flavor that a failing flavor kept from running is not-run, never passed.
    No data is never green.

    \b
    Examples:
      criukb stats
      criukb stats --by cause --week 2026-W48
      criukb stats --by regressions --week 2026-W48
      criukb stats --by verdict --format json | jq '.[] | select(.verdict == "flaky")'
      criukb stats --explain wilson
      criukb stats --store /shared/store --engine spark --master spark://host:7077
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    if explain is not None:
        from criukb.commands.stats_explain import explanation  # noqa: PLC0415 - seldom needed

        click.echo(explanation(explain, lang))
        return
    require_store(store)
    with open_engine(engine, master) as queries:
        shown = _answer(_Question(store, by, week, kb_dirs, queries), output, lang)
    click.echo(shown)


def _answer(question: _Question, output: str, lang: str) -> str:
    rows, measures, judged, empty = _rows(question)
    if output == "json":
        return json.dumps(rows, ensure_ascii=False, indent=2, default=_json_value)
    by = question.by
    parts = [
        _text(rows, lang) if rows else stats_notes.nothing(by, lang, compared=not empty),
        stats_notes.note(by, lang, stats_notes.window_name(lang, judged, history=by in stats_history.TABLES)),
    ]
    if any(run.synthetic for run in measures.runs):
        parts.append(stats_notes.SYNTHETIC[lang])
    return "\n".join(parts)


def _rows(question: _Question) -> tuple[list[Row], Measures, str | None, bool]:
    """Return the rows, the runs that they rest on, the week, and whether there was nothing to compare."""
    by, week = question.by, question.week
    if by in stats_tables.TABLES:
        from criukb.stats.measures import Measures  # noqa: PLC0415 - --help must not load DuckDB

        measures = Measures(question.store, engine=question.engine)
        measures = measures.of_week(week) if week else measures
        return stats_tables.TABLES[by](measures), measures, week, True
    history = _history(question)
    rows = stats_history.TABLES[by](history)
    return rows, history.measures, history.week, stats_history.NOTHING_COMPARED.get(by, bool)(history)


def _history(question: _Question) -> History:
    from criukb.kb.base import load_kb  # noqa: PLC0415 - --help must not load the base
    from criukb.stats.history import History  # noqa: PLC0415 - nor DuckDB

    return History(question.store, load_kb(question.kb_dirs), question.week, engine=question.engine)


def _text(rows: list[Row], lang: str) -> str:
    shown = rows[:_MAX_TEXT_ROWS]
    table = [[_short(name, value) for name, value in row.items()] for row in shown]
    more = [_MORE[lang].format(n=len(rows) - len(shown))] if len(rows) > len(shown) else []
    return "\n".join([text_table([column(name, lang) for name in rows[0]], table), *more])


def _json_value(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _short(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list):
        return ", ".join(map(str, value[:3])) + (" ..." if len(value) > 3 else "")  # noqa: PLR2004
    if name in {"run_id", "example_commit"} and value:
        return value[:12]
    if name in {"unknown_key", "name"} and value:
        return value[:_MAX_NAME]
    if name in {"p", "q"} and value is not None and value < 0.001:  # noqa: PLR2004
        return f"{value:.1e}"
    return value
