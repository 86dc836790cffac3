"""The same questions on a Spark cluster: the same SQL files, transpiled, give the same rows in the same order.

The workers read the store themselves, so it has to stand on a file system that all of them see under the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from criukb.errors import CriukbError
from criukb.runs.engine import DUCKDB, read_steadily, sql
from criukb.runs.schema import SCHEMA
from criukb.runs.spark_session import open_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Hadoop reads these characters in a path as a pattern.
_PATTERN: Final = frozenset("*?[]{}\\")
_DDL: Final = {
    pa.string(): "STRING",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
}


class SparkEngine:
    """Queries on the cluster of one Spark session."""

    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def run(self, store: Path, name: str, params: Mapping[str, Any]) -> pa.Table:
        """Run ``queries/NAME.sql``; raises CriukbError."""
        from pyspark.errors import PySparkException  # noqa: PLC0415 - only with this engine

        return read_steadily(store, name, params, lambda paths: self._ask(store, paths, name, params), PySparkException)

    def _ask(self, store: Path, paths: list[Path], name: str, params: Mapping[str, Any]) -> pa.Table:
        wanted = schema_of(name, params)
        if not paths:
            return wanted.empty_table()
        self._make_view(store, paths)
        found = self.session.sql(spark_sql(name), args=dict(params)).toArrow()
        return found.select(wanted.names).cast(wanted)

    def _make_view(self, store: Path, paths: list[Path]) -> None:
        if _PATTERN & set(str(store)):
            message = f"Spark reads some of the characters {' '.join(sorted(_PATTERN))} in this name as a pattern"
            raise CriukbError.at(store, message, "rename the store, or use --engine duckdb")
        reader = self.session.read.schema(ddl()).option("mergeSchema", value=False)
        reader.parquet(*(f"file://{path.absolute()}" for path in paths)).createOrReplaceTempView("results")


@contextmanager
def spark_engine(master: str) -> Iterator[SparkEngine]:
    """Open a session on ``master``, such as ``spark://host:7077`` or ``local[2]``, and stop it again.

    Raises CriukbError when PySpark, Java or the master is missing.
    """
    with open_session(master) as session:
        yield SparkEngine(session)


@cache
def spark_sql(name: str) -> str:
    """Return the text of ``queries/NAME.sql`` in Spark's dialect, parameters as ``:name``."""
    import sqlglot  # noqa: PLC0415 - only with this engine

    raising = sqlglot.ErrorLevel.RAISE
    return sqlglot.transpile(sql(name), read="duckdb", write="spark", unsupported_level=raising, comments=False)[0]


def schema_of(name: str, params: Mapping[str, Any]) -> pa.Schema:
    """Return the columns of a query's answer, as DuckDB gives them."""
    return DUCKDB.run(Path("a store without runs"), name, params).schema


def ddl() -> str:
    """Return the store's columns as Spark writes a schema; a column that an older file has not is null."""
    return ", ".join(f"`{field.name}` {_type(field.type)}" for field in SCHEMA)


def _type(kind: pa.DataType) -> str:
    return f"ARRAY<{_type(kind.value_type)}>" if pa.types.is_list(kind) else _DDL[kind]
