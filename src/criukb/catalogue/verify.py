"""Whether the formats of the entries exist in CRIU's source, and in the releases that they claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from criukb.catalogue.literals import canonical, shape
from criukb.catalogue.model import Call, Catalogue
from criukb.errors import Place
from criukb.kb.base import EntryFolder, KnowledgeBase
from criukb.kb.model import Pattern
from criukb.match.pattern import call_level, same_file
from criukb.match.versions import version_key

_LEVELS = {"info": {"info", "debug", "msg", "composed"}}


@dataclass(frozen=True, slots=True)
class Claim:
    """One pattern of an entry that names a print call; ``role`` is match or the condition it belongs to."""

    entry: str
    role: str
    pattern: Pattern
    place: Place

    @property
    def printed(self) -> str:
        """The format with what its call adds."""
        fmt = self.pattern.format or ""
        return f"{canonical(fmt)}: %s" if self.pattern.call == "pr_perror" else fmt


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the sources say of a claim.

    ``found`` are the releases with that very format in that file at that level, ``alike`` those where only the
    conversions differ, ``elsewhere`` those where another file has the format. ``faults`` say what does not hold,
    ``notes`` where the format exists beyond since and until, which may be meant.
    """

    claim: Claim
    found: tuple[str, ...]
    alike: tuple[str, ...]
    elsewhere: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def nowhere(self) -> bool:
        """Whether no given source has the call."""
        return not self.found and not self.alike


def claims(kb: KnowledgeBase) -> Iterator[Claim]:
    """Yield every pattern with a format, those of conditions included."""
    for folder in kb.entries.values():
        for index, signature in enumerate(folder.entry.match):
            groups: dict[str, Sequence[Pattern]] = {
                "match": [signature],
                "all_of": signature.all_of,
                "any_of": signature.any_of,
            }
            groups |= {"none_of": signature.none_of, "before": signature.before}
            for role, patterns in groups.items():
                yield from _claims(folder, role, patterns, index)


def _claims(folder: EntryFolder, role: str, patterns: Sequence[Pattern], index: int) -> Iterator[Claim]:
    for number, pattern in enumerate(patterns):
        if pattern.format is not None:
            key: tuple[str | int, ...] = ("match", index) if role == "match" else ("match", index, role, number)
            yield Claim(folder.id, role, pattern, folder.document.place((*key, "format")))


def verify(claim: Claim, catalogues: Sequence[Catalogue]) -> Verdict:
    """Check one claim against ``catalogues``, which are sorted oldest first."""
    found = tuple(c.release for c in catalogues if any(_same(claim, call) for call in _exact(claim, c)))
    alike = tuple(c.release for c in catalogues if any(_same(claim, call) for call in _alike(claim, c)))
    elsewhere = tuple(c.release for c in catalogues if c.release not in alike and any(_alike(claim, c)))
    # A conversion that only changed its length prints the same: either reading of the bounds will do.
    faults = _missing(claim.pattern, catalogues, found) and _missing(claim.pattern, catalogues, alike)
    notes = _beyond(claim.pattern, found)
    if not found and not alike:
        faults = ["found in none of the given sources"]
        notes = [f"in another file, or at another level, of {_span(elsewhere)}"] if elsewhere else []
    return Verdict(claim, found, alike, elsewhere, tuple(faults), tuple(notes))


def known_calls(claim: Claim, catalogue: Catalogue) -> list[Call]:
    """Return the calls of ``catalogue`` whose lines the claim's pattern matches, whatever its conditions."""
    return [call for call in _alike(claim, catalogue) if _same(claim, call)]


def _exact(claim: Claim, catalogue: Catalogue) -> Sequence[Call]:
    return catalogue.by_text.get(canonical(claim.printed), ())


def _alike(claim: Claim, catalogue: Catalogue) -> Sequence[Call]:
    return catalogue.by_shape.get(shape(claim.printed), ())


def _same(claim: Claim, call: Call) -> bool:
    level = call_level(claim.pattern.call or "")
    if call.level not in _LEVELS.get(level, {level}) | {"varies"}:
        return False
    return same_file(call.file, claim.pattern.file or "")


def _missing(pattern: Pattern, catalogues: Sequence[Catalogue], found: Sequence[str]) -> list[str]:
    known = set(found)
    # A `since` that is not given claims nothing: what came before the first find is all the same.
    # An `until` that is not given, beside a `since`, claims that the call is there to this day.
    since = pattern.since or (found[0] if found else None)
    missing = [c.release for c in catalogues if c.release not in known and _within(c.release, since, pattern.until)]
    claimed = missing and (pattern.since or pattern.until)
    return [f"claimed for, but not in {_span(missing)}"] if claimed else []


def _beyond(pattern: Pattern, found: Sequence[str]) -> list[str]:
    notes = []
    before = [release for release in found if _before(release, pattern.since)]
    if before:
        notes.append(f"since is {pattern.since}, but it is already in {_span(before)}")
    after = [release for release in found if _before(pattern.until, release)]
    if after:
        notes.append(f"until is {pattern.until}, but it is still in {_span(after)}")
    return notes


def _within(release: str, since: str | None, until: str | None) -> bool:
    return not _before(release, since) and not _before(until, release)


def _before(release: str | None, bound: str | None) -> bool:
    """Whether ``release`` comes before ``bound``; False when either is not given."""
    if release is None or bound is None:
        return False
    return (version_key(release) or ()) < (version_key(bound) or ())


def expected_in(pattern: Pattern, release: str) -> bool:
    """Whether the bounds of ``pattern`` let one expect it in ``release``."""
    return version_key(release) is None or _within(release, pattern.since, pattern.until)


def _span(releases: Sequence[str]) -> str:
    if len(releases) == 1:
        return releases[0]
    return f"{releases[0]} to {releases[-1]} ({len(releases)} releases)"


def span(releases: Sequence[str], every: Sequence[str]) -> str:
    """Return ``releases`` as ranges of ``every``, such as ``1.3-3.11, 3.13-4.2``; ``-`` when there are none."""
    ranges: list[list[str]] = []
    last = -2
    for index, release in enumerate(every):
        if release in releases:
            if index == last + 1:
                ranges[-1] = [ranges[-1][0], release]
            else:
                ranges.append([release])
            last = index
    return ", ".join("-".join(pair) for pair in ranges) or "-"
