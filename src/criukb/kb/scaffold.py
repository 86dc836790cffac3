"""A new entry's folder, ready to be filled in."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from criukb.errors import CriukbError
from criukb.kb.base import is_slug
from criukb.kb.draft import Draft, pattern_yaml, samples_yaml
from criukb.kb.langs import LANGS
from criukb.kb.model import Kind
from criukb.kb.prose import headings

_CAUSE_PART = """\
flake_class: not-flaky  # race async-resource timeout environment kernel-regression criu-bug test-bug unsupported usage
remedies:
  - id: first-way-out
    title: {en: "TODO", zh: "TODO"}
    how: {en: "TODO the exact option or configuration line", zh: "TODO"}
    cost: {en: "TODO", zh: "TODO"}
    limits: {en: "TODO what it does not solve", zh: "TODO"}
confirm:
  - command: "TODO"
    shows: {en: "TODO", zh: "TODO"}
"""

_YAML = """\
# See CONTRIBUTING.md for every field. Replace each TODO; a fact that was not checked does not belong here.
id: {id}
area: {area}
kind: {kind}
title: {{en: "TODO", zh: "TODO"}}
summary: {{en: "TODO cause and way out, one or two sentences", zh: "TODO"}}
{pattern}evidence: hypothesis
{extra}references:
  - id: first
    kind: source
    label: "TODO"
    url: "https://github.com/checkpoint-restore/criu/blob/v4.2/criu/TODO.c"
    supports: {{en: "TODO which claim", zh: "TODO"}}
{samples}"""

_PATTERN = """\
match:
  - call: pr_err
    file: criu/TODO.c
    format: "TODO the format string as it stands in CRIU's source"
phase: [dump]
"""

_SAMPLES = """\
samples:
  - {file: match-todo.log, source: "TODO thread or run"}
"""


def new_entry(root: Path, area: str, entry_id: str, kind: Kind | str, draft: Draft | None = None) -> Path:
    """Make ``root/entries/area/entry_id`` and return it; CriukbError when a name is wrong or taken.

    With a ``draft`` its patterns, phase and logs stand in the entry already.
    """
    target = root / "entries" / area / entry_id
    for name in (area, entry_id):
        if not is_slug(name):
            raise CriukbError.at(target, f"{name!r} is no kebab-case name", "use a name such as ghost-file-over-limit")
    taken = sorted((root / "entries").glob(f"*/{entry_id}"))
    if taken:
        raise CriukbError.at(taken[0], f"an entry {entry_id} exists", "edit it, or choose another id")
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new-"))
    try:
        _fill(work, area, entry_id, kind, draft)
        work.chmod(0o755)
        work.rename(target)
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return target


def _fill(folder: Path, area: str, entry_id: str, kind: Kind | str, draft: Draft | None) -> None:
    extra = _CAUSE_PART if kind == "cause" else ""
    pattern = pattern_yaml(draft) if draft else _PATTERN
    samples = samples_yaml(draft) if draft else _SAMPLES
    text = _YAML.format(id=entry_id, area=area, kind=kind, extra=extra, pattern=pattern, samples=samples)
    (folder / "entry.yaml").write_text(text, encoding="utf-8")
    names = headings("cause" if kind == "cause" else "noise")
    for lang in LANGS:
        body = "\n".join(f"## {title[lang]}\n\nTODO\n" for title in names.values())
        (folder / f"{lang}.md").write_text(body, encoding="utf-8")
    (folder / "logs").mkdir()
    for name, log in sorted(draft.logs.items()) if draft else ():
        (folder / "logs" / name).write_text(log, encoding="utf-8")
