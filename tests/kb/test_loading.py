"""Loading a knowledge base: all faults at once, each with path, line and column and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.errors import CriukbError
from criukb.kb.base import load_kb
from criukb.kb.yamltext import parse_yaml
from kbfactory import entry, write_entry


def faults(root: Path) -> list[str]:
    with pytest.raises(CriukbError) as caught:
        load_kb(base=root)
    return [str(fault) for fault in caught.value.faults]


def test_loads(tmp_path: Path) -> None:
    """A well-formed entry is found by id and by alias."""
    write_entry(tmp_path, entry("root", "broke %d", aliases=["old-name"]))
    kb = load_kb(base=tmp_path)
    assert kb.get("old-name").id == "root"
    assert [s.key for s in kb.get("root").prose["zh"].sections][:2] == ["background", "symptom"]


def test_wrong_field_has_a_place(tmp_path: Path) -> None:
    """A misspelt field names its line and column and the fields that exist."""
    folder = write_entry(tmp_path, entry("root", "broke %d"))
    text = (folder / "entry.yaml").read_text(encoding="utf-8").replace("evidence:", "evidense:")
    (folder / "entry.yaml").write_text(text, encoding="utf-8")
    line = text.splitlines().index("evidense: confirmed") + 1
    found = faults(tmp_path)
    assert any(f"entry.yaml:{line}:1: evidense: no such field" in f and "evidence" in f for f in found)
    assert any("evidence: Field required" in f for f in found)


def test_missing_translation(tmp_path: Path) -> None:
    """A missing zh.md is named."""
    folder = write_entry(tmp_path, entry("root", "broke %d"))
    (folder / "zh.md").unlink()
    (found,) = faults(tmp_path)
    assert "zh.md: the translation is missing" in found
    assert "next: write zh.md" in found


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Two broken entries give two groups of faults in one go."""
    one = write_entry(tmp_path, entry("one", "broke %d"))
    two = write_entry(tmp_path, entry("two", "also %d"))
    (one / "en.md").write_text("## Wrong\n", encoding="utf-8")
    (two / "entry.yaml").write_text("id: two\nid: two\n", encoding="utf-8")
    found = "\n".join(faults(tmp_path))
    assert "one/en.md:1:1: headings are Wrong" in found
    assert "two/entry.yaml:2:1: key 'id' stands twice" in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n", "not valid YAML"),
        ("a: &x 1\nb: *x\n", "anchors and aliases"),
        ("a: " + "[" * 40 + "]" * 40, "nested too deeply"),
        ("? [a]\n: b\n", "a key must be plain text"),
    ],
)
def test_refused_yaml(text: str, message: str) -> None:
    """Broken, recursive and over-deep YAML is refused with a place."""
    with pytest.raises(CriukbError, match=message):
        parse_yaml(text, Path("x.yaml"))


def test_values_stay_text() -> None:
    """no, 3.10 and dates stay what was typed; an empty value is None."""
    expected = {"a": "no", "b": "3.10", "c": "2024-01-01", "d": None, "e": ""}
    assert expected == parse_yaml("a: no\nb: 3.10\nc: 2024-01-01\nd:\ne: ''\n", Path("x.yaml")).data


def test_id_must_equal_its_folder(tmp_path: Path) -> None:
    """A renamed folder is told."""
    folder = write_entry(tmp_path, entry("root", "broke %d"))
    folder.rename(folder.parent / "other")
    assert any("id root differs from its folder other" in f for f in faults(tmp_path))


def test_private_base_on_top(tmp_path: Path) -> None:
    """A private entry with a built-in id replaces it."""
    write_entry(tmp_path / "a", entry("root", "broke %d"))
    write_entry(tmp_path / "b", entry("root", "changed %d"))
    kb = load_kb([tmp_path / "b"], base=tmp_path / "a")
    assert kb.get("root").entry.match[0].format == "changed %d"


def test_link_out_of_the_entry(tmp_path: Path) -> None:
    """A link to a file elsewhere is refused."""
    folder = write_entry(tmp_path, entry("root", "broke %d"))
    secret = tmp_path / "secret.md"
    secret.write_text("## x", encoding="utf-8")
    (folder / "en.md").unlink()
    (folder / "en.md").symlink_to(secret)
    assert any("leads out of the entry" in f for f in faults(tmp_path))
