"""Taking a log line out of what CI systems, runtimes and people wrapped around it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from criukb.logs.lazy import lazy

MAX_LAYERS = 6
MAX_PARTS = 20_000
MAX_DEPTH = 3
_MAX_KEPT = 200

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)"
_LEVEL = r"(?:Error|Warn ) ?\("
_GREPPED = rf"\(\d+\.\d+\)|{_LEVEL}|[A-Za-z_`#=:\t]|[ ]{{2}}|\d\d:\d\d:\d\d\.|\d{{1,10}}: |{_ISO}"
# Each removes one layer from the front of a line; the record behind it must still make sense alone.
_PREFIXES: tuple[tuple[str, str], ...] = (
    ("bom", r"^\ufeff"),
    ("crun", rf"^{_ISO}Z: "),
    ("cri-log", rf"^{_ISO}{_ZONE} (?:stdout|stderr) [FP] "),
    ("syslog", rf"^{_ISO}{_ZONE} [\w.-]{{1,255}} (?:[^\s:\[\]]{{1,100}}\[\d{{1,10}}\]|kernel): "),
    ("syslog", r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,255} [^\s:\[\]]{1,100}(?:\[\d{1,10}\])?: "),
    ("github-actions", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ?(?:##\[\w+\])?"),
    ("timestamp", rf"^\[?{_ISO}{_ZONE}?\]?[ \t]+(?=\S)"),
    ("klog", r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,9} +\d{1,10} [\w./-]{1,200}:\d{1,6}\] "),
    ("logrus", r"^(?:DEBU|INFO|WARN|ERRO|FATA)\[\d{4,}\] "),
    ("autopkgtest", r"^\s{0,6}\d{1,6}s (?=\s*\S)"),
    ("jenkins", r"^\d\d:\d\d:\d\d(?:\.\d{3})? +(?=\S)|^\s*\[OUT\] "),
    ("quote", r"^\s{0,3}> ?(?!\s*\()|^\s{0,3}> ?(?=\(\d)"),
    ("bats", r"^\s{0,4}# (?=\S)"),
    ("list", r"^[-*+] (?=\S)"),
    ("go-test", r"^\s*[\w./-]+_test\.go:\d+: "),
    ("lxc", r"^\s*lxc[\w-]{0,40}:? .{0,300}?\bcriu output: ?"),
    ("lxc", r"^[\w.-]{1,64}: (?=(?:b['\"])?\(\d+\.\d+\)|pie: \d)"),
    # A number alone may be a pid: "12: Error (" has a blank behind it, grep prints none.
    ("grep-n", rf"^(?:[\w./@+-]{{1,255}}[:-])?\d{{1,9}}[:-](?={_GREPPED})"),
    ("grep", rf"^[\w./@+-]{{1,255}}\.(?:log|txt|out)[:-](?=\(\d+\.\d+\)|{_LEVEL})"),
)
# Most lines of a log are CRIU's own; with nothing in front of them there is nothing to try.
_BARE = re.compile(rf"\(\d+\.\d+\)|{_LEVEL}|pie: ")
_ANSI = lazy(r"\x1b\[[0-9;]*[A-Za-z]")
_LOGRUS = lazy(r'^\s*time="?[^" ]+"? level=\w+ ')
_FIELD = lazy(r'\b(?:msg|error|err)="(?P<text>(?:[^"\\]|\\.)*)"')
_RPC = lazy(r"^(?P<head>.*?)\(msg:(?P<text>.*?)(?:\\n|\s)*err:-?\d+\)\s*$", re.DOTALL)
_BYTES = lazy(r"""^\s*b(?P<quote>['"]).*(?P=quote)\s*$""", re.DOTALL)
_CODE = lazy(r"^\s*`{1,3}(?=\s*[^`\s-])(?P<text>.*?)`*\s*$", re.DOTALL)
# runc's own message has a second line, which says where the log is.
_ESCAPED_NEWLINE = lazy(r"\\+(?:r\\+)?n(?!log file|path=)")
_RECORD_HEAD = lazy(rf"\\n[^\\]{{0,100}}?(?:\(\d+\.\d{{3,}}\)|{_LEVEL})")
_ESCAPE = lazy(r"\\+([\"'`t])")
_QUOTE = lazy(r'(?<!\\)"')
_JSON_FIELDS = ("log", "message", "msg", "error", "err")


def unwrap(raw: str, wrappers: dict[str, None]) -> list[str]:
    """Return the inner lines of ``raw`` and add the names of the removed wrappers to ``wrappers`` in order."""
    return _inner(raw.rstrip("\r\n"), wrappers, 0)


def _inner(text: str, wrappers: dict[str, None], depth: int) -> list[str]:
    if "\x1b" in text:
        text = _ANSI.sub("", text)
        wrappers["ansi"] = None
    for _ in range(MAX_LAYERS):
        inner = None if _BARE.match(text) else _peel(text, wrappers)
        if inner is None and text.startswith((" ", "\t")):
            inner = _peel(text.lstrip(), wrappers)
        if inner is None:
            break
        text = inner
    parts = _parts(text, wrappers)
    if len(parts) == 1 or depth >= MAX_DEPTH:
        return parts
    return [line for part in parts for line in _inner(part, wrappers, depth + 1)][:MAX_PARTS]


def _parts(text: str, wrappers: dict[str, None]) -> list[str]:
    """Return the lines of a text that holds several, with real or with escaped line ends."""
    if "\n" in text:
        return text.split("\n", MAX_PARTS)[:MAX_PARTS]
    # CRIU itself prints values with a backslash and an n; only a record behind one tells a line's end.
    if "\\n" not in text or (_BARE.match(text) and not _RECORD_HEAD.search(text)):
        return [text]
    parts = _ESCAPED_NEWLINE.split(text, MAX_PARTS)[:MAX_PARTS]
    if len(parts) == 1:
        return parts
    wrappers["escaped-newlines"] = None
    if len(_QUOTE.findall(parts[0])) % 2:  # the string that began there ends here
        parts[-1] = _QUOTE.split(parts[-1], 1)[0]
    return [_unescaped(part) for part in parts]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\t" if found[1] == "t" else found[1], text) if "\\" in text else text


def _peel(text: str, wrappers: dict[str, None]) -> str | None:
    # What zdtm quotes has a time of its own in each line; the lines around are the same ones in every log.
    remembers = len(text) <= _MAX_KEPT and not text.startswith(("b'", 'b"'))
    found = _kept(text) if remembers else _peeled(text)
    if found is None:
        return None
    wrappers[found[0]] = None
    return found[1]


def _peeled(text: str) -> tuple[str, str] | None:
    """Return the outermost wrapper's name and what stands in it."""
    for name, peel in _LAYERS:
        inner = peel(text)
        if inner is not None:
            return name, inner
    for name, pattern in _prefixes():
        found = pattern.match(text)
        if found and found.end():
            return name, text[found.end() :]
    return None


_kept = lru_cache(maxsize=8192)(_peeled)


@cache
def _prefixes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(source)) for name, source in _PREFIXES)  # a plain log needs none of them


