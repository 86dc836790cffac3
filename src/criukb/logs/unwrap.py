"""Taking a log line out of what CI systems, runtimes and people wrapped around it."""

from __future__ import annotations

import ast
import re

MAX_LAYERS = 6
MAX_PARTS = 20_000

# Each removes one layer from the front of a line; the record behind it must still make sense alone.
_PREFIXES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ansi", re.compile(r"^(?:\x1b\[[0-9;]*m)+")),
    ("bom", re.compile(r"^\ufeff")),
    ("github-actions", re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ?(?:##\[\w+\])?")),
    ("autopkgtest", re.compile(r"^\s{0,6}\d{1,6}s (?=\S)")),
    ("jenkins", re.compile(r"^(?:\[\d{4}-\d\d-\d\dT[\d:.]+Z\]|\[OUT\]) ")),
    ("quote", re.compile(r"^\s{0,3}> ?(?!\s*\()|^\s{0,3}> ?(?=\(\d)")),
    ("go-test", re.compile(r"^\s*[\w./-]+_test\.go:\d+: ")),
    ("grep-n", re.compile(r"^(?:[\w./-]+\.log:)?\d{1,9}[:-](?=\(\d+\.\d+\))")),
)
_LOGRUS = re.compile(r'^\s*time="?[^" ]+"? level=\w+ msg="(?P<msg>(?:[^"\\]|\\.)*)"')
_BYTES = re.compile(r"""^\s*b(?P<quote>['"]).*(?P=quote)\s*$""", re.DOTALL)
_ESCAPED_NEWLINE = re.compile(r"\\r?\\n|\\n")
_RECORD_HEAD = re.compile(r"\\n\(\d+\.\d+\)|\\nError|\\nWarn")


def unwrap(raw: str, wrappers: dict[str, None]) -> list[str]:
    """Return the inner lines of ``raw`` and add the names of the removed wrappers to ``wrappers`` in order."""
    text = raw.rstrip("\r\n")
    for _ in range(MAX_LAYERS):
        inner = _peel(text, wrappers)
        if inner is None:
            break
        text = inner
    if _RECORD_HEAD.search(text):
        wrappers["escaped-newlines"] = None
        return _ESCAPED_NEWLINE.split(text)[:MAX_PARTS]
    return [text]


def _peel(text: str, wrappers: dict[str, None]) -> str | None:
    if _BYTES.match(text):
        inner = _decode_bytes(text.strip())
        if inner is not None:
            wrappers["zdtm-bytes"] = None
            return inner
    found = _LOGRUS.match(text)
    if found:
        wrappers["logrus"] = None
        return found["msg"].replace('\\"', '"').replace("\\t", "\t")
    for name, pattern in _PREFIXES:
        found = pattern.match(text)
        if found and found.end():
            wrappers[name] = None
            return text[found.end() :]
    return None


def _decode_bytes(text: str) -> str | None:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None
