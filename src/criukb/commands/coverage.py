"""``criukb kb coverage``: how much of what CRIU can print the knowledge base knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from criukb.commands.options import format_option, kb_option, lang_option
from criukb.commands.sources import read_sources, source_options
from criukb.commands.tables import text_table
from criukb.commands.verify import claim_json

if TYPE_CHECKING:
    from criukb.catalogue.coverage import Coverage, Row, Share
    from criukb.catalogue.drift import Change
    from criukb.catalogue.model import Call

_SHOWN = 40
_HEADS = {
    "en": ("area", "Error known", "Warn known", "Error seen", "seen and known"),
    "zh": ("子系统", "已知 Error", "已知 Warn", "出现过的 Error", "其中已知"),
}
_TEXTS = {
    "overall": {"en": "overall", "zh": "总计"},
    "no_area": {"en": "(no area)", "zh": "（无子系统）"},
    "coverage": {
        "en": "CRIU {release}: calls that an entry knows, of all calls in the source",
        "zh": "CRIU {release}：有条目认识的调用，占源码中全部调用之比",
    },
    "gone": {
        "en": "Formats of entries that are not in CRIU {release}, though their since and until say so: {n}",
        "zh": "按 since 与 until 应在 CRIU {release} 中、实际没有的格式：{n} 个",
    },
    "drift": {"en": "From {old} to {new}: {counts}", "zh": "从 {old} 到 {new}：{counts}"},
    "same": {"en": "no change", "zh": "没有变化"},
    "more": {"en": "... {n} more: --format json shows all", "zh": "……另有 {n} 项，用 --format json 查看全部"},
}


@click.command("coverage")
@source_options
@click.option("--release", "releases", multiple=True, help="Name of the release, one for each source tree.")
@click.option(
    "--store",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A store of runs: which calls stood in its failures.",
)
@format_option("text", "json")
@lang_option
@kb_option
def coverage_command(
    sources: tuple[Path, ...],
    tags: tuple[str, ...],
    releases: tuple[str, ...],
    store: Path | None,
    output: str,
    lang: str,
    kb_dirs: tuple[Path, ...],
) -> None:
    """Measure how many of CRIU's Error and Warn calls an entry knows.

    With two source trees the changes from the first to the second follow: calls added, removed, reworded and moved.

    \b
    Examples:
      criukb kb coverage --criu-source criu-4.2.tar.gz
      criukb kb coverage --criu-source criu --tag v4.1 --tag v4.2
      criukb kb coverage --criu-source criu_3.17.1-2.dsc --store build/store --format json
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.catalogue.coverage import coverage  # noqa: PLC0415 - --help must stay quick
    from criukb.catalogue.drift import drift  # noqa: PLC0415 - the same
    from criukb.kb.base import load_kb  # noqa: PLC0415 - the same
    from criukb.match.compiled import compile_base  # noqa: PLC0415 - the same

    if not sources:
        raise click.UsageError("give at least one --criu-source; example: --criu-source criu-4.2.tar.gz")
    catalogues = read_sources(sources, tags, releases)
    kb = load_kb(kb_dirs)
    base = compile_base(kb)
    excerpts = _excerpts(store) if store else []
    found = [coverage(kb, base, catalogue, excerpts) for catalogue in catalogues]
    pairs = pairwise(catalogues)
    changes = [(old.release, new.release, drift(old, new)) for old, new in pairs]
    if output == "json":
        data = {"coverage": [_json(c) for c in found], "drift": [_drift_json(*row) for row in changes]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo("\n".join(_coverage_text(one, lang, seen=store is not None)) + "\n")
    for row in changes:
        click.echo("\n".join(_drift_text(*row, lang)) + "\n")


def _excerpts(store: Path) -> list[str]:
    from criukb.runs.engine import query, window  # noqa: PLC0415 - loads DuckDB

    return query(store, "failure_excerpts", **window()).column("excerpt").to_pylist()  # type: ignore[no-any-return]


def _share(share: Share) -> str:
    return f"{share.known}/{share.total} ({share.known / share.total:.1%})" if share.total else "0/0"


def _coverage_text(found: Coverage, lang: str, *, seen: bool) -> list[str]:
    columns = 5 if seen else 3
    rows = [(_area(row, lang), *_cells(row))[:columns] for row in found.areas]
    rows.append((_TEXTS["overall"][lang], *_cells(found.overall))[:columns])
    out = [_TEXTS["coverage"][lang].format(release=found.release), ""]
    out += [text_table(_HEADS[lang][:columns], rows), ""]
    out.append(_TEXTS["gone"][lang].format(release=found.release, n=len(found.gone)))
    return out + [f"  {claim.place}: {claim.entry}: {claim.pattern.format!r}" for claim in found.gone]


def _area(row: Row, lang: str) -> str:
    return row.area or _TEXTS["no_area"][lang]


def _cells(row: Row) -> tuple[str, str, str, str]:
    errors = row.errors
    seen, known = f"{errors.seen}/{errors.total}", f"{errors.seen_known}/{errors.seen}"
    return (_share(errors), _share(row.warnings), seen, known)


def _drift_text(old: str, new: str, changes: Sequence[Change], lang: str) -> list[str]:
    kinds = sorted({change.kind for change in changes})
    counts = ", ".join(f"{kind} {sum(c.kind == kind for c in changes)}" for kind in kinds)
    out = [_TEXTS["drift"][lang].format(old=old, new=new, counts=counts or _TEXTS["same"][lang])]
    for change in changes[:_SHOWN]:
        out += [f"  {change.kind}", *(f"    {mark} {_where(call)}" for mark, call in _sides(change))]
    if len(changes) > _SHOWN:
        out.append(_TEXTS["more"][lang].format(n=len(changes) - _SHOWN))
    return out


def _sides(change: Change) -> list[tuple[str, Call]]:
    return [(mark, call) for mark, call in (("-", change.old), ("+", change.new)) if call is not None]


def _where(call: Call) -> str:
    text = "".join(c if c.isprintable() else "?" for c in call.printed)
    return f"{call.file}:{call.line} {call.function or '-'}: {text[:160]!r}"


def _json(found: Coverage) -> dict[str, Any]:
    return {
        "release": found.release,
        "overall": {"errors": asdict(found.overall.errors), "warnings": asdict(found.overall.warnings)},
        "areas": [{"area": r.area, "errors": asdict(r.errors), "warnings": asdict(r.warnings)} for r in found.areas],
        "gone": [claim_json(claim) for claim in found.gone],
    }


def _drift_json(old: str, new: str, changes: Sequence[Change]) -> dict[str, Any]:
    return {"from": old, "to": new, "changes": [asdict(change) for change in changes]}
