"""What each statistic says, its formula and its source: one text per language, for the page and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from criukb.kb.langs import Lang
from criukb.kb.yamltext import read_yaml
from criukb.paths import TEMPLATES_DIR


@dataclass(frozen=True, slots=True)
class Explanation:
    """One statistic: its name, what it says, how it is computed, and where the method comes from."""

    name: str
    says: str
    how: str
    source: str


@cache
def explanations(lang: Lang) -> dict[str, Explanation]:
    """Return every statistic by its key, in the order of ``templates/locale/statistics.<lang>.yaml``."""
    data = read_yaml(TEMPLATES_DIR / "locale" / f"statistics.{lang}.yaml").data
    return {str(key): Explanation(**value) for key, value in (data or {}).items()}
