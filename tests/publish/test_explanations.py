"""The explanations beside the statistics: complete in both languages, and of functions that exist."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import criukb.stats
from criukb.errors import CriukbError
from criukb.kb.langs import LANGS, Lang
from criukb.publish.explanations import Explanation, explanations, load_explanations

YEARS = re.compile(r"\b(?:19|20)\d\d\b")


def test_each_is_a_function_of_the_statistics() -> None:
    """No explanation outlives its function."""
    modules = [
        importlib.import_module(f"criukb.stats.{info.name}") for info in pkgutil.iter_modules(criukb.stats.__path__)
    ]
    functions = {name for module in modules for name, value in vars(module).items() if callable(value)}
    assert set(explanations("en")) <= functions
    assert {"regressions", "change_point", "fix_proof", "p_chart", "cofailing"} <= set(explanations("en"))


def test_both_languages_cite_the_same_years() -> None:
    """The sources are the same work in both."""
    en, zh = explanations("en"), explanations("zh")
    assert list(en) == list(zh)
    for name, one in en.items():
        assert YEARS.findall(one.source) == YEARS.findall(zh[name].source), name


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_is_empty_or_has_fields(lang: Lang) -> None:
    """They are shown as they stand."""
    for one in explanations(lang).values():
        assert all((one.name, one.says, one.how, one.source))
        assert "{" not in one.says + one.how


def test_a_text_that_one_language_lacks(tmp_path: Path) -> None:
    """Each gap and each unknown part is named with its file; nothing is shown half."""
    whole = "wilson: {name: a, says: b, how: c, source: d}\n"
    (tmp_path / "statistics.en.yaml").write_text(whole + "fisher: {name: a, says: b, how: c, source: d, more: e}\n")
    (tmp_path / "statistics.zh.yaml").write_text("wilson: {name: a, says: b, how: c}\nfisher:\n")
    with pytest.raises(CriukbError) as caught:
        load_explanations(tmp_path)
    text = str(caught.value)
    assert "fisher has more" in text
    assert "wilson lacks source" in text
    assert text.count("fisher lacks") == 4
    (tmp_path / "statistics.en.yaml").write_text(whole)
    (tmp_path / "statistics.zh.yaml").write_text(whole)
    assert load_explanations(tmp_path)["zh"] == {"wilson": Explanation("a", "b", "c", "d")}
