"""``criukb kb card``: how firmly one entry stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from criukb.commands.entries import find_entry
from criukb.commands.options import format_option, kb_option, lang_option, store_option
from criukb.kb.langs import Lang

if TYPE_CHECKING:
    from criukb.publish.scorecard import Scorecard


@click.command("card")
@click.argument("name", metavar="ID")
@format_option("text", "json")
@lang_option
@kb_option
@store_option
def card_command(name: str, output: str, lang: Lang, kb_dirs: tuple[Path, ...], store: Path) -> None:
    """Show how firmly an entry stands: its logs, changed copies of them, healthy logs, other entries' logs, the store.

    The first call diagnoses every log of the knowledge base, some seconds; the answer is kept until a log, an entry
    or the program changes.

    \b
    Examples:
      criukb kb card ghost-file-over-limit
      criukb kb card ghost-file-over-limit --format json
      criukb kb card my-own-entry --kb ../our-own-entries --lang zh
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.kb.base import load_kb  # noqa: PLC0415 - only when it runs
    from criukb.publish.scorecard import Scorecard  # noqa: PLC0415 - the same
    from criukb.publish.texts import texts  # noqa: PLC0415 - the same
    from criukb.scores.cards import load_cards  # noqa: PLC0415 - the same
    from criukb.stats.measures import Measures  # noqa: PLC0415 - loads DuckDB
    from criukb.stats.sightings import sightings  # noqa: PLC0415 - the same

    entry = find_entry(load_kb(kb_dirs), name).entry
    cards = load_cards(kb_dirs)
    seen = sightings(Measures(store), [entry.id, *entry.aliases])
    card = Scorecard(cards.cards[entry.id], cards.logs, seen, texts(lang))
    if output == "json":
        click.echo(json.dumps(card.as_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join([f"{entry.id}: {entry.title.get(lang)}", "", *_lines(card)]))


def _lines(card: Scorecard) -> list[str]:
    from criukb.commands.tables import text_table  # noqa: PLC0415 - loads rich

    head = (card.t("card.result"), card.t("card.tried"))
    # The space before a per cent sign does not break in a page; a terminal has no name for it.
    rows = [(value.replace("\xa0", " "), name) for name, value in card.rows()]
    return [text_table(head, rows), "", *card.notes()]
