"""Inputs that fuzzing found, and a short run of the fuzz targets over all logs of the base."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from kblogs import diagnoser_of_the_base, match_logs

HERE = Path(__file__).parent
FOUND = sorted((HERE / "found").glob("*"))


@pytest.fixture(scope="module")
def targets() -> ModuleType:
    """The fuzz program, imported as it is for making seeds, which needs no atheris."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fuzz_diagnose.py", "--seeds"])
        spec = importlib.util.spec_from_file_location("fuzz_diagnose", HERE / "fuzz_diagnose.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_found(path: Path, targets: ModuleType) -> None:
    """What once crashed or hung does not."""
    targets.run_one(path.read_bytes(), diagnoser_of_the_base())


def test_targets_accept_real_logs(targets: ModuleType) -> None:
    """Each target's own assertions hold on every log of the base, whole and cut in the middle."""
    for log in match_logs():
        data = "\n".join(log.lines).encode()
        for target in targets.TARGETS:
            target(data, diagnoser_of_the_base())
            target(data[: len(data) // 2], diagnoser_of_the_base())
