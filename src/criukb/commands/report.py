"""``criukb report``: articles, the weekly report, the reading for newcomers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from criukb.commands.options import default_lang, format_option, kb_option, store_option
from criukb.errors import CriukbError
from criukb.kb.langs import LANGS, Lang
from criukb.paths import BUILD_DIR

if TYPE_CHECKING:
    from criukb.publish.notebooks import Job

_F = TypeVar("_F", bound=Callable[..., Any])


def _common(default_out: Path) -> Callable[[_F], _F]:
    folder = click.Path(path_type=Path, file_okay=False)

    def add(function: _F) -> _F:
        options = [
            store_option,
            click.option("--out", type=folder, default=default_out, show_default=True, help="Where the files go."),
            click.option(
                "--lang",
                type=click.Choice([*LANGS, "both"]),
                default=default_lang,
                help="Language of the document. [default: from the locale]",
            ),
            format_option("text", "json"),
            kb_option,
        ]
        for option in reversed(options):
            function = option(function)
        return function

    return add


def _langs(choice: str) -> tuple[Lang, ...]:
    return tuple(lang for lang in LANGS if choice in {lang, "both"})


def _publish(jobs: Sequence[Job], output: str) -> None:
    from criukb.commands.progress import progress_line  # noqa: PLC0415 - loads rich
    from criukb.publish.reports import publish  # noqa: PLC0415 - loads the Jupyter packages

    with progress_line() as progress:
        paths = publish(jobs, progress)
    if output == "json":
        click.echo(json.dumps({"files": [str(path) for path in paths]}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(str(path) for path in paths))


@click.group()
def command() -> None:
    """Write an article, the weekly report or the reading for newcomers.

    Each document comes as one HTML file, as Markdown with its pictures beside it, and as an executed notebook.

    \b
    Examples:
      criukb report weekly
      criukb report article ghost-file-over-limit --lang zh
      criukb report onboarding --lang both --out handout
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone


@command.command()
@click.argument("name", metavar="ID")
@_common(BUILD_DIR / "articles")
def article(name: str, store: Path, out: Path, lang: str, output: str, kb_dirs: tuple[Path, ...]) -> None:
    """Write the article of the entry ID.

    \b
    Example:
      criukb report article ghost-file-over-limit --lang both
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.kb.base import load_kb  # noqa: PLC0415 - not needed for --help
    from criukb.publish.reports import article_jobs  # noqa: PLC0415 - loads the Jupyter packages

    try:
        folder = load_kb(kb_dirs).get(name)
    except KeyError:
        raise CriukbError.at(Path(name), "no entry of this name", "see: criukb kb list") from None
    _publish(article_jobs([folder], store, out, _langs(lang), kb_dirs), output)


@command.command()
@click.option("--week", help="ISO week, such as 2026-W48. [default: the newest of the store]")
@_common(BUILD_DIR / "reports" / "weekly")
def weekly(week: str | None, store: Path, out: Path, lang: str, output: str, kb_dirs: tuple[Path, ...]) -> None:
    """Write the report of one week: what ran, what failed and why, what is new.

    \b
    Example:
      criukb report weekly --week 2026-W48 --lang en
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.publish.reports import weekly_jobs  # noqa: PLC0415 - loads the Jupyter packages
    from criukb.stats.measures import Measures  # noqa: PLC0415 - loads DuckDB

    weeks = Measures(store).weeks()
    if not weeks:
        raise CriukbError.at(store, "no runs with a start time in this store", "add some: criukb ingest PATH...")
    if week is not None and week not in weeks:
        raise CriukbError.at(store, f"no runs in week {week}", f"weeks with runs: {', '.join(weeks[-8:])}")
    _publish(weekly_jobs([week or weeks[-1]], store, out, _langs(lang), kb_dirs), output)


@command.command()
@_common(BUILD_DIR / "reports")
def onboarding(store: Path, out: Path, lang: str, output: str, kb_dirs: tuple[Path, ...]) -> None:
    """Write the reading for newcomers, with a first diagnosis.

    \b
    Example:
      criukb report onboarding --lang zh
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.publish.reports import onboarding_jobs  # noqa: PLC0415 - loads the Jupyter packages

    _publish(onboarding_jobs(store, out, _langs(lang), kb_dirs), output)
