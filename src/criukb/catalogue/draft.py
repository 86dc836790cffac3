"""Drafts of entries for clusters of unknown failures: what the log and the source say, and nothing that they do not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml

from criukb.catalogue.cluster import Cluster
from criukb.errors import CriukbError
from criukb.kb.model import Phase
from criukb.match.compiled import MIN_BARE_WEIGHT

MAX_SLUG = 50
_SAMPLE = "match-cluster.log"
_WORD = re.compile(r"[a-z][a-z0-9]+")
_CONVERSION = re.compile(r"%[-+ #0-9.*hlLqjzt]*[a-zA-Z%]")
_MASKED = re.compile(r"0xN|/PATH|HEX|\bN\b")
_AS_FORMAT = {"0xN": "%#x", "/PATH": "%s", "HEX": "%s", "N": "%d"}
_AS_REGEX = {"0xN": "0x[0-9a-f]+", "/PATH": r"/\S+", "HEX": "[0-9a-f]+", "N": r"\d+"}
_CALLS = {"pr_err_once": "pr_err", "loge": "pr_err", "logerr": "pr_perror", "pr_warn_once": "pr_warn"}
_KNOWN_CALLS = {"pr_err", "pr_perror", "pr_warn"}
_HEAD = """\
# A draft for `criukb kb new --from {name}`: {failures} unknown failures, {tests} tests, {runs} runs.
# {origin}
"""


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, as a person would."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def write_drafts(found: Sequence[Cluster], folder: Path, taken: Iterable[str] = ()) -> list[Path]:
    """Write one draft per cluster into ``folder`` and return the files. ``taken`` are ids that entries have.

    Raises CriukbError when the folder cannot be written.
    """
    used = set(taken)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, cluster in enumerate(found, start=1):
            name = _free(_slug(cluster), used)
            path = folder / f"{number:02d}-{name}.yaml"
            path.write_text(draft_text(cluster, name, path.name), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise CriukbError.at(folder, error.strerror or str(error), "choose another folder for --draft") from error
    return written


def draft_text(cluster: Cluster, entry_id: str, file_name: str) -> str:
    """Return the YAML of one draft."""
    data = {
        "id": entry_id,
        "area": cluster.area or "environment",
        "kind": "cause",
        "match": [_pattern(cluster)],
        "phase": [cluster.phase if cluster.phase in get_args(Phase) else "dump"],
        "samples": [{"file": _SAMPLE, "source": f"a failure of {cluster.tests[0]}"}],
        "logs": {_SAMPLE: _printable(cluster.excerpt) or f"{cluster.key}\n"},
    }
    origin = "The format is CRIU's own." if cluster.call else "The pattern was made from a log line: check the source."
    head = _HEAD.format(
        name=file_name, failures=cluster.failures, tests=len(cluster.tests), runs=len(cluster.runs), origin=origin
    )
    return head + yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=4096)


def _pattern(cluster: Cluster) -> dict[str, Any]:
    call = cluster.call
    if call is not None:
        name = _CALLS.get(call.call, call.call)
        if name in _KNOWN_CALLS and call.errno == (name == "pr_perror"):
            return {"call": name, "file": call.file, "format": call.format}
        return {"call": "pr_warn" if call.level == "warn" else "pr_err", "file": call.file, "format": call.printed}
    if cluster.line is not None and cluster.line.file is not None:
        fmt = _MASKED.sub(lambda found: _AS_FORMAT[found[0]], cluster.key.replace("%", "%%"))
        return {
            "call": "pr_warn" if cluster.line.level == "warn" else "pr_err",
            "file": cluster.line.file,
            "format": fmt,
        }
    return {"tool": "zdtm", "regex": _regex(cluster.key)}


def _regex(key: str) -> str:
    parts, position = [], 0
    for found in _MASKED.finditer(key):
        parts += [re.escape(key[position : found.start()]), _AS_REGEX[found[0]]]
        position = found.end()
    return "".join([*parts, re.escape(key[position:])]).replace("\\ ", " ")[:500]


def _slug(cluster: Cluster) -> str:
    words = _WORD.findall(_CONVERSION.sub(" ", _MASKED.sub(" ", cluster.key)).lower().replace("'", ""))
    name = "-".join(words[:7])[:MAX_SLUG].strip("-")
    return name if len(name) >= MIN_BARE_WEIGHT // 2 else f"unknown-{name}".strip("-")


def _free(name: str, used: set[str]) -> str:
    number, candidate = 2, name
    while candidate in used:
        candidate, number = f"{name}-{number}", number + 1
    used.add(candidate)
    return candidate


def _printable(text: str) -> str:
    """Return the excerpt with control characters replaced, as a file of a knowledge base should be."""
    lines = ("".join(c if c.isprintable() or c == "\t" else "?" for c in line) for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines)
