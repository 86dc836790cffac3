"""Checks of entry.yaml: links between entries, provenance, references, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from criukb.kb.base import EntryFolder
from criukb.kb.model import Condition, Pattern, Signature
from criukb.lint.check import Check, Finding
from criukb.match.compiled import compile_pattern
from criukb.match.errnos import errno_name
from criukb.match.pattern import check_regex
from criukb.match.versions import version_key

_ERRNO = re.compile(r"E[A-Z0-9]+\Z")
_GITHUB = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/(?P<kind>issues|pull|commit|blob|tree|releases|wiki)\b")
_SHOWS = {"source", "commit", "pull", "issue", "thread"}
_LABEL = re.compile(r"^[\w./-]+#(\d+)\Z")
_NUMBER = re.compile(r"^https://github\.com/[\w.-]+/[\w.-]+/(?:issues|pull)/(\d+)")
_KINDS = {"issue": {"issues"}, "pull": {"pull"}, "commit": {"commit"}}


def patterns_of(signature: Signature) -> Iterator[Pattern]:
    """Yield a signature's own pattern and those of its conditions."""
    yield signature
    for group in (signature.all_of, signature.any_of, signature.none_of, signature.before):
        yield from group


class Links(Check):
    """KB010: related and leads_to name entries that exist."""

    rule = "KB010"
    hint = "correct the id, or add the entry"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Look every id up."""
        for field in ("related", "leads_to"):
            for index, name in enumerate(getattr(folder.entry, field)):
                if name not in self.kb.entries and name not in self.kb.aliases:
                    place = folder.document.place((field, index))
                    yield self.finding(place, folder.id, f"{field}: no entry {name}")


class Provenance(Check):
    """KB011: every log has a row under samples that says where it comes from, and every row has its log."""

    rule = "KB011"
    hint = "add the log, or its row under samples"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Compare the folder logs/ with samples."""
        files, rows = {p.name for p in folder.logs}, {s.file for s in folder.entry.samples}
        for name in sorted(files ^ rows):
            what = "has no row under samples" if name in files else "is listed but not in logs/"
            yield self.finding(folder.document.place(("samples",)), folder.id, f"{name} {what}")
        if not any(name.startswith("match-") for name in files):
            yield self.finding(folder.document.place(()), folder.id, "no match-*.log: nothing proves the pattern")


class NearMiss(Check):
    """KB012: a cause has at least one nomatch-*.log, a near miss that it must not match."""

    rule = "KB012"
    severity = "warning"
    hint = "add a log of a neighbour that shares a word or a line"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Look for a near miss."""
        if folder.entry.kind == "cause" and not any(p.name.startswith("nomatch-") for p in folder.logs):
            yield self.finding(folder.document.place(("samples",)), folder.id, "no nomatch-*.log")


class Patterns(Check):
    """KB013: patterns compile; conditions name captures and errnos that exist; since is not after until."""

    rule = "KB013"
    hint = "see match in CONTRIBUTING.md"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Compile every pattern."""
        for index, signature in enumerate(folder.entry.match):
            place = folder.document.place(("match", index))
            for pattern in patterns_of(signature):
                for message in pattern_faults(pattern):
                    yield self.finding(place, folder.id, message)


def pattern_faults(pattern: Pattern) -> Iterator[str]:
    """Yield what is wrong with one pattern."""
    try:
        compiled = compile_pattern(pattern)
    except ValueError as error:
        yield str(error)
        return
    fault = check_regex(compiled.regex)
    if fault:
        yield f"RE2: {fault}"
        return
    names = set(compiled.names) or set(re.findall(r"\(\?P<(\w+)>", compiled.regex))
    yield from (f"where: no capture {name}, there is {', '.join(sorted(names))}" for name in set(pattern.where) - names)
    yield from _errno_faults(pattern)
    yield from _regex_faults(pattern)
    since, until = (version_key(v) if v else None for v in (pattern.since, pattern.until))
    if since and until and since > until:
        yield f"since {pattern.since} is after until {pattern.until}"


def _errno_faults(pattern: Pattern) -> Iterator[str]:
    wanted = pattern.where.get("errno")
    values = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    for value in values:
        if not _ERRNO.match(value) and errno_name(value) != value:
            yield f"errno: write {errno_name(value)} instead of {value!r}"


def _regex_faults(pattern: Pattern) -> Iterator[str]:
    for wanted in pattern.where.values():
        if isinstance(wanted, Condition) and wanted.regex:
            fault = check_regex(wanted.regex)
            if fault:
                yield f"RE2: {fault}"


class References(Check):
    """KB014: a GitHub reference has the shape of its kind, and no two references share an id."""

    rule = "KB014"
    hint = "issue: .../issues/N, pull: .../pull/N, commit: .../commit/ID"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Check every reference."""
        seen: set[str] = set()
        for index, ref in enumerate(folder.entry.references):
            place = folder.document.place(("references", index))
            if ref.id in seen:
                yield self.finding(place, folder.id, f"reference id {ref.id} stands twice")
            seen.add(ref.id)
            found = _GITHUB.match(ref.url)
            if found and ref.kind in _KINDS and found["kind"] not in _KINDS[ref.kind]:
                yield self.finding(place, folder.id, f"{ref.url} is no {ref.kind}")


class Evidence(Check):
    """KB016: what an entry claims can be looked up.

    An entry with evidence `confirmed` has a reference of kind source, commit, pull, issue or thread: a manual alone
    shows no failure. A fix names its commit, its address or its first release. A GitHub label such as criu#2537 has
    the number of its address.
    """

    rule = "KB016"
    hint = "add the reference, lower the evidence, or correct the label"

    def check(self, folder: EntryFolder) -> Iterator[Finding]:
        """Check the evidence, the fixes and the labels."""
        entry = folder.entry
        if entry.evidence == "confirmed" and not any(ref.kind in _SHOWS for ref in entry.references):
            yield self.finding(folder.document.place(("evidence",)), folder.id, "confirmed, but no reference shows it")
        for index, fix in enumerate(entry.fixes):
            if not (fix.commit or fix.url or fix.release):
                place = folder.document.place(("fixes", index))
                yield self.finding(place, folder.id, "a fix without commit, address or release")
        for index, ref in enumerate(entry.references):
            label, address = _LABEL.search(ref.label), _NUMBER.search(ref.url)
            if label and address and label[1] != address[1]:
                place = folder.document.place(("references", index))
                yield self.finding(place, folder.id, f"label {ref.label} at {ref.url}")


class SamePattern(Check):
    """KB015: no two entries have the same pattern with the same conditions: one would hide the other."""

    rule = "KB015"
    hint = "tell them apart by where, none_of, before or when"

    def finish(self) -> Iterator[Finding]:
        """Compare the patterns of all entries."""
        owners: dict[str, str] = {}
        for folder in self.kb.entries.values():
            for index, signature in enumerate(folder.entry.match):
                key = signature.model_dump_json(exclude={"since", "until", "captures", "call"})
                other = owners.setdefault(key, folder.id)
                if other != folder.id:
                    place = folder.document.place(("match", index))
                    yield self.finding(place, folder.id, f"{other} has the same pattern")
