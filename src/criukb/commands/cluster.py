"""``criukb cluster``: the failures that no entry knows, grouped, and drafts of entries for the largest groups."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from criukb.commands.options import format_option, kb_option, lang_option
from criukb.commands.sources import read_sources, source_options
from criukb.errors import CriukbError
from criukb.paths import STORE_DIR

if TYPE_CHECKING:
    from criukb.catalogue.cluster import Cluster
    from criukb.catalogue.describe import Near
    from criukb.match.compiled import CompiledBase

_EXCERPT_LINES = 4
_NAMES = 5
_TEXTS = {
    "counts": {
        "en": "{failures} failures, {tests} tests, {runs} runs, {first} to {last}",
        "zh": "{failures} 次失败，{tests} 个测试，{runs} 次运行，{first} 至 {last}",
    },
    "near": {"en": "near, not an answer", "zh": "相近，但不是答案"},
    "total": {
        "en": "{failures} unknown failures in {clusters} groups; shown: {shown}",
        "zh": "{failures} 次未知失败，分为 {clusters} 组；显示 {shown} 组",
    },
    "undated": {"en": "no date", "zh": "无日期"},
    "drafted": {
        "en": "wrote {path}; next: criukb kb new --from {path}",
        "zh": "已写入 {path}；下一步：criukb kb new --from {path}",
    },
}


@click.command()
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    default=STORE_DIR,
    show_default=True,
    help="The store of runs.",
)
@source_options
@click.option("--top", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many groups to show.")
@click.option("--draft", "drafts", type=click.Path(path_type=Path, file_okay=False), help="Write their drafts here.")
@format_option("text", "json")
@lang_option
@kb_option
def command(
    store: Path,
    sources: tuple[Path, ...],
    tags: tuple[str, ...],
    top: int,
    drafts: Path | None,
    output: str,
    lang: str,
    kb_dirs: tuple[Path, ...],
) -> None:
    """Group the failures that no entry knows, largest group first.

    With --criu-source the groups are CRIU's own formats, with file and function; without, masked messages.

    \b
    Examples:
      criukb cluster
      criukb cluster --criu-source criu-4.2.tar.gz --draft drafts
      criukb kb new --from drafts/01-cant-open-pidfd.yaml
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.catalogue.cluster import clusters  # noqa: PLC0415 - loads DuckDB
    from criukb.match.cache import load_compiled  # noqa: PLC0415 - --help must stay quick

    if not store.is_dir():
        raise CriukbError.at(store, "no store of runs here", "make one: criukb ingest PATH... --store DIR --job NAME")
    base = load_compiled(kb_dirs)
    found = clusters(store, base, read_sources(sources, tags))
    shown = found[:top]
    if drafts:
        _write_drafts(shown, drafts, base, lang)
    if output == "json":
        click.echo(json.dumps([_json(c, base) for c in shown], ensure_ascii=False, indent=2))
        return
    for number, cluster in enumerate(shown, start=1):
        click.echo("\n".join(_text(number, cluster, base, lang)) + "\n")
    total = sum(cluster.failures for cluster in found)
    click.echo(_TEXTS["total"][lang].format(failures=total, clusters=len(found), shown=len(shown)))


def _write_drafts(shown: list[Cluster], folder: Path, base: CompiledBase, lang: str) -> None:
    from criukb.catalogue.draft import write_drafts  # noqa: PLC0415 - only with --draft

    for path in write_drafts(shown, folder, base.by_id):
        click.echo(_TEXTS["drafted"][lang].format(path=path), err=True)


def _near(cluster: Cluster, base: CompiledBase) -> list[Near]:
    from criukb.catalogue.describe import nearest  # noqa: PLC0415 - --help must stay quick

    return nearest(cluster.line.message if cluster.line else cluster.key, base)


def _text(number: int, cluster: Cluster, base: CompiledBase, lang: str) -> list[str]:
    undated = _TEXTS["undated"][lang]
    counts = _TEXTS["counts"][lang].format(
        failures=cluster.failures,
        tests=len(cluster.tests),
        runs=len(cluster.runs),
        first=_day(cluster.first_seen) or undated,
        last=_day(cluster.last_seen) or undated,
    )
    out = [click.style(f"{number}. {_plain(cluster.key)[:200]}", bold=True), f"   {counts}"]
    if cluster.call:
        out.append(f"   {cluster.call.file}: {cluster.call.function or '-'}()")
    out.append(f"   {_plain(', '.join(cluster.tests[:_NAMES]))}{', ...' if len(cluster.tests) > _NAMES else ''}")
    out += [f"   > {_plain(line)[:200]}" for line in _around(cluster)]
    near = [f"{one.id} ({one.similarity:.2f})" for one in _near(cluster, base)]
    return [*out, f"   {_TEXTS['near'][lang]}: {', '.join(near)}"] if near else out


def _around(cluster: Cluster) -> list[str]:
    """Return the lines of the excerpt to show: those that end with the cluster's own line, else the first ones."""
    lines = cluster.excerpt.splitlines()
    end = cluster.line.line if cluster.line else _EXCERPT_LINES
    return lines[max(0, end - _EXCERPT_LINES) : end]


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _day(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%d") if moment else None


def _json(cluster: Cluster, base: CompiledBase) -> dict[str, Any]:
    call = cluster.call
    return {
        "key": cluster.key,
        "file": call.file if call else cluster.line.file if cluster.line else None,
        "function": call.function if call else None,
        "format": call.format if call else None,
        "area": cluster.area,
        "failures": cluster.failures,
        "tests": list(cluster.tests),
        "runs": list(cluster.runs),
        "first_seen": cluster.first_seen.isoformat() if cluster.first_seen else None,
        "last_seen": cluster.last_seen.isoformat() if cluster.last_seen else None,
        "messages": list(cluster.messages[:50]),
        "excerpt": cluster.excerpt,
        "near": [{"id": n.id, "similarity": n.similarity, "pattern": n.pattern} for n in _near(cluster, base)],
    }
