"""More about errors that no entry knows: function and format from the user's source catalogues, and near entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from criukb.catalogue.cache import cached
from criukb.catalogue.describe import describe, narrow, nearest
from criukb.catalogue.model import Catalogue
from criukb.match.compiled import CompiledBase
from criukb.match.result import Diagnosis, UnknownLine
from criukb.match.versions import version_key

MIN_PAIRS = 2
_MAX_LINES = 10


def about_unknown(diagnosis: Diagnosis, base: CompiledBase) -> list[dict[str, Any]]:
    """Return for each unknown line ``near`` (ids, never answers) and, with a catalogue, ``function`` and ``format``."""
    catalogue = _best_catalogue(diagnosis, cached())
    exact = catalogue is not None and _same_release(diagnosis, catalogue)
    return [_about(line, base, catalogue, exact=exact) for line in diagnosis.unknown[:_MAX_LINES]]


def _about(line: UnknownLine, base: CompiledBase, catalogue: Catalogue | None, *, exact: bool) -> dict[str, Any]:
    near = [{"id": row.id, "similarity": row.similarity} for row in nearest(line.message, base)]
    row: dict[str, Any] = {"near": near}
    # Only in the very release of the log does a line number name the call.
    call = describe(line.file, line.source_line if exact else None, line.message, catalogue) if catalogue else None
    if call and catalogue:
        row |= {"function": call.function, "format": call.format, "source": catalogue.release}
    return row


def likely_releases(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """Return which of the user's catalogues fit the log's file and line pairs, best first; none without catalogues."""
    catalogues = cached()
    if not catalogues or len(diagnosis.pairs) < MIN_PAIRS:
        return []
    rows = narrow(diagnosis.pairs, catalogues)
    return [{"release": release, "hits": hits, "pairs": total} for release, hits, total in rows if hits]


def _best_catalogue(diagnosis: Diagnosis, catalogues: Sequence[Catalogue]) -> Catalogue | None:
    if not catalogues:
        return None
    same = [catalogue for catalogue in catalogues if _same_release(diagnosis, catalogue)]
    if same:
        return same[0]
    best = narrow(diagnosis.pairs, catalogues)[0][0]
    return next(c for c in catalogues if c.release == best)


def _same_release(diagnosis: Diagnosis, catalogue: Catalogue) -> bool:
    wanted = version_key(diagnosis.facts.get("criu", ""))
    return wanted is not None and version_key(catalogue.release) == wanted
