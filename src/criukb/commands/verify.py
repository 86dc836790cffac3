"""``criukb kb verify``: whether the formats of the entries exist in CRIU's source."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from criukb.commands.options import format_option, kb_option, lang_option
from criukb.commands.sources import read_sources, source_options
from criukb.commands.tables import text_table

if TYPE_CHECKING:
    from criukb.catalogue.verify import Claim, Verdict

_HEADS = {"en": ("entry", "format", "found in"), "zh": ("条目", "格式", "存在于")}
_TEXTS = {
    "verified": {
        "en": (
            "{n} formats held against {sources} source trees: {nowhere} in none, "
            "{wrong} missing in a release that they claim, {notes} beyond their bounds"
        ),
        "zh": (
            "{n} 个格式，对照 {sources} 份源码：{nowhere} 个不存在，{wrong} 个在所称版本中缺失，{notes} 个超出所称范围"
        ),
    },
}


@click.command("verify")
@source_options
@click.option(
    "--criu-git",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A git repository of CRIU: all its release tags are checked.",
)
@click.option("--all", "show_all", is_flag=True, help="Show the formats without a fault too.")
@format_option("text", "json")
@lang_option
@kb_option
def verify_command(
    sources: tuple[Path, ...],
    tags: tuple[str, ...],
    criu_git: Path | None,
    output: str,
    lang: str,
    kb_dirs: tuple[Path, ...],
    *,
    show_all: bool,
) -> None:
    """Check that each entry's formats exist in CRIU's source, in the releases that since and until name.

    Status 1 when a format is in none of the sources, or missing in one that its bounds include.
    That it exists beyond its bounds is noted, since an entry may mean one release's case of a common message.
    The first reading of a tree takes a second or two; then it is in the cache.

    \b
    Examples:
      criukb kb verify --criu-git criu
      criukb kb verify --criu-source criu-4.1.tar.gz --criu-source criu-4.2.tar.gz --all
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.catalogue.gitsource import release_tags  # noqa: PLC0415 - --help must stay quick
    from criukb.catalogue.verify import claims, verify  # noqa: PLC0415 - the same
    from criukb.kb.base import load_kb  # noqa: PLC0415 - the same
    from criukb.match.versions import version_key  # noqa: PLC0415 - the same

    if not sources and criu_git is None:
        raise click.UsageError("give --criu-git or --criu-source; example: --criu-git criu")
    catalogues = read_sources(sources, tags)
    if criu_git is not None:
        catalogues += read_sources([criu_git], release_tags(criu_git))
    catalogues.sort(key=lambda c: (version_key(c.release) or (), c.release))
    verdicts = [verify(claim, catalogues) for claim in claims(load_kb(kb_dirs))]
    every = [catalogue.release for catalogue in catalogues]
    if output == "json":
        click.echo(json.dumps([_verdict_json(v) for v in verdicts], ensure_ascii=False, indent=2))
    else:
        _show_verdicts([v for v in verdicts if show_all or v.faults or v.notes], every, lang)
        nowhere = sum(v.nowhere for v in verdicts)
        wrong = sum(bool(v.faults) and not v.nowhere for v in verdicts)
        text = _TEXTS["verified"][lang]
        notes = sum(bool(v.notes) and not v.nowhere for v in verdicts)
        click.echo(text.format(n=len(verdicts), sources=len(every), nowhere=nowhere, wrong=wrong, notes=notes))
    if any(verdict.faults for verdict in verdicts):
        sys.exit(1)


def _show_verdicts(verdicts: Sequence[Verdict], every: Sequence[str], lang: str) -> None:
    from criukb.catalogue.verify import span  # noqa: PLC0415 - --help must stay quick

    if not verdicts:
        return
    rows = [(v.claim.entry, (v.claim.pattern.format or "")[:60], span(v.found or v.alike, every)) for v in verdicts]
    click.echo(text_table(_HEADS[lang], rows) + "\n")
    for verdict in verdicts:
        for kind, texts in (("error", verdict.faults), ("note", verdict.notes)):
            for text in texts:
                click.echo(f"{verdict.claim.place}: {kind}: {verdict.claim.entry}: {text}")


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        **claim_json(verdict.claim),
        "found": list(verdict.found),
        "alike": list(verdict.alike),
        "elsewhere": list(verdict.elsewhere),
        "faults": list(verdict.faults),
        "notes": list(verdict.notes),
    }


def claim_json(claim: Claim) -> dict[str, Any]:
    """Return what identifies a claim, for JSON."""
    pattern = claim.pattern
    return {
        "entry": claim.entry,
        "role": claim.role,
        "call": pattern.call,
        "file": pattern.file,
        "format": pattern.format,
        "since": pattern.since,
        "until": pattern.until,
        "place": str(claim.place),
    }
