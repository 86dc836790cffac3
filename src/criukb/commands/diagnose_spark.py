"""``criukb diagnose DIR --engine spark``: the same diagnosis as a Spark stage over a folder of logs.

Logs up to ROW_BYTES come to the workers as rows; larger ones, and names that Spark passes over, are opened by path
and read as streams, so that no log has to fit into a row. Nothing is left out silently: what has no answer is a fault.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
import pyarrow as pa

from criukb.commands.diagnose import answers_of, json_line, source_answers
from criukb.commands.diagnose_text import Answer
from criukb.errors import CriukbError, Fault, Place
from criukb.logs.inputs import Source, log_files
from criukb.logs.reader import decompressed, open_log
from criukb.match.diagnose import Diagnoser
from criukb.match.result import Outer
from criukb.runs.spark_session import open_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROW_BYTES: Final = 4 * 1024 * 1024
MAX_LOGS: Final = 10_000_000
_BATCH_ROWS: Final = 16  # with ROW_BYTES what a worker holds at once
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/@+,=")
_LISTED: Final = pa.schema([("number", pa.int64()), ("name", pa.binary()), ("uri", pa.string()), ("named", pa.bool_())])
_FOUND: Final = pa.schema(
    [("number", pa.int64()), ("place", pa.int64()), ("line", pa.string()), ("fault", pa.list_(pa.string()))]
)
_FOUND_DDL: Final = "number BIGINT, place BIGINT, line STRING, fault ARRAY<STRING>"


class Task(NamedTuple):
    """What a worker needs besides the logs."""

    outer: Outer
    kb_dirs: tuple[str, ...]
    explain: bool


class _Log(NamedTuple):
    root: Path  # what the user named
    path: Path
    named: bool
    by_row: bool


def run(paths: Sequence[Path], master: str, task: Task) -> None:
    """Diagnose the logs below ``paths`` on ``master``, print one JSON line for each answer in the order of the logs.

    Raises CriukbError with every log that could not be read.
    """
    failed: list[CriukbError] = []
    logs = [log for path in paths for log in _logs(path, failed)]
    with open_session(master) as session:
        diagnose_logs(session, logs, task, failed)
    if failed:
        raise CriukbError([fault for error in failed for fault in error.faults])


def diagnose_logs(session: SparkSession, logs: Sequence[_Log], task: Task, failed: list[CriukbError]) -> None:
    """Print the answers for ``logs``, and add what went wrong to ``failed``."""
    answered, silent = set(), {log.root for log in logs}
    for row in _rows(session, logs, task):
        answered.add(row["number"])
        if row["line"] is not None:
            click.echo(row["line"])
        elif row["fault"]:
            failed.append(_fault(row["fault"]))
        if row["line"] is not None or row["fault"]:
            silent.discard(logs[row["number"]].root)
    for number, log in enumerate(logs):
        if number not in answered:
            failed.append(CriukbError.at(log.path, "Spark gave no answer for it", "run criukb diagnose on it alone"))
            silent.discard(log.root)
    failed += [
        CriukbError.at(root, "no log of CRIU in it", "give the folder with CRIU's logs") for root in sorted(silent)
    ]


def _logs(path: Path, failed: list[CriukbError]) -> list[_Log]:
    if not path.is_dir():
        return [_Log(path, path.absolute(), named=True, by_row=False)]
    return [_Log(path, file, named=False, by_row=_fits(file)) for file in log_files(path.absolute(), failed, MAX_LOGS)]


def _fits(file: Path) -> bool:
    """Whether Spark's own reader gives the file: small, and no name that it hides or reads as a pattern."""
    hidden = any(part.startswith(("_", ".")) for part in file.parts)
    return not hidden and set(str(file)) <= _PLAIN and file.stat().st_size <= ROW_BYTES


