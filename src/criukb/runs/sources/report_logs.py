"""One of CRIU's logs in bounded memory: its beginning, its end, and what stands before each Error or Warn between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from criukb.logs.criu import HEAD_TEXTS, LEVEL_TEXTS
from criukb.logs.reader import Readable

MAX_HEAD: Final = 1_000
MAX_TAIL: Final = 1_000
MAX_BETWEEN: Final = 2_000
BEFORE: Final = 5
MAX_LINE: Final = 4_096
_CHUNK = 1024 * 1024
_TELLING = (*LEVEL_TEXTS, *HEAD_TEXTS)


def read_log(stream: Readable, spend: Callable[[int], None]) -> tuple[str, ...]:
    """Return the lines of a log, all of them when they are few; ``spend`` is told the bytes of each part read."""
    head: list[str] = []
    between: list[tuple[int, str]] = []
    recent: deque[tuple[int, str]] = deque(maxlen=BEFORE)
    tail: deque[tuple[int, str]] = deque(maxlen=MAX_TAIL)
    for number, line in enumerate(_lines(stream, spend)):
        if number < MAX_HEAD:
            head.append(line)
            continue
        recent.append((number, line))
        tail.append((number, line))
        if len(between) < MAX_BETWEEN and any(text in line for text in _TELLING):
            between += recent
            recent.clear()
    rest = dict([*between, *tail])
    return (*head, *(rest[number] for number in sorted(rest)))


def _lines(stream: Readable, spend: Callable[[int], None]) -> Iterator[str]:
    """Yield the lines, each at most MAX_LINE bytes: one of a gigabyte takes no more memory than others."""
    carry = b""
    while chunk := stream.read(_CHUNK):
        spend(len(chunk))
        parts = chunk.split(b"\n")
        parts[0] = carry + parts[0]
        carry = parts.pop()[:MAX_LINE]
        yield from map(_text, parts)
    if carry:
        yield _text(carry)


def _text(line: bytes) -> str:
    return line[:MAX_LINE].decode("utf-8", "replace").rstrip("\r")
