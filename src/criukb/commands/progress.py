"""Progress on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from criukb.errors import visible
from criukb.progress import Progress


@contextmanager
def progress_line() -> Iterator[Progress]:
    """Give a function that shows one message on stderr."""
    from rich.console import Console  # noqa: PLC0415 - not needed for --help

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda message: click.echo(visible(message), err=True)
        return
    with console.status("...") as status:
        yield lambda message: status.update(visible(message).replace("[", "\\["))
