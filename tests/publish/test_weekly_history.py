"""The report's sections on time: over a synthetic history with a known truth, and over too little data."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from criukb.kb.base import KnowledgeBase, load_kb
from criukb.kb.langs import LANGS, Lang
from criukb.publish.blocks import Blocks, Markdown
from criukb.publish.figure import Figure
from criukb.publish.weekly import Weekly
from criukb.runs.synthetic import Scenario, truth, write_history
from criukb.stats.history import iso_week
from criukb.stats.measures import Measures
from storefakes import START, many, row

WEEK = "2026-W48"
HISTORY = ("regressions", "lives", "verdicts", "retrying", "trend")
SCENARIO = Scenario(
    seed=3, weeks=12, runs=144, tests=15, jobs=2, flavors=("h",), base_rates=((1, 0.0),), retry=0.5, flaky=2,
    regressions=1, regression_rate=0.9, fixes=1, bursts=0, configured=0, groups=0, duration_shifts=0, outages=1,
)  # fmt: skip
Maker = Callable[..., Path]


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    return load_kb([], base=None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weekly") / "store"
    write_history(SCENARIO, path, compact=True)
    return path


@pytest.fixture(scope="module")
def last_week(store: Path) -> str:
    return Measures(store).weeks()[-1]


def text_of(blocks: Blocks) -> str:
    return "\n\n".join(item.text if isinstance(item, Markdown) else item.alt for item in blocks.items)


def named(kind: str) -> list[str]:
    """Return the tests that have a role in the synthetic history."""
    return [case["test"] for case in truth(SCENARIO)["cases"] if case["kind"] == kind]


def test_a_seeded_regression_is_named_in_its_week(store: Path, kb: KnowledgeBase) -> None:
    """It stands in the table with both shares, and the glance counts it; nothing else is listed."""
    (event,) = truth(SCENARIO)["regressions"]
    week = iso_week(SCENARIO.start.fromisoformat(event["from"]["started_at"]))
    report = Weekly(kb, Measures(store), week, "en")
    assert re.findall(r"^\| `(\S+)`", text_of(report.regressions()), re.MULTILINE) == [event["test"]]
    assert "One test fails significantly more often" in text_of(report.glance())


def test_changes_lie_where_they_were_put(store: Path, kb: KnowledgeBase, last_week: str) -> None:
    """A change in the middle of a week is found there or in the next week, the first one wholly after it."""
    text = text_of(Weekly(kb, Measures(store), last_week, "en").trend())
    told = truth(SCENARIO)
    ends = [(event, event["from"]) for event in told["regressions"]]
    ends += [(event, event["until"]) for event in told["fixes"]]
    for event, moment in ends:
        line = next(line for line in text.splitlines() if line.startswith(f"| `{event['test']}`"))
        weeks = re.findall(r"\d{4}-W\d\d", line)
        begun = SCENARIO.start.fromisoformat(moment["started_at"])
        assert min(weeks) <= iso_week(begun + timedelta(weeks=1))
        assert iso_week(begun) <= max(weeks)


def test_verdicts_name_the_flaky_and_the_broken(store: Path, kb: KnowledgeBase, last_week: str) -> None:
    """Seeded flakes stand in the table of flaky tests with their evidence; tests without failures do not."""
    text = text_of(Weekly(kb, Measures(store), last_week, "en").verdicts())
    listed = set(re.findall(r"^\| `(\S+)`", text, re.MULTILINE))
    assert set(named("flaky")) <= listed
    assert not listed & set(named("stable"))
    assert "both results on" in text


@pytest.mark.parametrize("lang", LANGS)
def test_synthetic_data_says_so_on_every_face(store: Path, kb: KnowledgeBase, last_week: str, lang: Lang) -> None:
    """The page begins with it; each picture says it in title, alt text and caption."""
    report = Weekly(kb, Measures(store), last_week, lang)
    mark = {"en": "Synthetic data", "zh": "合成数据"}[lang]
    assert f'!!! warning "{mark}"' in text_of(report.glance())
    cells = (report.outcomes(), report.why(), report.contrast(), report.trend())
    figures = [item for blocks in cells for item in blocks.items if isinstance(item, Figure)]
    assert {"weekly-control", "outcomes-per-run"} <= {figure.id for figure in figures}
    assert all(figure.alt.startswith(mark) and figure.caption.startswith(mark) for figure in figures)
    assert len({figure.id for figure in figures}) == len(figures)


def test_what_was_measured_is_not_called_synthetic(make_store: Maker, kb: KnowledgeBase) -> None:
    """Without the mark in the store there is none on the page."""
    report = Weekly(kb, Measures(make_store(many("a", 9, 1))), WEEK, "en")
    assert "ynthetic data" not in text_of(report.glance()) + text_of(report.outcomes())


@pytest.mark.parametrize("lang", LANGS)
def test_one_week_shows_no_empty_sections_and_says_why(make_store: Maker, kb: KnowledgeBase, lang: Lang) -> None:
    """Each section that the data cannot carry is left out and named with its numbers."""
    report = Weekly(kb, Measures(make_store(many("a", 9, 1), many("b", 9, 1))), WEEK, lang)
    assert [text_of(getattr(report, cell)()) for cell in HISTORY] == [""] * len(HISTORY)
    text = text_of(report.missing())
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == len(HISTORY)
    assert all(re.search(r"\d|no runs|没有任何", line) for line in lines)


def test_many_runs_are_bounded(make_store: Maker, kb: KnowledgeBase) -> None:
    """A week of many runs lists the last ones and counts the others."""
    store = make_store([row(f"r{n:03}", "t", "pass", started_at=START) for n in range(70)])
    text = text_of(Weekly(kb, Measures(store), WEEK, "en").run_list())
    assert text.count("\n| synthetic") == 60
    assert "10 earlier runs of this week are left out here." in text
