"""Lint without the real healthy logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.lint import proof_checks


@pytest.fixture(autouse=True)
def _no_healthy_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the real healthy logs out: KB022 over them is part of ``kb lint`` itself."""
    monkeypatch.setattr(proof_checks, "KB_DIR", tmp_path)