def _zdtm_bytes(text: str) -> str | None:
    if not text.lstrip().startswith(("b'", 'b"')) or not _BYTES.match(text):
        return None
    body = text.strip()
    if body[1] not in body[2:-1] and "\\" not in body and body.isascii() and body.isprintable():
        return body[2:-1]  # most lines need no parser
    import ast  # noqa: PLC0415 - only zdtm's consoles need it

    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None


def _logrus(text: str) -> str | None:
    if not _LOGRUS.match(text):
        return None
    fields = [found["text"] for found in _FIELD.finditer(text)]
    return _joined(_unescaped(field) for field in fields) if fields else None


def _json(text: str) -> str | None:
    if not text.startswith("{") or not text.rstrip().endswith("}"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    fields = [value[name] for name in _JSON_FIELDS if isinstance(value.get(name), str)]
    return _joined(fields) if fields else None


def _rpc(text: str) -> str | None:
    found = _RPC.match(text) if "(msg:" in text else None
    return f"{found['head']}\n{found['text']}" if found else None


def _code(text: str) -> str | None:
    found = _CODE.match(text) if "`" in text else None
    return found["text"] if found else None


def _joined(fields: Iterable[str]) -> str:
    return ": ".join(field.rstrip("\r\n") for field in fields)


_LAYERS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("zdtm-bytes", _zdtm_bytes),
    ("logrus", _logrus),
    ("json", _json),
    ("rpc", _rpc),
    ("code", _code),
)
