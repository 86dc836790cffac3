"""``criukb stats`` over a synthetic history, a sample-like week, and an empty store; and its explanations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from criukb.commands.stats import command
from criukb.commands.stats_explain import TABLES as EXPLAINED
from criukb.commands.stats_history import TABLES as HISTORY
from criukb.commands.stats_notes import SYNTHETIC
from criukb.commands.stats_tables import TABLES
from criukb.errors import CriukbError
from criukb.kb.base import load_kb
from criukb.kb.langs import LANGS
from criukb.publish.statistics import explanations
from criukb.runs.synthetic import Scenario, truth, write_history
from storefakes import make_store, many

__all__ = ["make_store"]
Maker = Callable[..., Path]
SCENARIO = Scenario(
    seed=3,
    weeks=12,
    runs=120,
    tests=12,
    jobs=2,
    retry=0.6,
    duration_shifts=3,
    regressions=3,
    flaky=3,
    fixes=3,
    bursts=0,
)
RATED = {"run", "criu_version", "test", *TABLES, *HISTORY} - {"cause", "control"}


@pytest.fixture(autouse=True)
def _small_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """No entry is needed here, and reading the real ones for every call takes long."""
    base = load_kb([], base=None)
    monkeypatch.setattr("criukb.kb.base.load_kb", lambda _extra=(): base)


def call(*args: object) -> str:
    result = CliRunner().invoke(command, [str(a) for a in args])
    if isinstance(result.exception, CriukbError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(store: Path, by: str, *args: object) -> list[dict[str, Any]]:
    return json.loads(call("--store", store, "--by", by, "--format", "json", *args))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stats") / "store"
    write_history(SCENARIO, path, compact=True)
    return path


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("by", sorted({*TABLES, *HISTORY}))
def test_every_table(store: Path, by: str, lang: str) -> None:
    """Each table prints in both languages, names its window, and says on its face that the data is synthetic."""
    text = call("--store", store, "--by", by, "--lang", lang)
    assert SYNTHETIC[lang] in text
    assert {"en": "Window: ", "zh": "统计窗口："}[lang] in text


@pytest.mark.parametrize("by", sorted(RATED))
def test_figures_have_denominators_and_ends(store: Path, by: str) -> None:
    """Every row has an interval around its value, and whole counts."""
    for row in rows(store, by, *(["--week", "2026-W08"] if by == "regressions" else [])):
        value = next(row[name] for name in ("ratio" if by == "durations" else "rate", "remaining") if name in row)
        if value is not None and row["low"] is not None:
            assert row["low"] <= value <= row["high"]
        assert all(isinstance(row[n], int) for n in ("ran", "commits", "runs", "chances", "pairs") if n in row)


def test_regressions_are_found_in_their_week(store: Path) -> None:
    """Each seeded regression is listed in the week after it began; no stable test with a rate of zero is."""
    told = truth(SCENARIO)
    seeded = {(e["test"], e["flavor"]): e["from"]["started_at"][:10] for e in told["regressions"]}
    found = {(r["test"], r["flavor"]) for r in rows(store, "changes") if r["rate"] > r["rate_before"]}
    assert set(seeded) <= found


def test_one_week_is_not_enough(make_store: Maker) -> None:
    """With one week nothing is compared, which is said, and no test is called free of regressions."""
    store = make_store(many("a", 9, 1), many("b", 9, 1))
    for by in ("regressions", "changes", "durations", "flakes"):
        assert call("--store", store, "--by", by, "--lang", "en").startswith("Not enough data: ")
        assert rows(store, by) == []
    assert {r["verdict"] for r in rows(store, "verdict")} == {"no-data"}


def test_an_empty_store_is_no_green(tmp_path: Path) -> None:
    """No table of an empty store reads as a good result."""
    for by in sorted({*TABLES, *HISTORY}):
        text = call("--store", tmp_path, "--by", by, "--lang", "en")
        assert "No rows: there is no data." in text or "Not enough data" in text, by


@pytest.mark.parametrize("lang", LANGS)
def test_every_statistic_is_explained(lang: str) -> None:
    """Each table names statistics with formula and source; 'all' lists every one."""
    assert set(EXPLAINED) == {*TABLES, *HISTORY} - {"cause"}
    for name in [*EXPLAINED, *explanations("en")]:
        text = call("--explain", name, "--lang", lang)
        assert {"en": "Source: ", "zh": "出处："}[lang] in text
    assert call("--explain", "all", "--lang", lang).count("\n") == len(explanations("en"))


def test_an_unknown_statistic_is_refused() -> None:
    """The names that there are stand in the hint."""
    with pytest.raises(CriukbError, match="no statistic") as caught:
        call("--explain", "magic")
    assert "wilson" in caught.value.faults[0].hint
