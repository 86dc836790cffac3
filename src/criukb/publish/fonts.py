"""The one font of every picture: a subset of Noto Sans CJK SC under a name of its own.

``build_font`` makes the file (a developer's step, it needs fonttools and Debian's ``fonts-noto-cjk``);
``use_font`` and ``missing_glyphs`` are what the charts call.

Run ``python -m criukb.publish.fonts`` after the knowledge base has gained new characters.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font

from criukb.errors import CriukbError
from criukb.paths import FONTS_DIR, KB_DIR, TEMPLATES_DIR

FAMILY = "criukb Sans SC"
FONT_FILE = FONTS_DIR / "criukb-sans-sc.otf"
CARD_FILE = FONTS_DIR / "card.yaml"
SOURCE_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_SOURCE_FAMILY = "Noto Sans CJK SC"
_RANGES = (
    (0x20, 0x7E),  # ASCII
    (0xA0, 0xFF),  # Latin-1
    (0x2010, 0x2027),  # dashes, quotes, bullets, ellipsis
    (0x2030, 0x203B),
    (0x2190, 0x2199),  # arrows
    (0x2460, 0x2473),  # circled digits
    (0x2500, 0x257F),  # box drawing
    (0x25A0, 0x25FF),  # shapes
    (0x3000, 0x303F),  # CJK punctuation
    (0xFF00, 0xFFEF),  # full-width forms
)
_SINGLES = "\u2208\u2212\u2248\u2260\u2264\u2265\u00d7\u2713\u2717"
_DROPPED_TABLES = frozenset({"DSIG", "VORG", "vhea", "vmtx", "BASE", "GPOS", "GSUB"})
_WINDOWS_ENGLISH = (3, 0x409)
_TEXT_SUFFIXES = frozenset({".md", ".yaml", ".j2"})


def gb2312_hanzi() -> Iterator[str]:
    """Yield the 6763 hanzi of GB 2312, from the codec's own table."""
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                yield bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue


def text_of(folders: Iterable[Path]) -> set[str]:
    """Return every printable character of the prose, data and templates under ``folders``."""
    files = (p for folder in folders for p in sorted(folder.rglob("*")) if p.suffix in _TEXT_SUFFIXES)
    found = {char for path in files for char in path.read_text(encoding="utf-8", errors="replace")}
    return {char for char in found if unicodedata.category(char)[0] not in "CZ"} | {" "}


def wanted_characters(folders: Iterable[Path] = (KB_DIR, TEMPLATES_DIR / "locale")) -> set[str]:
    """Return the characters that the font has to hold."""
    fixed = {chr(code) for first, last in _RANGES for code in range(first, last + 1)}
    return fixed | set(_SINGLES) | set(gb2312_hanzi()) | text_of(folders)


def _rename(font: Any) -> None:
    names = {1: FAMILY, 3: f"1.0;{FAMILY}", 4: FAMILY, 6: "criukbSansSC-Regular", 16: FAMILY, 17: "Regular"}
    table = font["name"]
    table.names = [
        n for n in table.names if (n.platformID, n.langID) == _WINDOWS_ENGLISH and n.nameID in {0, 2, 5, 13, 14}
    ]
    for name_id, value in names.items():
        table.setName(value, name_id, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [names[6]]
    cff.topDictIndex[0].FullName = FAMILY
    cff.topDictIndex[0].FamilyName = FAMILY


@contextmanager
def _source_font(source: Path) -> Iterator[Any]:
    from fontTools.ttLib import TTCollection  # noqa: PLC0415 - only in the test group

    with TTCollection(str(source), lazy=True) as collection:
        for font in collection.fonts:
            if font["name"].getDebugName(1) == _SOURCE_FAMILY:
                font.recalcTimestamp = False
                yield font
                return
    raise CriukbError.at(source, f"holds no font named {_SOURCE_FAMILY!r}", "install Debian's fonts-noto-cjk")


def build_font(source: Path = SOURCE_FONT, target: Path = FONT_FILE, characters: set[str] | None = None) -> int:
    """Write the subset to ``target`` and its card beside it; return the number of characters it holds.

    The same source and characters give the same bytes.
    """
    from fontTools.subset import Options, Subsetter  # noqa: PLC0415 - only in the test group

    if not source.is_file():
        raise CriukbError.at(source, "the source font is missing", "apt install fonts-noto-cjk")
    options = Options(layout_features=[], hinting=False, name_IDs=["*"], notdef_outline=True, desubroutinize=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, wanted_characters() if characters is None else characters)))
    with _source_font(source) as font:
        subsetter.subset(font)
        for tag in _DROPPED_TABLES & set(font.keys()):
            del font[tag]
        _rename(font)
        target.parent.mkdir(parents=True, exist_ok=True)
        font.save(str(target))
        count = len(font.getBestCmap())
    _write_card(source, target, count)
    return count


def _write_card(source: Path, target: Path, count: int) -> None:
    lines = [
        "# Source card of the font; written by criukb.publish.fonts",
        f'name: "{FAMILY}"',
        "what: a subset of Noto Sans CJK SC Regular, without layout features and hinting, under another family name",
        "licence: SIL Open Font License 1.1 (OFL.txt)",
        'copyright: "\u00a9 2014-2021 Adobe (http://www.adobe.com/)"',
        "source: Debian package fonts-noto-cjk, NotoSansCJK-Regular.ttc",
        f"source_sha256: {_digest(source)}",
        "command: python -m criukb.publish.fonts",
        f"characters: {count}",
        f"sha256: {_digest(target)}",
    ]
    (target.parent / CARD_FILE.name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def face() -> FT2Font:
    """Return the loaded font file.

    Raises:
        CriukbError: the file is not there.
    """
    if not FONT_FILE.is_file():
        raise CriukbError.at(FONT_FILE, "the font of the charts is missing", "run: python -m criukb.publish.fonts")
    return FT2Font(str(FONT_FILE))


@cache
def use_font() -> str:
    """Register the font file with matplotlib once and return its family name."""
    face()
    fontManager.addfont(str(FONT_FILE))
    return FAMILY


@cache
def _characters() -> frozenset[int]:
    return frozenset(face().get_charmap())


def missing_glyphs(text: str) -> list[str]:
    """Return the characters of ``text`` that the font cannot draw, sorted."""
    return sorted({char for char in text if char != "\n" and ord(char) not in _characters()})


def drawable(text: str) -> str:
    """Return ``text`` from a log, with the code point, as in u{1F600}, for every character that the font lacks."""
    known = _characters()
    return "".join(char if ord(char) in known else f"\\u{{{ord(char):x}}}" for char in text)


if __name__ == "__main__":
    sys.stdout.write(f"{FONT_FILE.name}: {build_font()} characters\n")
