"""Telling how far a long task is: a function that takes one line."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
_EVERY = 20


def silent(_: str) -> None:
    """Tell nobody."""


def counted(show: Progress, total: int) -> Progress:
    """Return a progress function that counts its calls, and shows each twentieth and the last of ``total``."""
    done = 0

    def step(name: str) -> None:
        nonlocal done
        done += 1
        if done == total or done % _EVERY == 0:
            show(f"{done}/{total}: {name}")

    return step
