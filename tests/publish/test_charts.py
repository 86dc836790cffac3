from __future__ import annotations

from collections.abc import Callable

import pytest

from criukb.errors import CriukbError
from criukb.kb.base import load_kb
from criukb.kb.langs import LANGS, Lang
from criukb.publish import charts, diagrams
from criukb.publish.charts import Bar, RunBar
from criukb.publish.figure import Figure
from criukb.publish.retry_chart import retry_curve
from criukb.publish.texts import Texts, texts
from criukb.stats.figures import Counts
from criukb.stats.rates import rate

RUNS = [
    RunBar("synthetic $a$ 1", Counts({"pass": 90, "fail": 7, "timeout": 2, "aborted": 1, "not-run": 3, "skip": 4})),
    RunBar("synthetic 2", Counts({"pass": 7})),
]
BARS = [Bar("套接字", 3), Bar("b", 12), Bar("unknown", 2, known=False)]
RATES = [("4.1.1", rate(10, 100)), ("4.2", rate(0, 0))]
MAKERS: dict[str, Callable[[Texts], Figure]] = {
    "outcomes": lambda t: charts.outcomes_per_run(RUNS, t, "synthetic"),
    "causes": lambda t: charts.failures_by_cause(BARS, t, "synthetic"),
    "rates": lambda t: charts.rates("rates", "versions", RATES, t, "synthetic", kernel="Linux 6.18"),
    "hits": lambda t: charts.rates("hits", "hits", RATES, t, "synthetic"),
    "retry": retry_curve,
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", MAKERS)
def test_a_chart_is_the_same_twice_and_stands_alone(name: str, lang: Lang) -> None:
    first, second = (MAKERS[name](texts(lang)) for _ in range(2))
    assert first == second
    assert first.svg.startswith(b"<svg ")
    for forbidden in (b"<script", b"<text", b"<image", b'href="http', b"<metadata", b"date"):
        assert forbidden not in first.svg
    assert first.alt
    assert first.caption


def test_the_table_says_what_the_chart_draws() -> None:
    t = texts("en")
    outcomes = MAKERS["outcomes"](t)
    assert outcomes.table is not None
    assert outcomes.table.rows[0] == ("synthetic $a$ 1", "90", "7", "2", "1", "3", "4")
    assert outcomes.data["synthetic $a$ 1"] == RUNS[0].counts.by_outcome
    causes = MAKERS["causes"](t)
    assert causes.table is not None
    assert {row[0]: int(row[1]) for row in causes.table.rows} == causes.data == {"b": 12, "套接字": 3, "unknown": 2}
    rates = MAKERS["rates"](t)
    assert rates.table is not None
    assert rates.table.rows[0][:3] == ("4.1.1", "10", "100")
    assert rates.table.rows[1][3:] == ("no data", "no data")


def test_many_causes_are_cut_and_their_sum_is_kept() -> None:
    figure = charts.failures_by_cause([Bar(f"c{n}", 1) for n in range(20)], texts("en"), "synthetic", top=5)
    assert figure.data["15 more causes"] == 15


def test_skipped_and_never_run_tests_are_no_passes_and_timeouts_are_failures() -> None:
    assert "10 of 100" in MAKERS["outcomes"](texts("en")).alt


def test_a_missing_glyph_is_an_error() -> None:
    with pytest.raises(CriukbError, match=r"no glyph for ꙮ \(U\+A66E\)"):
        charts.rates("x", "versions", RATES, texts("en"), "", kernel="ꙮ")


def test_labels_from_outside_cannot_break_a_chart() -> None:
    figure = charts.outcomes_per_run([RunBar("\U0001f600 $\\frac{$ <b>" * 50, Counts({"pass": 1}))], texts("en"), "")
    assert b"<b>" not in figure.svg.split(b"</title>", 1)[1]


@pytest.mark.parametrize("lang", LANGS)
def test_every_diagram_of_the_base_can_be_drawn(lang: Lang) -> None:
    for folder in load_kb().entries.values():
        for diagram in folder.entry.diagrams:
            figure = diagrams.sequence(diagram, lang, texts(lang))
            assert figure.table is not None
            assert len(figure.table.rows) == len(diagram.steps)
