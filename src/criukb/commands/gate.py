"""``criukb gate``: whether a run may pass, for CI."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from criukb.commands.options import format_option, kb_option, lang_option, require_store, store_option
from criukb.errors import CriukbError
from criukb.runs.sources import DEFAULT_LIMIT, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from criukb.gate.judge import Verdict
    from criukb.gate.policy import Policy
    from criukb.gate.run import GateRun
    from criukb.kb.langs import Lang
    from criukb.match.diagnose import Diagnoser
    from criukb.runs.meta import RunMeta


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="What may pass. [default: kb/gate.yaml]")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the run, for rules with an end.")
@store_option
@click.option("--source", type=click.Choice(NAMES), help="Format of the input. [default: told by its content]")
@click.option("--started", help="Start of the run, such as 2026-11-23T07:30:00Z.")
@click.option("--criu", help="CRIU release that was tested.")
@click.option("--kernel", help="Kernel release of the machine.")
@click.option("--arch", help="Architecture of the machine, such as x86_64.")
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=DEFAULT_LIMIT,
    show_default=True,
    help="Limit of an input's size, decompressed.",
)
@format_option("text", "json", "markdown", "github")
@lang_option
@kb_option
@click.pass_context
def command(
    context: click.Context,
    /,
    run: Path,
    policy_file: Path | None,
    day: datetime | None,
    store: Path,
    source: str | None,
    max_bytes: int,
    output: str,
    lang: str,
    kb_dirs: tuple[Path, ...],
    **facts: str | None,
) -> None:
    """Tell whether a run may pass: status 0 when every failure is known and the policy allows it, else 1.

    RUN is a console, a report or an archive that criukb ingest reads, or the id of a run in the store (or its
    beginning). Unknown failures, tests without an end, missing results and runs without results never pass.
    The gate runs no test again and hides no failure: those that are allowed are listed too.
    A policy is YAML: lists allow: and deny: of rules with reason, entries, flake_class, area, tests (globs), flavors
    and until; rules of allow: also with evidence, confidence and max; and max_allowed for the run.

    \b
    Examples:
      criukb gate run.console.log.gz
      criukb gate run.console.log.gz --policy gate.yaml --format github
      criukb gate run.console.log.gz --format markdown >> "$GITHUB_STEP_SUMMARY"
      criukb gate 76f6b80e6196 --store build/store --format json
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.gate.judge import judge  # noqa: PLC0415 - --help must not load the knowledge base's engine
    from criukb.match.diagnose import Diagnoser  # noqa: PLC0415 - the same
    from criukb.runs.meta import make_meta  # noqa: PLC0415 - the same

    diagnoser = Diagnoser.load(kb_dirs)
    policy = _policy(policy_file, diagnoser, kb_dirs)
    options = make_meta(
        {
            "started_at": facts["started"],
            "criu_version": facts["criu"],
            "kernel": facts["kernel"],
            "arch": facts["arch"],
        }
    )
    runs = _runs(run, options, diagnoser, store, source, max_bytes)
    verdicts = [judge(r, policy, diagnoser.base.by_id.get, _day(r, day)) for r in runs]
    _show(verdicts, policy, output, cast("Lang", lang))
    context.exit(0 if verdicts and all(verdict.green for verdict in verdicts) else 1)


def _policy(path: Path | None, diagnoser: Diagnoser, kb_dirs: Sequence[Path]) -> Policy:
    from criukb.gate.policy import DEFAULT, read_policy  # noqa: PLC0415 - --help must not load pydantic

    def entries(name: str) -> str | None:
        if name in diagnoser.base.by_id:
            return name
        from criukb.kb.base import load_kb  # noqa: PLC0415 - only aliases need the whole base

        found = load_kb(kb_dirs).find(name)
        return found.id if found else None

    return read_policy(path or DEFAULT, entries)


def _runs(
    run: Path, options: RunMeta, diagnoser: Diagnoser, store: Path, source: str | None, limit: int
) -> list[GateRun]:
    from criukb.gate.run import RUN_ID, read_runs, stored_run  # noqa: PLC0415 - --help must not load pyarrow

    if str(run) == "-" or run.exists():
        return list(read_runs(run, options, diagnoser, source, limit))
    if not RUN_ID.match(str(run)):
        raise CriukbError.at(run, "no such file", "give a console or a report, or the id of a run in the store")
    require_store(store)
    return [stored_run(store, str(run))]


def _day(run: GateRun, given: datetime | None) -> date | None:
    """Return the day that the rules' ends are compared with: never today's."""
    if given is not None:
        return given.date()
    return run.started_at.date() if run.started_at else None


def _show(verdicts: Sequence[Verdict], policy: Policy, output: str, lang: Lang) -> None:
    from criukb.commands import gate_forms  # noqa: PLC0415 - --help must not load the judge

    if output == "json":
        found = [gate_forms.as_json(verdict, policy, lang) for verdict in verdicts]
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    form = {"text": gate_forms.as_text, "markdown": gate_forms.as_markdown, "github": gate_forms.as_github}[output]
    for verdict in verdicts:
        for line in form(verdict, policy, lang):
            click.echo(line)
