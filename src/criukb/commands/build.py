"""``criukb build``: the main job, from consoles to the site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from criukb.commands.options import format_option, kb_option, lang_option
from criukb.kb.langs import Lang
from criukb.paths import BUILD_DIR

if TYPE_CHECKING:
    from criukb.publish.pipeline import Result


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=BUILD_DIR,
    show_default=True,
    help="Folder for store/, articles/, reports/ and site/.",
)
@click.option("--no-site", is_flag=True, help="Leave the site out.")
@format_option("text", "json")
@lang_option
@kb_option
def command(
    paths: tuple[Path, ...], out: Path, no_site: bool, output: str, lang: Lang, kb_dirs: tuple[Path, ...]
) -> None:
    """Do everything: read the consoles, diagnose each failure, write articles, reports and the site.

    PATHS are consoles of zdtm.py or folders with them; without PATHS the runs of the store are used,
    or the sample that comes with criukb when the store has none.
    Runs that are in the store already stay. All documents come in English and Chinese; --lang is the
    language of the summary. After an error the folder is as it was.

    \b
    Examples:
      criukb build
      criukb build nightly/*.console.log.gz --out build
      criukb build --lang zh --kb ../our-own-entries
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.commands.progress import progress_line  # noqa: PLC0415 - loads rich
    from criukb.publish.pipeline import run  # noqa: PLC0415 - loads the Jupyter packages

    with progress_line() as progress:
        result = run(paths, out, kb_dirs, progress, site=not no_site)
    if output == "json":
        click.echo(json.dumps(result.as_json(), ensure_ascii=False, indent=2))
    else:
        _show(result, lang)


def _show(result: Result, lang: Lang) -> None:
    from rich.console import Console  # noqa: PLC0415 - not needed for --help
    from rich.table import Table  # noqa: PLC0415 - not needed for --help
    from rich.text import Text  # noqa: PLC0415 - not needed for --help

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in result.rows(lang):
        table.add_row(Text(name), Text(value))
    console = Console()
    console.print(table)
    for name, path in result.places(lang):
        console.print(Text(f"{name}: {path}"), soft_wrap=True)
