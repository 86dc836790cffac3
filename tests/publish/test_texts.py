from __future__ import annotations

import pytest

from criukb.kb.langs import LANGS
from criukb.publish.texts import differences, load_tables, percent, texts


def test_both_languages_have_the_same_sentences_and_fields() -> None:
    assert set(load_tables()) == set(LANGS)


def test_a_missing_sentence_and_another_field_are_faults() -> None:
    faults = differences({"en": {"a": "x {n}", "b": "{p}"}, "zh": {"b": "{q}"}})
    assert [fault.message for fault in faults] == ["a is missing", "b has other fields per language"]


@pytest.mark.parametrize(
    ("expected", "rate"),
    [("0%", 0), ("100%", 1), ("99.9%", 0.9999), ("99.6%", 267 / 268), ("12%", 0.115), ("13%", 0.125), ("1.0%", 0.01),
     ("0.0031%", 0.000031), ("9.9%", 0.0994)],
)  # fmt: skip
def test_percentages_are_never_rounded_to_all_or_nothing(expected: str, rate: float) -> None:
    assert percent(rate) == expected


def test_a_share_names_numerator_and_denominator() -> None:
    assert texts("en").share(11, 1061) == "11 of 1,061 (1.0\u00a0%)"
    assert texts("zh").share(11, 1061) == "11/1,061（1.0%）"
    assert texts("en").share(0, 0) == "no data"


@pytest.mark.parametrize(("expected", "n"), [("one run", 1), ("2 runs", 2), ("0 runs", 0)])
def test_english_counts_agree_with_their_noun(expected: str, n: int) -> None:
    assert texts("en")("article.runs_n", n=n) == expected


def test_lists_follow_the_language() -> None:
    assert texts("en").listing(["a", "b", "c"]) == "a, b and c"
    assert texts("zh").listing(["4.1", "4.2"]) == "4.1 和 4.2"
    assert texts("zh").listing(["甲", "乙", "丙"]) == "甲、乙和丙"


def test_full_width_punctuation_stands_without_blanks() -> None:
    assert "） " not in texts("zh")("weekly.g_known", share=texts("zh").share(1, 2))
