"""What runs inside a kernel between two notebooks: import the heavy modules once, then start each one clean."""

from __future__ import annotations

import os
import sys
from typing import Any

import matplotlib as mpl
from IPython.core.getipython import get_ipython

import criukb.publish.cells  # noqa: F401 - imported so that it is warm
from criukb.publish import fonts

_BASE: dict[str, Any] = {}


def _shell() -> Any:
    return get_ipython()  # type: ignore[no-untyped-call, unused-ignore]


def warm() -> None:
    """Import what every notebook needs and remember the clean state."""
    fonts.use_font()
    _shell().reset(new_session=True)
    _BASE["rc"] = mpl.rcParams.copy()
    _BASE["environ"] = dict(os.environ)
    _BASE["path"] = list(sys.path)
    _BASE["names"] = frozenset(_names())


def _names() -> list[str]:
    return [name for name in _shell().user_ns if not name.startswith("_")]


def fresh(folder: str) -> None:
    """Clear the namespace, undo what a notebook may have changed, and go to ``folder``.

    Raises:
        RuntimeError: a name of an earlier notebook is still there.
    """
    _shell().reset(new_session=True)
    mpl.rcParams.update(_BASE["rc"])
    os.environ.clear()
    os.environ.update(_BASE["environ"])
    sys.path[:] = _BASE["path"]
    os.chdir(folder)
    left = set(_names()) - _BASE["names"]
    if left:
        raise RuntimeError(f"names of an earlier notebook are left: {', '.join(sorted(left))}")
