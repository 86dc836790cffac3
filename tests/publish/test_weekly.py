from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import kbfactory
from criukb.kb.base import KnowledgeBase
from criukb.kb.langs import LANGS, Lang
from criukb.publish.blocks import Blocks, Markdown
from criukb.publish.markdown import render
from criukb.publish.weekly import Weekly
from criukb.stats.measures import Measures
from storefakes import HOSTILE, START, many, row

WEEK = "2026-W48"
Maker = Callable[..., Path]
KbMaker = Callable[..., KnowledgeBase]
CELLS = (
    "glance", "run_list", "outcomes", "why", "unknown_failures", "regressions", "lives", "flips", "verdicts",
    "retrying", "trend", "contrast", "missing", "how",
)  # fmt: skip
HISTORY = ("regressions", "lives", "verdicts", "retrying", "trend")


def text_of(blocks: Blocks) -> str:
    return "\n\n".join(item.text if isinstance(item, Markdown) else item.alt for item in blocks.items)


def report_text(kb: KnowledgeBase, measures: Measures, lang: Lang) -> str:
    report = Weekly(kb, measures, WEEK, lang)
    return "\n\n".join(text_of(getattr(report, cell)()) for cell in CELLS)


@pytest.mark.parametrize(
    ("lang", "finding", "remedy"),
    [
        (
            "en",
            "CRIU 4.1.1 fails 10 times as often as CRIU 4.2 on Linux 6.18.1",
            "Run CRIU 4.2 or newer on this kernel.",
        ),
        ("zh", "在 Linux 6.18.1 上，CRIU 4.1.1 的失败率是 CRIU 4.2 的 10 倍", "在这个内核上使用 CRIU 4.2 及以后的版本"),
    ],
)
def test_the_figures_bring_out_the_old_release_and_its_remedy(
    old_and_new: tuple[KnowledgeBase, Measures], lang: Lang, finding: str, remedy: str
) -> None:
    text = report_text(*old_and_new, lang)
    assert finding in text
    assert remedy in text
    assert {"en": "CRIU 4.1.1 is older than this kernel.", "zh": "CRIU 4.1.1 比这个内核旧。"}[lang] in text


def test_without_a_recorded_fix_no_remedy_is_claimed(make_store: Maker, make_kb: KbMaker) -> None:
    kb = make_kb(kbfactory.entry("too-new", "x", flake_class="unsupported"))
    store = make_store(many("old", 90, 10, "too-new", criu_version="4.1.1"), many("new", 99, 1, criu_version="4.2"))
    text = report_text(kb, Measures(store), "en")
    assert "fails 10 times as often" in text
    assert "or newer on this kernel" not in text


def test_a_chance_difference_gives_no_finding(make_store: Maker, make_kb: KbMaker) -> None:
    kb = make_kb(kbfactory.entry("too-new", "x"))
    store = make_store(many("old", 98, 2, criu_version="4.1.1"), many("new", 99, 1, criu_version="4.2"))
    text = report_text(kb, Measures(store), "en")
    assert "no conclusion is drawn" in text
    assert "Main finding" not in text


@pytest.mark.parametrize(("lang", "corrected"), [("en", "2 pairs of releases"), ("zh", "共比较 2 对版本")])
def test_several_comparisons_say_that_they_are_corrected(
    make_store: Maker, make_kb: KbMaker, lang: Lang, corrected: str
) -> None:
    """One comparison alone needs no correction and names none."""
    kb = make_kb(kbfactory.entry("e", "x"))
    runs = [many(v, 98 - n, 2 + n, criu_version=v) for n, v in enumerate(["4.1", "4.1.1", "4.2"])]
    assert corrected in text_of(Weekly(kb, Measures(make_store(*runs)), WEEK, lang).contrast())


def test_one_comparison_is_not_corrected(make_store: Maker, make_kb: KbMaker) -> None:
    store = make_store(many("old", 98, 2, criu_version="4.1.1"), many("new", 99, 1, criu_version="4.2"))
    assert "orrected" not in text_of(Weekly(make_kb(kbfactory.entry("e", "x")), Measures(store), WEEK, "en").contrast())


def test_a_run_that_was_set_up_badly_is_named(make_store: Maker, make_kb: KbMaker) -> None:
    kb = make_kb(kbfactory.entry("no-capability", "x", flake_class="environment"))
    store = make_store(
        many("bad", 60, 40, "no-capability", criu_version="4.2", job="synthetic bad"),
        many("new", 99, 1, "no-capability", criu_version="4.2"),
        many("old", 98, 2, criu_version="4.1.1"),
    )
    assert "Left out of the comparison: synthetic bad" in report_text(kb, Measures(store), "en")


def test_changes_are_looked_for_between_equal_runs_only(make_store: Maker, make_kb: KbMaker) -> None:
    kb = make_kb(kbfactory.entry("e", "x"))
    later = START + timedelta(hours=1)
    store = make_store(
        [row("a", "zdtm/static/x", "fail"), row("a", "zdtm/static/y", "not-run")],
        [row("b", "zdtm/static/x", "pass", started_at=later), row("b", "zdtm/static/y", "pass", started_at=later)],
        [row("c", "zdtm/static/y", "fail", job="synthetic other")],
    )
    text = text_of(Weekly(kb, Measures(store), WEEK, "en").flips())
    assert "| `zdtm/static/x` | h | synthetic | fail → pass |" in text
    assert "zdtm/static/y" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_an_empty_store_says_so(tmp_path: Path, make_kb: KbMaker, lang: Lang) -> None:
    kb = make_kb(kbfactory.entry("e", "x"))
    assert text_of(Weekly(kb, Measures(tmp_path / "none"), WEEK, lang).glance()).endswith({"en": ".", "zh": "。"}[lang])


def test_unknown_failures_are_new_or_seen_before(make_store: Maker, make_kb: KbMaker) -> None:
    kb = make_kb(kbfactory.entry("e", "x"))
    last_week = START - timedelta(days=7)
    before = [row("a", "t", "fail", unknown_key="seen N", started_at=last_week)]
    now = [row("b", "t", "fail", unknown_key=key, log_excerpt="x") for key in ("seen N", "fresh N")]
    text = text_of(Weekly(kb, Measures(make_store(before, now)), WEEK, "en").unknown_failures())
    assert re.findall(r"`(\w+) N`.*, (.*)", text) == [
        ("fresh", "first seen this week"),
        ("seen", "also seen before this week"),
    ]


def test_text_from_logs_is_escaped(make_store: Maker, make_kb: KbMaker) -> None:
    kb = make_kb(kbfactory.entry("e", "x"))
    facts = {"unknown_key": HOSTILE, "log_excerpt": f"```\n{HOSTILE}\n```", "step": HOSTILE, "job": HOSTILE}
    store = make_store([row("a", f"zdtm/static/{HOSTILE}", "fail", **facts)])
    html = render(report_text(kb, Measures(store), "en"))
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
