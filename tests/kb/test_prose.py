"""Prose: headings, placeholders, Chinese lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.kb.model import Entry
from criukb.kb.prose import fill, join_cjk, parse_prose
from kbfactory import BOTH, entry


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第一句。\n第二句。", "第一句。第二句。"),
        ("中文\n中文", "中文中文"),
        ("使用 CRIU\n恢复", "使用 CRIU 恢复"),
        ("结束。\n`x` 开始", "结束。`x` 开始"),
        ("- 一\n- 二", "- 一\n- 二"),
        ("- 一，\n  二", "- 一，二"),
        ("```\n甲\n乙\n```", "```\n甲\n乙\n```"),
        ("| 甲 |\n| 乙 |", "| 甲 |\n| 乙 |"),
        ("甲。\n\n乙。", "甲。\n\n乙。"),
        ("### 题\n文", "### 题\n文"),
    ],
)
def test_join_cjk(text: str, expected: str) -> None:
    """Chinese lines join without a space; blocks stay apart."""
    assert expected == join_cjk(text)


def test_fill() -> None:
    """Facts, references and diagrams are filled in; unknown names stay visible."""
    data = Entry.model_validate(entry("root", "broke %d", facts={"commit": {"value": "abc1234", "source": "x"}}))
    body = "{{ facts.commit }} {{refs.src}} {{ diagrams.race }} {{ facts.none }}"
    assert (
        fill(body, data, "en", {"race": "![d](d.svg)"})
        == "abc1234 [x](https://example.com/x) ![d](d.svg) {{ facts.none }}"
    )
    assert BOTH


@pytest.mark.parametrize("bad", ["{{ facts.commit | upper }}", "{{ 7 * 7 }}", "{% for x in y %}"])
def test_nothing_else_is_a_placeholder(bad: str) -> None:
    """Template code in prose is refused with its place."""
    text = f"## Meaning\n\n{bad}\n\n## What to do\n\nx\n"
    with pytest.raises(CriukbError, match=r"en\.md:3:1: .* is no placeholder"):
        parse_prose(text, Path("en.md"), "noise", "en")


def test_headings_in_code_do_not_count() -> None:
    """A ## inside a code fence is no heading."""
    text = "## Meaning\n\n```\n## x\n```\n\n## What to do\n\ny\n"
    assert [s.key for s in parse_prose(text, Path("en.md"), "noise", "en").sections] == ["meaning", "action"]
