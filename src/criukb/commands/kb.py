"""``criukb kb``: list, show, check and add entries."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from criukb.commands.card import card_command
from criukb.commands.coverage import coverage_command
from criukb.commands.entries import find_entry
from criukb.commands.options import format_option, kb_option, lang_option
from criukb.commands.verify import verify_command
from criukb.kb.langs import Lang
from criukb.paths import KB_DIR

if TYPE_CHECKING:
    from criukb.kb.base import EntryFolder


@click.group()
def command() -> None:
    """List, show, check and add entries of the knowledge base.

    \b
    Examples:
      criukb kb list --area files
      criukb kb show ghost-file-over-limit --lang zh
      criukb kb card ghost-file-over-limit
      criukb kb lint
      criukb kb new files my-new-failure --into my-kb
      criukb kb verify --criu-git criu
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone


@command.command("list")
@format_option("text", "json")
@lang_option
@kb_option
@click.option("--kind", type=click.Choice(["cause", "consequence", "noise"]), help="Only entries of this kind.")
@click.option("--area", help="Only entries of this area.")
def list_command(output: str, lang: Lang, kb_dirs: tuple[Path, ...], kind: str | None, area: str | None) -> None:
    """List the entries."""
    from criukb.kb.base import load_kb  # noqa: PLC0415 - --help must not load pydantic

    entries = [f.entry for f in load_kb(kb_dirs).entries.values()]
    entries = [e for e in entries if kind in (None, e.kind) and area in (None, e.area)]
    if output == "json":
        fields = {"id", "aliases", "area", "kind", "flake_class", "evidence", "title"}
        click.echo(json.dumps([e.model_dump(include=fields) for e in entries], ensure_ascii=False, indent=2))
        return
    for entry in entries:
        click.echo(f"{entry.id:<40} {entry.kind:<11} {entry.area:<22} {entry.title.get(lang)}")


@command.command("show")
@click.argument("name")
@format_option("text", "json")
@lang_option
@kb_option
def show_command(name: str, output: str, lang: Lang, kb_dirs: tuple[Path, ...]) -> None:
    """Show one entry, by its id or a former name."""
    from criukb.kb.base import load_kb  # noqa: PLC0415 - --help must not load pydantic

    folder = find_entry(load_kb(kb_dirs), name)
    if output == "json":
        click.echo(folder.entry.model_dump_json(indent=2, by_alias=True))
    else:
        click.echo(_as_markdown(folder, lang))


def _as_markdown(folder: EntryFolder, lang: Lang) -> str:
    from criukb.kb.prose import fill  # noqa: PLC0415 - --help must stay quick

    entry = folder.entry
    out = [f"# {entry.title.get(lang)}", "", entry.summary.get(lang), ""]
    diagrams = {d.id: f"*{d.alt.get(lang)}*" for d in entry.diagrams}
    for section in folder.prose[lang].sections:
        out += [f"## {section.heading}", "", fill(section.body, entry, lang, diagrams), ""]
        if section.key == "remedies":
            for number, remedy in enumerate(entry.remedies, start=1):
                out += [f"{number}. {remedy.title.get(lang)}: {remedy.how.get(lang)}"]
                out += [f"\n    {line}" for line in (remedy.commands or "").splitlines()]
            out.append("")
    out += [f"- {ref.label}: {ref.url}" for ref in entry.references]
    return "\n".join(out)


