"""The sentences of charts, articles and reports: one YAML table per language with equal keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from criukb.errors import CriukbError, Fault, Place
from criukb.kb.langs import LANGS, Lang
from criukb.kb.yamltext import read_yaml
from criukb.paths import TEMPLATES_DIR

LOCALE_DIR = TEMPLATES_DIR / "locale"
_FIELD = re.compile(r"\{([a-z_]+)(?::[^{}]*)?\}")
# Full-width punctuation stands without spaces, also where a filled field begins or ends with it.
_WIDE = "\uff0c\u3002\uff1a\uff1b\uff1f\uff01\uff08\uff09\u300c\u300d\u300a\u300b\u3001"
_TIGHT = re.compile(rf"(?<=[{_WIDE}]) (?=\S)|(?<=\S) (?=[{_WIDE}])")
_HE = re.compile(r"(?<=[A-Za-z0-9`%])\u548c(?=[A-Za-z0-9`])")
_ON_CHARTS = re.compile(r"chart\.\w+\.(?:title|caption|alt)\Z")
_Value = str | dict[str, str]


class Texts:
    """The sentences of one language.

    A value is a text with ``{name}`` fields, or a pair ``one``/``other`` chosen by the field ``n``.
    """

    def __init__(self, lang: Lang, table: Mapping[str, _Value], *, synthetic: bool = False) -> None:
        self.lang = lang
        self._table = table
        self.synthetic = synthetic

    def marked(self, synthetic: bool) -> Texts:
        """Return the same sentences; for ``synthetic`` data every chart's title, caption and alt text say so."""
        return Texts(self.lang, self._table, synthetic=synthetic)

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence ``key`` with its fields filled; KeyError when key or field is missing."""
        value = self._table[key]
        if isinstance(value, dict):
            value = value["one" if values["n"] == 1 else "other"]
        text = value.format(**values)
        if self.synthetic and _ON_CHARTS.match(key):
            text = f"{self._table['figure.synthetic']}{text}"
        return _TIGHT.sub("", text) if self.lang == "zh" else text

    def percent(self, rate: float) -> str:
        """Write a rate (0 to 1) as per cent; never as 100 or 0 when it is neither."""
        return percent(rate) if self.lang == "zh" else percent(rate, "\u00a0")

    def __contains__(self, key: object) -> bool:
        return key in self._table

    def get(self, key: str, default: str) -> str:
        """Return the sentence ``key`` without fields, or ``default``."""
        return self(key) if key in self._table else default

    def group(self, prefix: str) -> dict[str, str]:
        """Return the plain sentences below ``prefix.`` by their last part."""
        return {k[len(prefix) + 1 :]: str(v) for k, v in self._table.items() if k.startswith(f"{prefix}.")}

    def share(self, part: int, whole: int) -> str:
        """Write ``part of whole`` with the percentage: numerator and denominator are never lost."""
        if not whole:
            return self("figure.none")
        return self("figure.share", part=number(part), whole=number(whole), percent=self.percent(part / whole))

    def interval(self, low: float, high: float) -> str:
        """Write an interval of two rates (0 to 1)."""
        return self("figure.interval", low=self.percent(low), high=self.percent(high))

    def listing(self, items: list[str]) -> str:
        """Join ``items`` as the language does."""
        if not items[1:]:
            return "".join(items)
        joined = self("list.comma").join(items[:-1]) + self("list.and") + items[-1]
        return _HE.sub(" \u548c ", joined) if self.lang == "zh" else joined


def number(value: int) -> str:
    """Write a count with thousands separators."""
    return f"{value:,}"


_WHOLE_FROM, _WHOLE_TO, _SMALL = 9.95, 99.5, 0.1  # per cent: without decimals between the first two


def percent(rate: float, space: str = "") -> str:
    """Write a rate (0 to 1) as per cent: a decimal below 10, and no rounding to 0 or 100."""
    value = rate * 100
    if _WHOLE_FROM <= value < _WHOLE_TO or value in {0, 100}:
        # Half a per cent goes up, as readers expect, not to the even neighbour.
        digits = f"{int(value + 0.5)}"
    elif value >= _WHOLE_TO:
        digits = f"{min(value, 99.9):.1f}"
    else:
        digits = f"{value:.1f}" if value >= _SMALL else f"{Decimal(f'{value:.2g}'):f}"
    return f"{digits}{space}%"


def _flatten(data: object, prefix: str = "") -> dict[str, _Value]:
    table: dict[str, _Value] = {}
    for key, value in (data or {}).items() if isinstance(data, dict) else ():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            table.update(_flatten(value, f"{name}."))
        else:
            table[name] = value
    return table


def fields(value: _Value) -> frozenset[str]:
    """Return the names of the fields of a sentence; both numbers of a pair count together."""
    texts = value.values() if isinstance(value, dict) else [value]
    return frozenset(name for text in texts for name in _FIELD.findall(text)) - {"n"}


def differences(tables: Mapping[str, Mapping[str, _Value]], folder: Path = LOCALE_DIR) -> list[Fault]:
    """Return a fault for every key or field that one language has and another lacks."""
    faults = []
    everything = sorted({key for table in tables.values() for key in table})
    for lang, table in tables.items():
        place = Place(folder / f"report.{lang}.yaml")
        faults += [Fault(place, f"{key} is missing", "write the sentence") for key in everything if key not in table]
    for key in everything:
        names = {fields(table[key]) for table in tables.values() if key in table}
        if len(names) > 1:
            faults.append(Fault(Place(folder), f"{key} has other fields per language", "use the same {fields}"))
    return faults


def load_tables(folder: Path = LOCALE_DIR) -> dict[Lang, dict[str, _Value]]:
    """Read the tables; raise CriukbError when their keys or fields differ."""
    tables = {lang: _flatten(read_yaml(folder / f"report.{lang}.yaml").data) for lang in LANGS}
    faults = differences({str(lang): table for lang, table in tables.items()}, folder)
    if faults:
        raise CriukbError(faults)
    return tables


@cache
def _tables() -> dict[Lang, dict[str, _Value]]:
    return load_tables()


@cache
def texts(lang: Lang) -> Texts:
    """Return the sentences of ``lang``."""
    return Texts(lang, _tables()[lang])
