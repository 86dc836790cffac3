"""The answer of ``criukb diagnose`` as text, in either language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from criukb.commands.texts import text
from criukb.errors import visible
from criukb.logs.inputs import shown
from criukb.logs.split import LogPart
from criukb.match.result import Diagnosis, Found

Answer = tuple[Path, LogPart, Diagnosis]


def answer_lines(
    answer: Answer,
    lang: str,
    more: Sequence[dict[str, Any]],
    *,
    explain: bool,
    releases: Sequence[dict[str, Any]] = (),
) -> list[str]:
    """Return the lines of one answer.

    ``more`` says more of each unknown line, and ``releases`` which catalogues fit the log (criukb.catalogue.enrich).
    """
    path, part, raw = answer
    diagnosis = raw.shifted(part.offset)
    name = f"{shown(str(path))} ({part.test}, {part.flavor})" if part.test else shown(str(path))
    out = [click.style(f"{visible(name)}: {text(diagnosis.verdict, lang)}", bold=True)]
    if diagnosis.cause:
        out += _cause(diagnosis.cause, lang)
        out += _links(diagnosis, lang)
    else:
        out += _no_cause(diagnosis, lang, more)
    left_out = diagnosis.facts.get("lines_left_out")
    out += [f"  {text('left_out', lang).format(count=left_out)}"] if left_out else []
    if explain:
        out += [*_explained(diagnosis, lang), *_fitting(releases, lang)]
    return out


def _cause(cause: Found, lang: str) -> list[str]:
    where = f"{text('line', lang)} {cause.lines[0]} 行" if lang == "zh" else f"{text('line', lang)} {cause.lines[0]}"
    head = f"  {text('cause', lang)}: {cause.title[lang]}"
    comma = "，" if lang == "zh" else ", "
    numbers = f"  [{cause.id}] {where}{comma}{text('confidence', lang)} {cause.confidence:.2f}"
    quoted = _quoted(cause.text.strip()[:400])
    return [click.style(head, fg="green"), numbers, f"  > {quoted}", f"  {cause.summary[lang]}"]


def _quoted(text: str) -> str:
    """Return a log's text fit for a terminal: a log may hold the characters that command one."""
    return visible(text.expandtabs(1))


def _links(diagnosis: Diagnosis, lang: str) -> list[str]:
    out = []
    after = [entry_id for entry_id in diagnosis.chain if diagnosis.cause and entry_id != diagnosis.cause.id]
    if after:
        out.append(f"  {text('chain', lang)}: {' -> '.join(after)}")
    out += [f"  {text('secondary', lang)}: {found.title[lang]} [{found.id}]" for found in diagnosis.secondary]
    assert diagnosis.cause is not None  # noqa: S101 - only called when a cause was found
    out.append(f"  {text('read_on', lang)}: criukb kb show {diagnosis.cause.id} --lang {lang}")
    return out


def _no_cause(diagnosis: Diagnosis, lang: str, more: Sequence[dict[str, Any]]) -> list[str]:
    if diagnosis.verdict == "clean":
        return [f"  {text('clean_why', lang)}"]
    if not diagnosis.unknown and not diagnosis.chain:
        return [f"  {text('unknown_why', lang)}"]
    if not diagnosis.unknown:
        return [f"  {text('only_consequences', lang)}", *(f"  - {entry_id}" for entry_id in diagnosis.chain)]
    out = [f"  {text('unknown_why', lang)} {text('unknown_errors', lang)}:"]
    for row, about in zip(diagnosis.unknown, more, strict=False):
        area = f" [{text('area', lang)}: {row.area}]" if row.area else ""
        out.append(f"  {row.line}: {row.file or ''} {_quoted(row.message[:300])}{area}")
        out += _about(about, lang)
    return out


def _about(about: dict[str, Any], lang: str) -> list[str]:
    out = []
    if about.get("function"):
        out.append(f"      {text('function', lang)}: {about['function']}() (CRIU {about['source']})")
    near = ", ".join(row["id"] for row in about.get("near", ()))
    return [*out, f"      {text('near', lang)}: {near}"] if near else out


def _explained(diagnosis: Diagnosis, lang: str) -> list[str]:
    out = [f"  {text('explain', lang)}:"]
    out += [f"    {s.line:>6}  {s.role:<17} {s.id or '-':<34} {s.text[:120]}" for s in diagnosis.steps]
    if diagnosis.cause:
        out.append(f"  {text('basis', lang)}: {'; '.join(diagnosis.cause.basis)}")
    if diagnosis.candidates:
        out.append(f"  {text('lost', lang)}:")
        out += [f"    {c.line:>6}  {c.id}: {c.lost_because}" for c in diagnosis.candidates]
    return out


def _fitting(releases: Sequence[dict[str, Any]], lang: str) -> list[str]:
    if not releases:
        return []
    return [f"  {text('releases', lang)}:", *(f"    {text('release_hits', lang).format(**row)}" for row in releases)]