@command.command("lint")
@format_option("text", "json")
@kb_option
@click.option("--rule", "rules", multiple=True, help="Only this rule, such as KB004; may be given several times.")
@click.option("--explain", "explain_rule", metavar="RULE", help="Say what a rule wants and why.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def lint_command(
    output: str, kb_dirs: tuple[Path, ...], rules: Sequence[str], explain_rule: str | None, *, strict: bool
) -> None:
    """Check every entry; status 1 when something does not hold."""
    from criukb.kb.base import load_what_loads  # noqa: PLC0415 - --help must not load pydantic
    from criukb.lint.runner import CHECKS, OTHER_RULES, explain, lint  # noqa: PLC0415 - loads the matcher

    known = {check.rule for check in CHECKS}
    for rule, names in [*((rule, known) for rule in rules), (explain_rule, known | {*OTHER_RULES})]:
        if rule and rule not in names:
            raise click.UsageError(f"no rule {rule}; there are {', '.join(sorted(names))}")
    if explain_rule:
        click.echo(explain(explain_rule))
        return
    kb, faults = load_what_loads(kb_dirs)
    report = lint(kb, KB_DIR / "waivers.yaml", datetime.now(UTC).date(), frozenset(rules))
    if output == "json":
        rows = [
            {"place": str(f.place), "rule": f.rule, "severity": f.severity, "entry": f.entry, "message": f.message}
            for f in report.findings
        ]
        rows += [{"place": str(f.place), "rule": "KB000", "severity": "error", "message": f.message} for f in faults]
        click.echo(json.dumps({"entries": report.entries, "waived": report.waived, "findings": rows}, indent=2))
    else:
        for finding in report.findings:
            click.echo(f"{finding.place}: {finding.severity} {finding.rule}: {finding.message}\n  next: {finding.hint}")
        for fault in sorted(faults):
            click.echo(f"{fault.place}: error KB000: {fault.message}\n  next: {fault.hint}")
        total = len(report.findings) + len(faults)
        click.echo(f"{report.entries} entries, {total} findings, {report.waived} waived", err=True)
    if faults or report.errors or (strict and report.findings):
        sys.exit(1)


@command.command("sign")
@click.argument("names", metavar="ID...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Sign every entry and chapter.")
@kb_option
def sign_command(names: tuple[str, ...], kb_dirs: tuple[Path, ...], *, everything: bool) -> None:
    """Say that the English and the Chinese of entries or chapters were read side by side and say the same.

    Writes their digests into pairs.yaml of the knowledge base; rule KB030 then tells when only one side has changed.

    \b
    Examples:
      criukb kb sign ghost-file-over-limit
      criukb kb sign 04-mounts
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.kb.base import load_kb  # noqa: PLC0415 - --help must not load pydantic
    from criukb.lint.pairs import pairs, sign  # noqa: PLC0415 - only this command signs

    if not names and not everything:
        raise click.UsageError("give the ids of entries or chapters, or --all")
    kb = load_kb(kb_dirs)
    unknown = sorted(set(names) - {pair.id for pair in pairs(kb)})
    if unknown:
        raise click.UsageError(f"no entry or chapter {', '.join(unknown)}")
    for name in sign(kb, names):
        click.echo(f"signed {name}")


@command.command("new")
@click.argument("area", required=False)
@click.argument("entry_id", metavar="ID", required=False)
@click.option("--into", type=click.Path(path_type=Path), default=KB_DIR, help="The knowledge base to add it to.")
@click.option("--kind", type=click.Choice(["cause", "consequence", "noise"]), help="[default: cause, or the draft's]")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="A draft that `criukb cluster --draft` wrote; AREA and ID may then be left out.",
)
def new_command(area: str | None, entry_id: str | None, into: Path, kind: str | None, source: Path | None) -> None:
    """Make the folder of a new entry, with every field and a note on what to write."""
    from criukb.kb.draft import read_draft  # noqa: PLC0415 - only this command writes
    from criukb.kb.scaffold import new_entry  # noqa: PLC0415 - the same

    draft = read_draft(source) if source else None
    if draft:
        area, entry_id = area or draft.area, entry_id or draft.id
    if not area or not entry_id:
        raise click.UsageError("give AREA and ID, or a draft with --from; example: criukb kb new files my-new-failure")
    folder = new_entry(into, area, entry_id, kind or (draft.kind if draft else "cause"), draft)
    click.echo(f"made {folder}; fill it in, then run: criukb kb lint")


command.add_command(card_command)
command.add_command(coverage_command)
command.add_command(verify_command)


@command.command("schema")
@click.option("--write", is_flag=True, help="Write the schemas into kb/schema/ instead of checking them.")
def schema_command(*, write: bool) -> None:
    """Check that kb/schema/ is what the models say; status 1 when it is stale."""
    from criukb.kb.schema import stale_schemas, write_schemas  # noqa: PLC0415 - only this command generates

    if write:
        for path in write_schemas(KB_DIR / "schema"):
            click.echo(path)
        return
    stale = stale_schemas(KB_DIR / "schema")
    for name in stale:
        click.echo(f"{KB_DIR / 'schema' / name}: stale\n  next: criukb kb schema --write", err=True)
    if stale:
        sys.exit(1)
