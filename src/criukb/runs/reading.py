"""Finding and reading consoles: plain or compressed, within limits, with errors that say the next step."""

from __future__ import annotations

import hashlib
from pathlib import Path

from criukb.errors import CriukbError
from criukb.logs.reader import read_bytes

DEFAULT_LIMIT = 256 * 1024 * 1024
_SNIFF = 8192
_ENDINGS = tuple(f".console.log{ending}" for ending in ("", ".gz", ".xz", ".bz2", ".zst"))


def find_consoles(path: Path) -> list[Path]:
    """Return ``path``, or the consoles (``*.console.log``, also compressed) in the folder ``path``, sorted by name."""
    if not path.exists():
        raise CriukbError.at(path, "does not exist", "give a console, or a folder with *.console.log files")
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.is_file() and p.name.endswith(_ENDINGS))
    if not found:
        raise CriukbError.at(path, "no console in this folder", "consoles are named *.console.log (.gz, .xz, .zst)")
    return found


def read_console(path: Path, limit: int = DEFAULT_LIMIT) -> bytes:
    """Return the content of ``path``, decompressed by its first bytes, with LF line ends.

    Raises CriukbError for an unreadable, empty, binary, truncated, damaged or too large file.
    """
    data = read_bytes(path, limit)
    if not data.strip():
        raise CriukbError.at(path, "the file is empty", "give a console with the output of zdtm.py")
    if b"\0" in data[:_SNIFF]:
        raise CriukbError.at(path, "this is no console: it holds binary data", "give the text that zdtm.py printed")
    return data.replace(b"\r\n", b"\n")


def run_id(job: str, content: bytes) -> str:
    """Return the run's identity: the same console of the same job is the same run, however it was compressed."""
    digest = hashlib.sha256(job.encode() + b"\0" + content.rstrip(b"\n"))
    return digest.hexdigest()[:24]
