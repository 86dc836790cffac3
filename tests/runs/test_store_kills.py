"""Real processes at work in one store, killed at random moments; the program says what it means by lost and doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_ten_kills() -> None:
    """Ten SIGKILLs among eight writers: nothing is lost, doubled or unreadable, and no writer is disturbed by it."""
    command = [sys.executable, str(ROOT / "benchmarks" / "kill_store.py"), "--kills", "10", "--format", "json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert done.returncode == 0
    assert (found["kills"], sum(found["hit"].values())) == (10, 10)
    assert found["readers"].get("wrong", 0) == 0
    assert found["runs left"] > 0
