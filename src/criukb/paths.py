"""Where the data of the project lies: in the source tree, or inside the installed package."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_data"
ROOT = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent.parent

KB_DIR = ROOT / "kb"
REPORTS_DIR = ROOT / "reports"
TEMPLATES_DIR = ROOT / "templates"
SAMPLE_DIR = REPORTS_DIR / "sample"
FONTS_DIR = TEMPLATES_DIR / "fonts"

BUILD_DIR = Path("build")
STORE_DIR = BUILD_DIR / "store"


def cache_dir() -> Path:
    """Return the folder for what can be computed again, in the user's own cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "criukb"
