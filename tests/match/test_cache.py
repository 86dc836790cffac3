"""The cache of the compiled base gives the same answers, and is never trusted when anything changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.match import cache
from kbfactory import entry, write_entry


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "criukb").glob("*.jsonl"))


def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cache.CompiledBase:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache.load_compiled(base=tmp_path / "kb")


def test_round_trip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read from the cache equals what was compiled."""
    data = entry("root", "broke %d at %s", aliases=["old"])
    data["match"][0] |= {"where": {"broke": {"min": "3"}}, "when": {"kernel": ">=6.1"}}
    data["match"][0]["none_of"] = [{"tool": "ip", "regex": "^RTNETLINK (?P<rest>.*)"}]
    write_entry(tmp_path / "kb", data)
    first = load(tmp_path, monkeypatch)
    assert files(tmp_path)
    assert first == load(tmp_path, monkeypatch)


def test_changed_entry_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that was edited or added is seen at once."""
    write_entry(tmp_path / "kb", entry("root", "broke %d"))
    load(tmp_path, monkeypatch)
    write_entry(tmp_path / "kb", entry("other", "also %d"))
    assert sorted(load(tmp_path, monkeypatch).by_id) == ["other", "root"]


def test_damaged_cache_is_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that was cut or changed is not believed."""
    write_entry(tmp_path / "kb", entry("root", "broke %d"))
    expected = load(tmp_path, monkeypatch)
    (path,) = files(tmp_path)
    text = path.read_text(encoding="utf-8")
    for damaged in (text[: len(text) // 2], text.replace("broke", "brake"), "", "x\n{}"):
        path.write_text(damaged, encoding="utf-8")
        assert expected == load(tmp_path, monkeypatch)


def test_damaged_entry_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry and the list of ids is checked when it is read, so that a large cache need not be read whole."""
    write_entry(tmp_path / "kb", entry("root", "broke %d"))
    expected = load(tmp_path, monkeypatch)
    (path,) = files(tmp_path)
    stamp, index, body = path.read_text(encoding="utf-8").split("\n", 2)
    assert '"id' not in index
    path.write_text(f"{stamp}\n{index}\n{body.replace('root', 'roof')}", encoding="utf-8")
    found = load(tmp_path, monkeypatch)
    assert list(found.by_id) == ["root"]
    assert found == expected


def test_unwritable_cache_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place for the cache the base is compiled each time."""
    write_entry(tmp_path / "kb", entry("root", "broke %d"))
    (tmp_path / "cache").write_text("a file where a folder is wanted", encoding="utf-8")
    assert sorted(load(tmp_path, monkeypatch).by_id) == ["root"]
