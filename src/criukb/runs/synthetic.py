"""Synthetic histories of results: seeded, marked as synthetic in every row, with the truth that made them.

They test the statistics, which must find what was put in, and measure scale. Nothing in them was ever run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from criukb.errors import CriukbError, Fault, Place
from criukb.kb.yamltext import Document, read_yaml

_BYTES_PER_ROW = 40  # at most, compressed; measured 15 to 25
Count = Annotated[int, Field(ge=0, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Names = Annotated[tuple[Annotated[str, Field(pattern=r"^[\w.+-]{1,40}$")], ...], Field(min_length=1, max_length=64)]


class Scenario(BaseModel):
    """What a history holds. A slot is one moment at which every job is to run; places and lengths count in slots.

    The numbers of tests named by ``flaky`` to ``duration_shifts`` are numbers of cases (a test in one flavor), and no
    case has two roles; the other cases are stable, with rates from ``base_rates``: pairs of share and failure rate.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    start: Annotated[AwareDatetime, Field(ge=datetime(1971, 1, 1, tzinfo=UTC))] = datetime(2026, 1, 5, tzinfo=UTC)
    weeks: Annotated[int, Field(ge=1, le=520)] = 12
    runs: Annotated[int, Field(ge=1, le=1_000_000)] = 240  # of all jobs, before retries and with missing ones
    tests: Annotated[int, Field(ge=1, le=100_000)] = 100
    flavors: Names = ("h", "ns", "uns")
    jobs: Annotated[int, Field(ge=1, le=64)] = 4
    archs: Names = ("x86_64", "aarch64")
    kernels: Names = ("6.12.1-synthetic", "6.18.1-synthetic")
    criu_versions: Names = ("4.1", "4.2")
    slots_per_commit: Annotated[int, Field(ge=1, le=1000)] = 2

    base_rates: tuple[tuple[Share, Share], ...] = ((0.9, 0.0005), (0.08, 0.01), (0.02, 0.05))
    flaky: Count = 3
    flaky_rate: Share = 0.2
    regressions: Count = 3
    regression_rate: Share = 0.5
    fixes: Count = 3
    fix_rate: Share = 0.5  # before the fix; afterwards the base rate
    bursts: Count = 2
    burst_rate: Share = 0.6
    burst_slots: Annotated[int, Field(ge=1, le=10_000)] = 6
    configured: Count = 2  # fail at configured_rate on one architecture only
    configured_rate: Share = 0.3
    groups: Count = 1  # of cases that fail together
    group_size: Annotated[int, Field(ge=2, le=100)] = 3
    group_rate: Share = 0.1
    duration_shifts: Count = 2
    duration_factor: Annotated[float, Field(gt=0, le=100)] = 2.0

    outages: Count = 1  # runs in which nearly everything fails with one cause
    outage_rate: Share = 0.95
    missing: Share = 0.02  # of the runs
    undated: Share = 0.0  # of the runs
    bare: Share = 0.0  # of the runs: kernel, architecture, CRIU version and commit are not known
    not_run: Share = 0.02  # of the results
    repeated: Share = 0.0  # of the runs: each of their results stands there twice, as two invocations
    skipped_tests: Count = 2
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    retry: Share = 0.5  # of the runs with a failure
    retry_dependence: Share = 0.3  # of the results of a retry that are those of the attempt before
    known: Share = 0.7  # of the failures
    messages: Annotated[int, Field(ge=1, le=100_000)] = 40  # different ones of unknown failures

    @property
    def slots(self) -> int:
        """How often every job is to run."""
        return -(-self.runs // self.jobs)


class Written(NamedTuple):
    """What was written: counts, and where the truth stands."""

    runs: int
    rows: int
    failures: int
    truth: Path


def read_scenario(path: Path | None, values: Mapping[str, Any]) -> Scenario:
    """Return the scenario of the YAML file ``path``, with ``values`` that are not None instead of its own.

    Raises CriukbError with every fault at its place.
    """
    document = read_yaml(path) if path else None
    data = document.data if document else None
    if path and data is not None and not isinstance(data, dict):
        raise CriukbError.at(path, "not a mapping of fields", "write lines such as 'regressions: 5'", 1)
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return Scenario.model_validate({**(data or {}), **given})
    except ValidationError as error:
        raise CriukbError([_fault(item, document, path) for item in error.errors()]) from error


def _fault(error: Any, document: Document | None, path: Path | None) -> Fault:
    key = tuple(part for part in error["loc"] if isinstance(part, int | str))
    name = ".".join(map(str, key))
    place = document.place(key) if document else Place(path or Path("options"))
    if error["type"] == "extra_forbidden":
        return Fault(place, f"unknown field {name!r}", f"use some of: {', '.join(Scenario.model_fields)}")
    return Fault(place, f"{name}: {error['msg']}", "correct the value")


def history(scenario: Scenario) -> Iterator[pa.Table]:
    """Yield the runs of a history in order of their slots, each a table of the store's schema.

    The same scenario gives the same tables. Raises CriukbError when there are fewer cases than roles.
    """
    from criukb.runs.synthetic_plan import draw_plan  # noqa: PLC0415 - numpy only when it is needed
    from criukb.runs.synthetic_rows import slot_runs  # noqa: PLC0415 - the same

    plan = draw_plan(scenario)
    for slot in range(scenario.slots):
        yield from slot_runs(plan, slot)


def truth(scenario: Scenario) -> dict[str, Any]:
    """Return what was put into a history, ready for JSON: the scenario, the rate of each case, and each event."""
    from criukb.runs.synthetic_plan import draw_plan  # noqa: PLC0415 - numpy only when it is needed

    return draw_plan(scenario).truth()


def truth_path(store: Path) -> Path:
    """Return where the truth of the synthetic ``store`` stands: beside it."""
    return store.with_name(f"{store.name}.truth.json")


def write_history(scenario: Scenario, store: Path, *, compact: bool = False) -> Written:
    """Write a history into the new folder ``store`` and the truth beside it.

    ``compact`` joins the runs of a month, else each run is a file. Raises CriukbError when ``store`` holds something
    already, so that what was generated never stands among what was measured, or when the disk is too small.
    """
    from criukb.runs.synthetic_files import write_months, write_single  # noqa: PLC0415 - see history

    if store.exists() and (not store.is_dir() or any(store.iterdir())):
        raise CriukbError.at(store, "holds something already", "give a new folder to --out")
    _check_space(scenario, store)
    content = json.dumps(truth(scenario), indent=1)
    runs, rows, failures = (write_months if compact else write_single)(store, history(scenario))
    target = truth_path(store)
    target.write_text(f"{content}\n", encoding="utf-8")
    return Written(runs, rows, failures, target)


def _check_space(scenario: Scenario, store: Path) -> None:
    store.mkdir(parents=True, exist_ok=True)
    rows = scenario.slots * scenario.jobs * (scenario.tests * len(scenario.flavors))
    needed = int(rows * _BYTES_PER_ROW * (1 + scenario.retry * (scenario.attempts - 1)) * (1 + scenario.repeated))
    free = shutil.disk_usage(store).free
    if needed > free:
        message = f"needs up to {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free"
        raise CriukbError.at(store, message, "generate fewer runs or tests, or choose another --out")
