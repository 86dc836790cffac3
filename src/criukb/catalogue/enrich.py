"""More about errors that no entry knows: function and format from the user's source catalogues, and near entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from criukb.catalogue.cache import cached
from criukb.catalogue.describe import describe, narrow, nearest
from criukb.catalogue.model import Catalogue
from criukb.match.compiled import CompiledBase
from criukb.match.result import Diagnosis, UnknownLine
from criukb.match.versions import version_key

MIN_PAIRS = 2
# A format such as "%d" would fit anything.
MIN_FIXED = 8
_CONVERSION = re.compile(r"%[^a-zA-Z%]*(?:ll|l|h|z|j)?[a-zA-Z%]")
_MAX_LINES = 10


def about_unknown(diagnosis: Diagnosis, base: CompiledBase) -> list[dict[str, Any]]:
    """Return for each unknown line ``near`` (ids, never answers) and, with a catalogue, ``function`` and ``format``."""
    catalogue = _best_catalogue(diagnosis, cached())
    return [_about(line, base, catalogue) for line in diagnosis.unknown[:_MAX_LINES]]


def _about(line: UnknownLine, base: CompiledBase, catalogue: Catalogue | None) -> dict[str, Any]:
    near = [{"id": row.id, "similarity": row.similarity} for row in nearest(line.message, base)]
    row: dict[str, Any] = {"near": near}
    call = describe(line.file, line.source_line, line.message, catalogue) if catalogue else None
    if call and catalogue and len(_CONVERSION.sub("", call.format).strip()) >= MIN_FIXED:
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
    wanted = version_key(diagnosis.facts.get("criu", ""))
    same = [c for c in catalogues if wanted and version_key(c.release) == wanted]
    if same:
        return same[0]
    best = narrow(diagnosis.pairs, catalogues)[0][0]
    return next(c for c in catalogues if c.release == best)
