"""Executing the notebooks of ``reports/`` on real Jupyter kernels, with the same bytes each time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from criukb.errors import CriukbError
from criukb.paths import REPORTS_DIR
from criukb.publish.kernels import Kernel, Pool

CELL_SECONDS = 120
WORKERS = 2
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


@dataclass(frozen=True, slots=True)
class Job:
    """One notebook to execute: its source, its parameters, its working directory, and the name of its outputs."""

    source: Path
    parameters: Mapping[str, str | list[str]]
    folder: Path
    name: str
    title: str
    lang: str


def source(name: str) -> Path:
    """Return the path of the notebook ``reports/<name>.py``."""
    return REPORTS_DIR / f"{name}.py"


@cache
def _parsed(path: Path) -> Any:
    return jupytext.read(path, fmt="py:percent")


def prepare(job: Job) -> NotebookNode:
    """Read a percent notebook and put the parameters into the cell tagged ``parameters``."""
    notebook: NotebookNode = _node(_plain(_parsed(job.source)))
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise CriukbError.at(job.source, f"{len(cells)} cells are tagged parameters", "tag exactly one")
    cells[0].source = "\n".join(f"{key} = {value!r}" for key, value in job.parameters.items())
    notebook.metadata = _node(_METADATA | {"criukb": {"lang": job.lang, "title": job.title}})
    for index, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{index:02d}"
        cell.metadata = _node({"tags": cell.metadata.tags} if cell.metadata.get("tags") else {})
    return notebook


def _node(data: Any) -> Any:
    return nbformat.from_dict(data)  # type: ignore[no-untyped-call]


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node


async def execute(job: Job, kernel: Kernel) -> NotebookNode:
    """Execute one notebook in ``kernel``; raise CriukbError with the notebook, the cell and the reason."""
    notebook = prepare(job)
    client = NotebookClient(
        notebook,
        km=kernel.manager,
        timeout=CELL_SECONDS,
        record_timing=False,
        allow_errors=False,
        force_raise_errors=True,
    )
    client.kc = kernel.client
    try:
        # Cell by cell: async_execute would take over the process' signal handlers and register exit hooks.
        client.reset_execution_trackers()
        for index, cell in enumerate(notebook.cells):
            await client.async_execute_cell(cell, index)
    except CellExecutionError as error:
        raise _failure(job, notebook, error) from None
    except (CellTimeoutError, DeadKernelError) as error:
        reason = "the kernel died" if isinstance(error, DeadKernelError) else f"no answer in {CELL_SECONDS} s"
        raise CriukbError.at(job.source, f"{job.name}: {reason}", "run the notebook by hand in Jupyter") from None
    return settle(notebook)


def _failure(job: Job, notebook: NotebookNode, error: CellExecutionError) -> CriukbError:
    number = next((i for i, c in enumerate(notebook.cells, 1) if _has_error(c)), 0)
    line = notebook.cells[number - 1].source.splitlines()[0] if number else "?"
    reason = _ANSI.sub("", f"{error.ename}: {error.evalue}").strip().splitlines()[-1:]
    message = f"{job.name}, cell {number} ({line}): {reason[0] if reason else error.ename}"
    return CriukbError.at(job.source, message, "run the same cell by hand, or mend the entry that it shows")


def _has_error(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def settle(notebook: NotebookNode) -> NotebookNode:
    """Remove what differs between equal executions, and sort the metadata."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
            if "metadata" in output:
                output.metadata = _node(_sorted(output.metadata))
    # nbclient copies the kernel's version into the metadata.
    kept = {"criukb": notebook.metadata["criukb"]}
    notebook.metadata = _node(_sorted(_METADATA | kept))
    return notebook


def _sorted(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _sorted(node[key]) for key in sorted(node)}
    return node


def dumps(notebook: NotebookNode) -> str:
    """Return the .ipynb text: sorted keys, one space of indent, a newline at the end."""
    return str(nbformat.writes(notebook, indent=1)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


def run_jobs(jobs: Sequence[Job], finish: Callable[[Job, NotebookNode], None], workers: int = WORKERS) -> None:
    """Execute ``jobs`` on up to ``workers`` warm kernels; ``finish`` gets each result, in another thread.

    Every job is tried; then one CriukbError holds the faults of all that failed.
    """
    faults = asyncio.run(_run_all(jobs, finish, max(1, min(workers, len(jobs)))))
    if faults:
        raise CriukbError(faults)


async def _run_all(jobs: Sequence[Job], finish: Callable[[Job, NotebookNode], None], workers: int) -> list[Any]:
    pool = Pool(workers)
    faults: list[Any] = []

    async def one(job: Job) -> None:
        try:
            async with pool.lend(job.folder) as kernel:
                notebook = await execute(job, kernel)
        except CriukbError as error:
            faults.extend(error.faults)
            return
        await asyncio.to_thread(finish, job, notebook)

    limit = asyncio.Semaphore(workers * 2)

    async def bounded(job: Job) -> None:
        async with limit:
            await one(job)

    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(bounded(job))
    except ExceptionGroup as group_error:
        raise group_error.exceptions[0] from group_error
    finally:
        await pool.close()
    return faults
