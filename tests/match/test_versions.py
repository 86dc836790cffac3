"""Version ranges."""

from __future__ import annotations

import pytest

from criukb.match.versions import in_range


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("6.18.44", ">=6.16", True),
        ("6.18.44-1-amd64", ">=6.16, <6.18", False),
        ("6.16", ">=6.16", True),
        ("6.16.0", "==6.16", True),
        ("6.160", "==6.16", False),
        ("3.17.1", "<=3.17", True),
        ("v4.2", "<4.2", False),
        ("4.1.1", "<4.2", True),
        ("4.2.1", ">4.2", False),
        ("weird", ">1", None),
    ],
)
def test_in_range(version: str, wanted: str, *, expected: bool | None) -> None:
    """A bound names its whole series; an unreadable version is neither in nor out."""
    assert expected is in_range(version, wanted)