def _rows(session: SparkSession, logs: Sequence[_Log], task: Task) -> list[dict[str, Any]]:
    if not logs:
        return []
    from pyspark.errors import PySparkException  # noqa: PLC0415 - only with this engine

    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", _BATCH_ROWS)
    try:
        with warnings.catch_warnings():
            # PySpark warns of pandas 3 when it makes a table; no table here ever becomes one of pandas.
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
            found = _contents(session, logs).mapInArrow(_Worker(task), _FOUND_DDL).toArrow()
    except PySparkException as error:
        hint = "criukb has to be installed on every worker, and the logs stand where all of them see them"
        words = [line for line in str(error).splitlines() if line.strip()]
        raise CriukbError.at(logs[0].path, f"failed on Spark: {' '.join(words[-3:])[:500]}", hint) from error
    return found.sort_by([("number", "ascending"), ("place", "ascending")]).to_pylist()  # type: ignore[no-any-return]


def _contents(session: SparkSession, logs: Sequence[_Log]) -> DataFrame:
    """Return a row per log: number, name, whether it was named, and its content, or null where it is read by path."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - as all of Spark's documentation names it

    rows = [(n, os.fsencode(log.path), f"file:{log.path}", log.named) for n, log in enumerate(logs)]
    listed = [
        pa.array(list(column), field.type) for column, field in zip(zip(*rows, strict=True), _LISTED, strict=True)
    ]
    by_row = pa.array([log.by_row for log in logs])
    whole = pa.table(listed, schema=_LISTED)
    parts = session.sparkContext.defaultParallelism
    streamed = session.createDataFrame(whole.filter(pa.compute.invert(by_row))).repartition(4 * parts)
    out = streamed.select("number", "name", "named", F.lit(None).cast("binary").alias("content"))
    small = whole.filter(by_row)
    if small.num_rows:
        folders = sorted({str(log.path.parent) for log in logs if log.by_row})
        files = session.read.format("binaryFile").load([f"file://{folder}" for folder in folders])
        files = files.where(files.length <= ROW_BYTES).select(files.path.alias("uri"), "content")
        wanted = F.broadcast(session.createDataFrame(small))
        out = out.unionByName(files.join(wanted, "uri").select("number", "name", "named", "content"))
    return out


class _Worker:
    """The function that Spark sends to its workers."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        diagnoser = _diagnoser(self._task.kb_dirs)
        for batch in batches:
            found = [row for log in batch.to_pylist() for row in _answered(log, diagnoser, self._task)]
            yield pa.RecordBatch.from_pylist(found, schema=_FOUND)


@cache
def _diagnoser(kb_dirs: tuple[str, ...]) -> Diagnoser:
    """Load the base once per worker process, whatever number of logs it gets."""
    return Diagnoser.load([Path(folder) for folder in kb_dirs])


def _answered(log: dict[str, Any], diagnoser: Diagnoser, task: Task) -> Iterator[dict[str, Any]]:
    path, outer = Path(os.fsdecode(log["name"])), task.outer
    failed: list[CriukbError] = []
    place = 0
    if log["content"] is None:
        answers = (answers_of if log["named"] else _streamed)(path, diagnoser, outer, failed)
    else:
        source = Source(path, decompressed(io.BytesIO(log["content"])), named=log["named"])
        answers = source_answers(source, diagnoser, outer, failed)
    for place, answer in enumerate(answers, 1):
        line = json_line(answer, diagnoser.base, explain=task.explain)
        yield {"number": log["number"], "place": place, "line": line, "fault": None}
    faults = [fault for error in failed for fault in error.faults]
    for offset, fault in enumerate(faults, 1):
        told = [os.fspath(fault.place.path), str(fault.place.line), str(fault.place.column), fault.message, fault.hint]
        yield {"number": log["number"], "place": place + offset, "line": None, "fault": told}
    # A row without an answer says that the log was read and is none.
    yield {"number": log["number"], "place": place + len(faults) + 1, "line": None, "fault": None}


def _streamed(path: Path, diagnoser: Diagnoser, outer: Outer, failed: list[CriukbError]) -> Iterator[Answer]:
    """Yield the answers for a log in a folder, which may be of any size."""
    try:
        with open_log(path) as stream:
            yield from source_answers(Source(path, stream, named=False), diagnoser, outer, failed)
    except CriukbError as error:
        failed.append(error)


def _fault(told: list[str]) -> CriukbError:
    path, line, column, message, hint = told
    return CriukbError([Fault(Place(Path(path), int(line), int(column)), message, hint)])
