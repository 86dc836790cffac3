"""Coverage-guided fuzzing of the parsers and the diagnosis with the real knowledge base.

Atheris is no dependency of the project: ``pip install atheris`` in a virtual environment beside it, then

    python tests/fuzz/fuzz_diagnose.py --seeds build/fuzz        # once: the entries' logs as first inputs
    python tests/fuzz/fuzz_diagnose.py build/fuzz -max_total_time=600 -timeout=5 -rss_limit_mb=2048

A crash or a hang leaves a file; put its text into tests/fuzz/found/, where test_found.py reads it for ever after.
The first byte of an input chooses the target, the rest is the log.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if "--seeds" not in sys.argv:
    import atheris

    with atheris.instrument_imports(include=["criukb"], enable_loader_override=False):
        from criukb.logs import cells, criu, scan, scan_file, split, unwrap
        from criukb.match import diagnose
else:
    from criukb.logs import cells, criu, scan, scan_file, split, unwrap
    from criukb.match import diagnose


def _parse(data: bytes, _: diagnose.Diagnoser) -> None:
    lines = data.decode("utf-8", "replace").splitlines()
    assert all(1 <= event.line <= len(lines) for event in criu.parse_lines(lines).events)


def _unwrap(data: bytes, _: diagnose.Diagnoser) -> None:
    names: dict[str, None] = {}
    assert unwrap.unwrap(data.decode("utf-8", "replace"), names)


class _Here:
    """Reads a part in this process: a copy of a fuzzer's process is slow."""

    def __init__(self, *place: Any) -> None:
        self._found = scan_file.read_part(*place)

    def part(self) -> scan.Part:
        """Return what was found."""
        return self._found

    def end(self) -> None:
        """Do nothing."""


def _scan(data: bytes, _: diagnose.Diagnoser) -> None:
    """One piece, two, three and a stream agree, whatever the size of a cell."""
    wanted = scan.Wanted(["Error", "Warn", "\\n("], ["Version: "], ["iptables"])
    bounds = {(cells, "BLOCK"): 8 + data[0] if data else 8, (cells, "MAX_LINE"): 40, (scan, "FIRST_LINES"): 5}
    bounds |= {(scan, "LAST_LINES"): 2, (scan, "LAST_BYTES"): 100, (scan_file, "_Copy"): _Here}
    before = {place: getattr(*place) for place in bounds}
    descriptor = os.memfd_create("log")
    try:
        os.write(descriptor, data)
        for place, value in bounds.items():
            setattr(*place, value)
        streamed = scan.scan_stream(io.BytesIO(data), wanted)
        assert all(scan_file.scan_file(descriptor, 0, wanted, count) == streamed for count in (1, 2, 3))
    finally:
        for place, value in before.items():
            setattr(*place, value)
        os.close(descriptor)
    numbers = [number for number, _ in streamed.lines]
    assert numbers == sorted(set(numbers))
    assert not numbers or numbers[-1] <= streamed.total
    assert len(numbers) + streamed.left_out <= streamed.total


def _split(data: bytes, diagnoser: diagnose.Diagnoser) -> None:
    for part in split.split_log(data.decode("utf-8", "replace").splitlines()):
        answer = diagnoser.diagnose(part.lines).shifted(part.offset)
        assert not answer.cause or part.line(answer.cause.lines[0]) is not None


def _diagnose(data: bytes, diagnoser: diagnose.Diagnoser) -> None:
    answer = diagnoser.diagnose(data.decode("utf-8", "replace").splitlines())
    assert answer.to_json("x")["verdict"] in {"known", "unknown", "clean"}
    assert (answer.verdict == "known") == (answer.cause is not None)


def _stream(data: bytes, diagnoser: diagnose.Diagnoser) -> None:
    assert diagnoser.diagnose_stream(io.BytesIO(data)).to_json("x")["verdict"] in {"known", "unknown", "clean"}


TARGETS: tuple[Callable[[bytes, diagnose.Diagnoser], None], ...] = (_parse, _unwrap, _scan, _split, _diagnose, _stream)


def run_one(data: bytes, diagnoser: diagnose.Diagnoser) -> None:
    """Run the target that the first byte of ``data`` chooses on the rest."""
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:], diagnoser)


def _write_seeds(folder: Path) -> None:
    from criukb.paths import KB_DIR  # noqa: PLC0415 - only here

    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(KB_DIR.glob("entries/*/*/logs/*.log"))):
        seed = bytes([number % len(TARGETS)]) + path.read_bytes()
        (folder / f"{path.parents[1].name}-{path.stem}").write_bytes(seed)


def main() -> None:
    """Write the seeds, or fuzz until the time is over."""
    if "--seeds" in sys.argv:
        _write_seeds(Path(sys.argv[-1]))
        return
    diagnoser = diagnose.Diagnoser.load()
    atheris.Setup(sys.argv, lambda data: run_one(data, diagnoser))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
