"""What synthetic failures say: CRIU's way of speaking, with names and numbers that differ from failure to failure."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final, NamedTuple

from criukb.match.diagnose import mask

_AREAS: Final = ("files", "files-reg", "sk-unix", "sk-inet", "mount", "cgroup", "mem", "pstree", "tty", "netdev")
_VERBS: Final = ("open", "dump", "restore", "bind", "collect", "resolve", "map", "read")
_THINGS: Final = ("socket", "file", "mount point", "vma", "pipe", "session", "queue", "link", "namespace")
_ENDS: Final = (
    "{thing} {n} of {path}",
    "{thing} id {x} at {path}",
    "{thing} {name}: No such file or directory",
    "{thing} {name} (pid {n}, ino {n2})",
    "{n} bytes of {thing} {name}",
)
_NAMES: Final = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda")


class Words(NamedTuple):
    """What an unknown failure leaves in the store."""

    key: str
    excerpt: str


@cache
def _format(number: int) -> tuple[str, str]:
    """Return the file and the message of the synthetic format ``number``; each number has its own."""
    area = _AREAS[number % len(_AREAS)]
    verb = _VERBS[number // 7 % len(_VERBS)]
    end = _ENDS[number // 3 % len(_ENDS)].replace("{thing}", _THINGS[number // 5 % len(_THINGS)])
    return f"criu/{area}.c", f"synthetic-{_letters(number)}: Can't {verb} {end}"


def _letters(number: int) -> str:
    """Return a word without digits, which the mask of varying parts leaves alone."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def unknown_words(number: int, salt: int, test: str, phase: str) -> Words:
    """Return the message of an unknown failure; ``salt`` chooses its numbers, paths and names."""
    file, template = _format(number)
    message = template.format(
        n=salt % 65536,
        n2=salt // 7 % 1_000_000,
        x=f"{salt:#x}",
        path=f"/synthetic/{salt % 9973}",
        name=_NAMES[salt % len(_NAMES)],
    )
    return Words(_key(message), _excerpt(f"{file}:{100 + number % 2000}", message, test, phase, salt))


@lru_cache(maxsize=100_000)
def _key(message: str) -> str:
    return mask(message)


def known_excerpt(cause: str, salt: int, test: str, phase: str) -> str:
    """Return the excerpt of a failure with a known cause."""
    return _excerpt("criu/synthetic.c:1", f"{cause}: {salt % 4096}", test, phase, salt)


def _excerpt(place: str, message: str, test: str, phase: str, salt: int) -> str:
    clock = f"{salt % 100:02}.{salt % 999983:06}"
    return (
        f"synthetic history: never run\n({clock}) {salt % 99:6}: Error ({place}): {message}\n"
        f"Test {test} FAIL at CRIU {phase}"
    )
