"""Progress on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Progress = Callable[[str], None]
_PLAIN_EVERY = 20


@contextmanager
def progress_line() -> Iterator[Progress]:
    """Give a function that shows one message."""
    from rich.console import Console  # noqa: PLC0415 - not needed for --help

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda message: click.echo(message, err=True)
        return
    with console.status("...") as status:
        yield lambda message: status.update(message.replace("[", "\\["))


def counted(show: Progress, stage: str, total: int, *, every: int = _PLAIN_EVERY) -> Progress:
    """Return a progress function that counts its calls; plain output gets a line for each ``every`` of them."""
    done = 0

    def step(name: str) -> None:
        nonlocal done
        done += 1
        if done == total or done % every == 0:
            show(f"{stage}: {done}/{total} ({name})")

    return step
