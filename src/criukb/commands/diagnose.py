"""``criukb diagnose``: a log in, the cause out."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from criukb.commands.diagnose_text import Answer, answer_lines
from criukb.commands.engines import LOCAL_MASTER, master_option
from criukb.commands.options import format_option, kb_option, lang_option
from criukb.errors import CriukbError
from criukb.logs.inputs import Source, shown, sources
from criukb.logs.lazy import lazy
from criukb.logs.reader import Joined, NoLogError, check_text, read_head, readable
from criukb.logs.split import CONSOLE_MARK, LogPart, split_console, split_log
from criukb.match.compiled import CompiledBase
from criukb.match.diagnose import Diagnoser
from criukb.match.result import Diagnosis, Outer

SHORT_PASTE = 10
# A log up to this size is held in memory whole; a larger one is searched as a stream.
SMALL_LOG = 4 * 1024 * 1024
# A runtime's or a test suite's report that names no line of CRIU.
_REPORT = lazy(
    r"^not ok \d+ .*(?:checkpoint|restore|criu)|\bcriu\b[^.]{0,80}\b(?:failed|error|fatal)|"
    r"\b(?:error|failed|fatal)\b[^.]{0,80}\b(?:criu|checkpoint|restore)\b",
    re.IGNORECASE,
)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@format_option("text", "json", "jsonl")
@lang_option
@kb_option
@click.option("--explain", is_flag=True, help="Show how each line was read and why other entries lost.")
@click.option("--kernel", help="Kernel release of the machine, if the log does not say it.")
@click.option("--criu", help="CRIU release, if the log does not say it.")
@click.option("--runtime", help="Container runtime that called CRIU, such as runc or podman.")
@click.option("--phase", help="What CRIU was doing: dump, restore, check, ...")
@click.option(
    "--engine",
    type=click.Choice(["here", "spark"]),
    default="here",
    show_default=True,
    is_eager=True,
    help="Where to diagnose: in this process, or on a Spark cluster (only --format jsonl).",
)
@master_option
def command(
    paths: tuple[Path, ...],
    output: str,
    lang: str,
    kb_dirs: tuple[Path, ...],
    explain: bool,
    kernel: str | None,
    criu: str | None,
    runtime: str | None,
    phase: str | None,
    engine: str,
    master: str | None,
) -> None:
    """Name the cause of a failed checkpoint or restore.

    PATHS are CRIU logs, zdtm consoles or pasted excerpts, plain or compressed (.gz, .xz, .bz2, .zst); - is standard
    input. Of a folder, and of a .tar, .tar.* or .zip archive, every log is read (.log, .txt, .out, no suffix).
    A zdtm console gives one answer for each failed test.

    \b
    Examples:
      criukb diagnose restore.log
      criukb diagnose --format jsonl logs/*.log | jq .cause.id
      journalctl -u kubelet | criukb diagnose -
      criukb diagnose dump.log --explain --kernel 6.18
      criukb diagnose failed-logs.tar.xz      each log in the archive
      criukb diagnose /shared/logs --format jsonl --engine spark --master spark://host:7077
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    outer = Outer(kernel=kernel, criu=criu, runtime=runtime, phase=phase)
    if engine == "spark":
        _on_spark(paths, master, outer, kb_dirs, output, explain=explain)
        return
    diagnoser = Diagnoser.load(kb_dirs)
    failed: list[CriukbError] = []
    rows: list[dict[str, Any]] = []
    for path in paths:
        for answer in answers_of(path, diagnoser, outer, failed):
            _show(answer, diagnoser.base, output, lang, explain=explain, rows=rows)
    if output == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    if failed:
        raise CriukbError([fault for error in failed for fault in error.faults])


def _on_spark(
    paths: tuple[Path, ...], master: str | None, outer: Outer, kb_dirs: tuple[Path, ...], output: str, *, explain: bool
) -> None:
    if output != "jsonl":
        raise click.UsageError("--engine spark answers with --format jsonl")
    from criukb.commands import diagnose_spark  # noqa: PLC0415 - loads Arrow, and only this engine needs it

    folders = tuple(str(folder.absolute()) for folder in kb_dirs)
    task = diagnose_spark.Task(outer, folders, explain)
    diagnose_spark.run(paths, master or LOCAL_MASTER, task)


def answers_of(path: Path, diagnoser: Diagnoser, outer: Outer, failed: list[CriukbError]) -> Iterator[Answer]:
    """Yield the answers for every log that ``path`` stands for; what is wrong with one does not stop the others."""
    before, answered = len(failed), False
    for source in sources(path, failed):
        for answer in source_answers(source, diagnoser, outer, failed):
            answered = True
            yield answer
    if not answered and len(failed) == before:
        failed.append(CriukbError.at(path, "no log of CRIU in it", "give the folder or archive with CRIU's logs"))


def source_answers(source: Source, diagnoser: Diagnoser, outer: Outer, failed: list[CriukbError]) -> Iterator[Answer]:
    """Yield the answers for one log; what is wrong with it is added to ``failed``."""
    try:
        yield from _answers(source, diagnoser, outer)
    except NoLogError as error:
        failed.extend([error] if source.named else [])
    except CriukbError as error:
        failed.append(error)


def _answers(source: Source, diagnoser: Diagnoser, outer: Outer) -> Iterator[Answer]:
    path, stream = source.path, source.stream
    with readable(path):
        head = read_head(stream, SMALL_LOG)
    check_text(path, head)
    if len(head) < SMALL_LOG:
        yield from _small(path, head.decode("utf-8", "replace").splitlines(), diagnoser, outer)
        return
    with readable(path):
        if CONSOLE_MARK.encode() in head:
            text = io.TextIOWrapper(io.BufferedReader(Joined(head, stream)), encoding="utf-8", errors="replace")
            yield from _records(path, split_console(text), diagnoser, outer)
        else:
            yield path, LogPart(()), diagnoser.diagnose_stream(Joined(head, stream), outer)


def _small(path: Path, lines: list[str], diagnoser: Diagnoser, outer: Outer) -> Iterator[Answer]:
    parts = split_log(lines)
    for found in _records(path, parts, diagnoser, outer):
        if found[1].test is None and _is_no_log(lines, found[2]):
            message = "no line of a CRIU log, a zdtm console or a runtime's report about CRIU in it"
            raise NoLogError.at(path, message, "give dump.log, restore.log, a console or the runtime's message")
        yield found


def _records(path: Path, parts: Iterable[LogPart], diagnoser: Diagnoser, outer: Outer) -> Iterator[Answer]:
    for part in parts:
        facts = outer._replace(test=part.test, flavor=part.flavor, phase=part.phase) if part.test else outer
        yield path, part, diagnoser.diagnose(part.lines, facts)


def _is_no_log(lines: Sequence[str], answer: Diagnosis) -> bool:
    """Whether nothing in the text was recognised. A short paste may be a bare message, and gets an honest unknown."""
    if answer.log_kind != "other" or answer.steps or len(lines) <= SHORT_PASTE:
        return False
    return not any(_REPORT.search(line) for line in lines)


def _show(
    answer: Answer, base: CompiledBase, output: str, lang: str, *, explain: bool, rows: list[dict[str, Any]]
) -> None:
    more = _more(answer[2], base)
    if output == "text":
        releases = _releases(answer[2]) if explain else ()
        click.echo("\n".join(answer_lines(answer, lang, more, explain=explain, releases=releases)) + "\n")
        return
    row = _row(answer, more, explain=explain)
    if output == "json":
        rows.append(row)
        return
    click.echo(json.dumps(row, ensure_ascii=False))
    sys.stdout.flush()


def json_line(answer: Answer, base: CompiledBase, *, explain: bool) -> str:
    """Return an answer as one line of JSON."""
    return json.dumps(_row(answer, _more(answer[2], base), explain=explain), ensure_ascii=False)


def _row(answer: Answer, more: list[dict[str, Any]], *, explain: bool) -> dict[str, Any]:
    path, part, diagnosis = answer
    row = diagnosis.shifted(part.offset).to_json(shown(str(path)))
    for unknown, about in zip(row["unknown"], more, strict=False):
        unknown.update(about)
    if part.test:
        row |= {"test": part.test, "flavor": part.flavor}
    if explain:
        row["steps"] = [{"line": s.line, "role": s.role, "id": s.id, "text": s.text} for s in diagnosis.steps]
        row["releases"] = _releases(diagnosis)
    return row


def _more(diagnosis: Diagnosis, base: CompiledBase) -> list[dict[str, Any]]:
    """Say more of the Errors that no entry knows: near entries, and the call in a source catalogue of the user's."""
    if not diagnosis.unknown or diagnosis.cause:
        return []
    from criukb.catalogue.enrich import about_unknown  # noqa: PLC0415 - only an unknown failure needs it

    return about_unknown(diagnosis, base)


def _releases(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    from criukb.catalogue.enrich import likely_releases  # noqa: PLC0415 - only --explain needs it

    return likely_releases(diagnosis)
