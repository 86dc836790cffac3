"""printf formats become linear-time matchers with typed, named captures."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.kb.model import Pattern
from criukb.logs.criu import Event
from criukb.match.compiled import compile_pattern
from criukb.match.errnos import errno_name
from criukb.match.pattern import Captures
from criukb.match.printf import compile_format


def captures(
    fmt: str, message: str, call: str = "pr_err", where: object = None, names: list[str] | None = None
) -> Captures | None:
    data = {"call": call, "file": "criu/x.c", "format": fmt, "where": where or {}, "captures": names}
    pattern = compile_pattern(Pattern.model_validate(data))
    level = "error" if call in {"pr_err", "pr_perror"} else "warn" if call == "pr_warn" else "info"
    return pattern.captures(Event(1, level, message, file="criu/x.c"))


@pytest.mark.parametrize(
    ("fmt", "message", "expected"),
    [
        ("Can't get rlimit %d", "Can't get rlimit 0", {"rlimit": 0}),
        ("id %#x ino %u", "id 0x1f ino 433398", {"id": 31, "ino": 433398}),
        ("id %#x", "id 1f", {"id": 31}),
        ("pid %-10d done", "pid 7          done", {"pid": 7}),
        ("100%% of %s", "100% of pages", {"of": "pages"}),
        ("%d exited, status=%d", "12 exited, status=1", {"arg1": 12, "status": 1}),
        ('size %"PRIu64" bytes', "size 4096 bytes", {"size": 4096}),
        ("path %s and %s end", "path /a b and /c end", {"path": "/a b", "and": "/c"}),
        ("mode %o", "mode 644", {"mode": 0o644}),
        ("empty [%s]", "empty []", {"empty": ""}),
        ("trailing newline %d\\n", "trailing newline 3", {"newline": 3}),
    ],
)
def test_conversions(fmt: str, message: str, expected: dict[str, object]) -> None:
    """Each conversion captures what printf prints for it, under the name of the word before it."""
    assert expected == captures(fmt, message)


def test_perror_appends_errno() -> None:
    """pr_perror's strerror text becomes the errno's symbolic name."""
    expected = {"id": 9, "ino": 433398, "addr": "", "errno": "EADDRINUSE"}
    message = "unix: Can't bind id 0x9 ino 433398 addr : Address already in use"
    assert expected == captures("Can't bind id %#x ino %d addr %s", message, "pr_perror")


@pytest.mark.parametrize("prefix", ["", "unix: ", "sk unix: ", "net: unix: "])
def test_log_prefix_is_ignored(prefix: str) -> None:
    """LOG_PREFIX changed over the releases, so any or none matches."""
    assert captures("Unsupported proto %d for socket %x", f"{prefix}Unsupported proto 1 for socket 2d6d40")


@pytest.mark.parametrize(
    "message",
    ["Can't get rlimit x", "Can't get rlimit 0 now", "We Can't get rlimit 0", "can't get rlimit 0"],
)
def test_other_texts_do_not_match(message: str) -> None:
    """The whole message must have the format's shape."""
    assert captures("Can't get rlimit %d", message) is None


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"path": "/dev/pts/3"}, True),
        ({"path": {"prefix": "/dev/pts/"}}, True),
        ({"path": {"prefix": "/dev/pts/", "suffix": "4"}}, False),
        ({"path": {"contains": "pts", "regex": r"\d$"}}, True),
        ({"path": {"none_of": ["/dev/pts/3"]}}, False),
        ({"fd": "-3"}, True),
        ({"fd": {"min": "0"}}, False),
        ({"fd": {"max": "-1"}}, True),
        ({"fd": ["1", "-3"]}, True),
    ],
)
def test_where(where: dict[str, object], *, holds: bool) -> None:
    """Conditions on captures decide; numbers compare as numbers."""
    message = "Can't lookup mount=12 for fd=-3 path=/dev/pts/3"
    found = captures("Can't lookup mount=%d for fd=%d path=%s", message, where=where)
    assert holds == (found is not None)


@pytest.mark.parametrize("fmt", ["%s", "%d%d", " %s ", "bad %y", "ends in 100%"])
def test_refused_formats(fmt: str) -> None:
    """A format without fixed text, or with a broken conversion, is refused."""
    with pytest.raises(ValueError, match=r"\w"):
        compile_format(fmt)


def test_capture_names_must_fit() -> None:
    """As many names as conversions."""
    with pytest.raises(ValueError, match="2 capture names for 1"):
        compile_format("a %d", ["x", "y"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Address already in use", "EADDRINUSE"),
        ("Address in use", "EADDRINUSE"),
        ("-98", "EADDRINUSE"),
        ("something else", "something else"),
    ],
)
def test_errno_names(text: str, name: str) -> None:
    """Glibc's and musl's texts and raw numbers give the symbolic name; anything else stays."""
    assert name == errno_name(text)


@given(
    st.text(st.characters(exclude_characters="%", exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.integers(0, 2**31),
)
def test_a_format_matches_what_it_prints(text: str, number: int) -> None:
    """Whatever the fixed text, the printed line matches and gives the number back."""
    fmt = f"start {text} nr %d"
    message = fmt.replace("%d", str(number)).strip()
    if "\n" in text or message != " ".join(message.split()) or "\\n" in text:
        return
    found = captures(fmt, message, names=["nr"])
    assert {"nr": number} == found


def test_hostile_line_is_linear() -> None:
    """A megabyte that almost matches over and over takes no longer than a scan of it."""
    line = "path a and " * 100_000
    start = time.process_time()
    assert captures("path %s and %s and %s and %s end %d", line) is None
    assert time.process_time() - start < 5
