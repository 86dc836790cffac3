"""Finding and reading inputs: plain or compressed, within limits, with errors that say the next step."""

from __future__ import annotations

import hashlib
from pathlib import Path

from criukb.errors import CriukbError
from criukb.logs.reader import read_bytes
from criukb.runs.sources import DEFAULT_LIMIT, HEAD, NAMES, source_named

_ENDINGS = tuple(f".console.log{ending}" for ending in ("", ".gz", ".xz", ".bz2", ".zst"))


def find_inputs(path: Path, source: str | None = None) -> list[Path]:
    """Return ``path``, or the consoles (``*.console.log``, also compressed) in the folder ``path``, sorted by name.

    A folder of one run, such as a report directory, is an input itself. ``source`` is the format where it is known.
    """
    if not path.exists() and str(path) != "-":
        raise CriukbError.at(path, "does not exist", "give a console, or a folder with *.console.log files")
    if not path.is_dir() or _is_input(path, source):
        return [path]
    found = sorted(p for p in path.iterdir() if p.is_file() and p.name.endswith(_ENDINGS))
    if not found:
        raise CriukbError.at(path, "no console in this folder", "consoles are named *.console.log (.gz, .xz, .zst)")
    return found


def _is_input(folder: Path, source: str | None) -> bool:
    return any(source_named(name).fits(folder, b"") for name in ([source] if source else NAMES))


def read_input(path: Path, limit: int = DEFAULT_LIMIT) -> bytes:
    """Return the content of ``path``, decompressed by its first bytes; none of a folder. LF ends the lines of a text.

    Raises CriukbError for an unreadable, empty, truncated, damaged or too large file.
    """
    if path.is_dir():
        return b""
    data = read_bytes(path, limit)
    if not data.strip():
        raise CriukbError.at(path, "the file is empty", "give a console with the output of zdtm.py, or a report")
    return data if b"\0" in data[:HEAD] else data.replace(b"\r\n", b"\n")


def run_id(job: str, content: bytes) -> str:
    """Return the run's id: the same console of the same job is the same run, however it was compressed."""
    digest = hashlib.sha256(job.encode() + b"\0" + content.rstrip(b"\n"))
    return digest.hexdigest()[:24]
