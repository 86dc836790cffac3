"""``criukb stats --explain``: what a statistic says, its formula and its source."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from criukb.errors import CriukbError
from criukb.kb.langs import Lang
from criukb.publish.statistics import Explanation, explanations

# The tables of criukb stats, by the statistics that they show.
TABLES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("run", "criu_version", "test", "week"), ("wilson",)),
    "regressions": ("regressions", "benjamini_hochberg", "outages"),
    **dict.fromkeys(("flavor", "kernel", "arch", "job"), ("wilson", "differences", "benjamini_hochberg")),
    "flakes": ("same_commit_flakes", "flip_rate"),
    "changes": ("change_point",),
    "lifecycle": ("lifecycle", "fix_proof"),
    "verdict": ("verdicts", "outages", "same_commit_flakes", "fix_proof"),
    "retries": ("retry_table", "independence_of_many"),
    "durations": ("slower", "duration_shift"),
    "cofailures": ("cofailing",),
    "control": ("p_chart",),
}
_LABELS = {"en": ("How", "Source"), "zh": ("算法", "出处")}
_COLON = {"en": ": ", "zh": "："}


def explanation(name: str, lang: str) -> str:
    """Return the explanation of a statistic or of a table's statistics; ``all`` lists every name.

    Raises CriukbError for a name that is neither.
    """
    found = explanations(cast("Lang", lang))
    if name == "all":
        return "\n".join(f"{key}{_COLON[lang]}{one.name}" for key, one in found.items())
    keys = TABLES.get(name) or ((name,) if name in found else ())
    if not keys:
        names = ", ".join(sorted({*found, *TABLES}))
        raise CriukbError.at(Path(name), "no statistic and no table of this name", f"use all, or one of: {names}")
    return "\n\n".join(_text(key, found[key], lang) for key in keys)


def _text(key: str, one: Explanation, lang: str) -> str:
    how, source = _LABELS[lang]
    return f"{one.name} ({key})\n{one.says}\n{how}{_COLON[lang]}{one.how}\n{source}{_COLON[lang]}{one.source}"
