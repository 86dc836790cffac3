"""``criukb synthetic``: a made-up history of results, to test statistics and measure scale."""

from __future__ import annotations

import json
from pathlib import Path

import click

from criukb.commands.options import format_option, lang_option

_DONE = {
    "en": "{runs} synthetic runs, {rows} results, {failures} failures in {store}\nwhat was put in: {truth}",
    "zh": "{store} 中写入 {runs} 次合成运行，共 {rows} 条结果，其中 {failures} 次失败\n植入的事实：{truth}",
}


@click.command()
@click.option(
    "--out", "store", required=True, type=click.Path(path_type=Path, file_okay=False), help="The new store's folder."
)
@click.option("--seed", type=click.IntRange(0), help="The same seed gives the same history. [default: 0]")
@click.option("--runs", type=click.IntRange(1), help="Runs of all jobs, before retries. [default: 240]")
@click.option("--tests", type=click.IntRange(1), help="Tests, each in every flavor. [default: 100]")
@click.option("--weeks", type=click.IntRange(1), help="How long the history is. [default: 12]")
@click.option(
    "--scenario",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file with more fields; options win over it.",
)
@click.option("--compact", is_flag=True, help="Join the runs of a month into few files, for large histories.")
@format_option("text", "json")
@lang_option
def command(
    store: Path,
    seed: int | None,
    runs: int | None,
    tests: int | None,
    weeks: int | None,
    file: Path | None,
    compact: bool,
    output: str,
    lang: str,
) -> None:
    """Make up a history of results: stable and flaky tests, regressions, fixes, bursts, outages, retries.

    Every row is marked as synthetic, and so are the names of jobs and tests. What was put in stands in
    OUT.truth.json beside the store, so that statistics can be tested against it.

    \b
    Examples:
      criukb synthetic --out /tmp/history
      criukb synthetic --out /tmp/history --seed 7 --runs 5000 --tests 700 --weeks 52 --compact
      criukb synthetic --out /tmp/history --scenario flaky.yaml
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.runs.synthetic import read_scenario, write_history  # noqa: PLC0415 - --help must stay quick

    scenario = read_scenario(file, {"seed": seed, "runs": runs, "tests": tests, "weeks": weeks})
    done = write_history(scenario, store, compact=compact)
    facts = {"runs": done.runs, "rows": done.rows, "failures": done.failures, "truth": str(done.truth)}
    if output == "json":
        click.echo(json.dumps({"synthetic": True, "store": str(store), **facts}, ensure_ascii=False, indent=2))
    else:
        click.echo(_DONE[lang].format(store=store, **facts))
