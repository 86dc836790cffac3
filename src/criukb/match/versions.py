"""Version ranges such as ``>=6.16`` or ``>=3.0, <4.1``."""

from __future__ import annotations

from criukb.logs.lazy import lazy

_PART = lazy(r"\s*(>=|<=|==|<|>)\s*v?(\d+(?:\.\d+)*)\s*")
_VERSION = lazy(r"v?(\d+(?:\.\d+)*)")


def version_key(text: str) -> tuple[int, ...] | None:
    """Return the leading numbers of a version (``6.18.44-1-amd64`` -> (6, 18, 44)), without trailing zeros."""
    found = _VERSION.match(text.strip())
    if not found:
        return None
    numbers = [int(part[:9]) for part in found[1].split(".")[:6]]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def in_range(version: str, wanted: str) -> bool | None:
    """Whether ``version`` lies in the range ``wanted``; None when the version cannot be read."""
    actual = version_key(version)
    if actual is None:
        return None
    return all(_holds(actual, operator, limit) for operator, limit in _PART.findall(wanted))


def _holds(actual: tuple[int, ...], operator: str, limit: str) -> bool:
    bound = version_key(limit) or ()
    if operator == ">=":
        return actual >= bound
    if operator == "<=":
        # "<=3.17" also means 3.17.1: the bound names the whole series.
        return actual <= bound or actual[: len(bound)] == bound
    if operator == "==":
        return actual[: len(bound)] == bound
    if operator == "<":
        return actual < bound
    return actual > bound and actual[: len(bound)] != bound
