from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from criukb.kb.base import load_kb
from criukb.kb.model import Text
from criukb.publish import fonts, layout
from criukb.publish.texts import load_tables


def _drawn() -> Iterator[Text]:
    kb = load_kb()
    yield from (area.title for area in kb.areas)
    for entry in (folder.entry for folder in kb.entries.values()):
        yield entry.title
        for diagram in entry.diagrams:
            yield diagram.title
            yield from (lane.label for lane in diagram.lanes)
            yield from (step.text for step in diagram.steps)


def test_the_font_holds_every_text_that_a_picture_can_show() -> None:
    """When this fails: python -m criukb.publish.fonts."""
    sentences = [str(value) for table in load_tables().values() for value in table.values()]
    drawn = [text.en + text.zh for text in _drawn()]
    assert fonts.missing_glyphs("".join(drawn + sentences)) == []


def test_the_font_holds_gb2312() -> None:
    hanzi = "".join(fonts.gb2312_hanzi())
    assert len(hanzi) == 6763
    assert fonts.missing_glyphs(hanzi) == []


def test_the_card_describes_this_very_file() -> None:
    card = yaml.safe_load(fonts.CARD_FILE.read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(fonts.FONT_FILE.read_bytes()).hexdigest()
    assert card["name"] == fonts.face().family_name == fonts.FAMILY
    assert "Noto" not in fonts.FAMILY
    assert "SIL OPEN FONT LICENSE" in fonts.FONT_FILE.with_name("OFL.txt").read_text(encoding="utf-8")


def test_text_from_outside_is_made_drawable() -> None:
    assert fonts.drawable("中a\U0001f600") == "中a\\u{1f600}"


@pytest.mark.skipif(not fonts.SOURCE_FONT.is_file(), reason="needs Debian's fonts-noto-cjk")
def test_the_same_characters_give_the_same_font(tmp_path: Path) -> None:
    files = [tmp_path / name / "x.otf" for name in ("a", "b")]
    for file in files:
        assert fonts.build_font(target=file, characters=set("ab中")) == 3
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    "text",
    ["恢复时绑定抽象名字，（内核）还没有释放：EADDRINUSE。" * 3, "one two three four five six seven", "x" * 300, ""],
)
def test_lines_keep_within_the_width_and_the_rules(text: str) -> None:
    lines = layout.wrap(text, 9, 1.2)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(not line.startswith(tuple("，。：）")) and not line.endswith("（") for line in lines[1:-1])
    assert all(layout.width(line, 9) < 1.2 + 0.5 for line in lines)


def test_balanced_lines_are_as_many_as_wrapped_ones() -> None:
    text = "the name is still taken until the collector has run to its end"
    assert len(layout.balance(text, 9, 2.0)) == len(layout.wrap(text, 9, 2.0))
