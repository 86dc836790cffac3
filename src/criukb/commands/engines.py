"""Where queries run: in this process, or on a Spark cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from criukb.runs.engine import Engine

_F = TypeVar("_F", bound=Callable[..., Any])
LOCAL_MASTER = "local[*]"


def _with_spark(context: click.Context, _: click.Parameter, master: str | None) -> str | None:
    if master is not None and context.params.get("engine") != "spark":
        raise click.UsageError("--master goes with --engine spark")
    return master


def master_option(function: _F) -> _F:
    """Add ``--master URL``, which needs ``--engine spark``."""
    return click.option(
        "--master",
        callback=_with_spark,
        help=f"Spark's master, such as spark://host:7077. [default: {LOCAL_MASTER}, which is this machine alone]",
    )(function)


def engine_options(function: _F) -> _F:
    """Add ``--engine duckdb|spark`` and ``--master URL``."""
    return click.option(
        "--engine",
        is_eager=True,  # --master asks for it
        type=click.Choice(["duckdb", "spark"]),
        default="duckdb",
        show_default=True,
        help="What runs the queries; spark needs PySpark and Java.",
    )(master_option(function))


@contextmanager
def open_engine(engine: str, master: str | None) -> Iterator[Engine]:
    """Give the engine that was asked for; CriukbError when Spark cannot be had."""
    if engine == "duckdb":
        from criukb.runs.engine import DUCKDB  # noqa: PLC0415 - --help must not load DuckDB

        yield DUCKDB
        return
    from criukb.runs.spark_engine import spark_engine  # noqa: PLC0415 - only with this engine

    with spark_engine(master or LOCAL_MASTER) as found:
        yield found
