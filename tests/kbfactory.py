"""Small knowledge bases for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from criukb.kb.base import load_kb
from criukb.kb.prose import headings
from criukb.match.compiled import compile_base
from criukb.match.diagnose import Diagnoser

BOTH = {"en": "text", "zh": "文字"}


def entry(entry_id: str, fmt: str, *, kind: str = "cause", area: str = "files", **fields: Any) -> dict[str, Any]:
    """Return the data of an entry whose one pattern is an Error with ``fmt`` from criu/x.c."""
    data: dict[str, Any] = {
        "id": entry_id,
        "area": area,
        "kind": kind,
        "title": {"en": f"Title of {entry_id}", "zh": f"{entry_id} 的标题"},
        "summary": BOTH,
        "match": [{"call": "pr_err", "file": "criu/x.c", "format": fmt}],
        "phase": ["dump"],
        "evidence": "confirmed",
        "references": [{"id": "src", "kind": "source", "label": "x", "url": "https://example.com/x", "supports": BOTH}],
    }
    if kind == "cause":
        data["flake_class"] = "usage"
        data["remedies"] = [{"id": "way", "title": BOTH, "how": BOTH, "cost": BOTH, "limits": BOTH}]
        data["confirm"] = [{"command": "true", "shows": BOTH}]
    return data | fields


def write_entry(root: Path, data: dict[str, Any], logs: dict[str, str] | None = None) -> Path:
    """Write one entry with both languages' prose; ``logs`` maps file names to texts."""
    folder = root / "entries" / data["area"] / data["id"]
    (folder / "logs").mkdir(parents=True)
    data = data | {"samples": [{"file": name, "source": "test"} for name in logs or {}]}
    plain = json.loads(json.dumps(data))  # no shared objects, which YAML would write as aliases
    (folder / "entry.yaml").write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    for lang in ("en", "zh"):
        body = {"en": "Some text.", "zh": "一些文字。"}[lang]
        parts = [f"## {names[lang]}\n\n{body}\n" for names in headings(data["kind"]).values()]
        (folder / f"{lang}.md").write_text("\n".join(parts), encoding="utf-8")
    for name, text in (logs or {}).items():
        (folder / "logs" / name).write_text(text, encoding="utf-8")
    return folder


def diagnoser(root: Path, *entries: dict[str, Any]) -> Diagnoser:
    """Write ``entries`` below ``root`` and return a diagnoser that knows only them."""
    for data in entries:
        write_entry(root, data)
    return Diagnoser(compile_base(load_kb(base=root)))
