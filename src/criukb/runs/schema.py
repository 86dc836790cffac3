"""The columns of the store: one row per test, flavor and invocation of a run."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

SCHEMA_VERSION: Final = 2
# Columns that format 1 has not are null there; every reader takes both.
READABLE_VERSIONS: Final = (1, 2)
OUTCOMES: Final = ("pass", "fail", "timeout", "aborted", "skip", "not-run")
FAILED: Final = ("fail", "timeout", "aborted")
# Not a test: what a suite says of itself and no result shows. Its row is not-run, and its step the reason.
WHOLE_RUN: Final = "(the whole run)"

_TEXT = pa.string()

SCHEMA: Final = pa.schema(
    [
        pa.field("run_id", _TEXT, nullable=False),
        pa.field("job", _TEXT, nullable=False),
        pa.field("started_at", pa.timestamp("us", tz="UTC")),
        pa.field("criu_version", _TEXT),
        pa.field("kernel", _TEXT),
        pa.field("arch", _TEXT),
        pa.field("distro", _TEXT),
        pa.field("variant", _TEXT),  # how the job was set up otherwise; runs that differ in it are not compared
        pa.field("commit", _TEXT),
        pa.field("attempt", pa.int32()),
        pa.field("invocation", pa.int32(), nullable=False),  # 1 for the first zdtm.py run of the console
        pa.field("options", _TEXT),
        pa.field("test", _TEXT, nullable=False),
        pa.field("flavor", _TEXT),  # null for skipped tests
        pa.field("outcome", _TEXT, nullable=False),
        pa.field("phase", _TEXT),
        pa.field("step", _TEXT),
        pa.field("cause", _TEXT),
        pa.field("chain", pa.list_(pa.field("element", _TEXT))),
        pa.field("verdict", _TEXT),  # known or unknown for failures, else null
        pa.field("confidence", pa.float64()),
        pa.field("unknown_key", _TEXT),
        pa.field("skip_reason", _TEXT),
        pa.field("duration_s", pa.float64()),
        pa.field("first_line", pa.int32()),  # in the console
        pa.field("log_excerpt", _TEXT),
        pa.field("source", _TEXT),  # the format that the run was read from; null: a zdtm console of format 1
        pa.field("synthetic", pa.bool_()),  # true for generated histories, else null
        pa.field("evidence", _TEXT),  # the lines of a failure that its diagnosis read, so that it can be repeated
    ],
    metadata={"criukb.schema_version": str(SCHEMA_VERSION)},
)
