"""The policy of ``criukb gate``: which known failures may pass, until when, and how many of them."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol, TypeVar

from pydantic import Field, ValidationError, model_validator

from criukb.errors import CriukbError, Fault
from criukb.kb.langs import Lang
from criukb.kb.model import Evidence, FlakeClass, Strict, Text
from criukb.kb.yamltext import Document, read_yaml
from criukb.paths import KB_DIR

DEFAULT: Final = KB_DIR / "gate.yaml"
RANKS: Final[dict[str, int]] = {"hypothesis": 0, "likely": 1, "confirmed": 2}

Selector = Annotated[str, Field(min_length=1, max_length=200)]
Flavor = Literal["h", "ns", "uns"]
_T = TypeVar("_T", bound="Rule")


class Named(Protocol):
    """What a policy needs of an entry."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def area(self) -> str:
        """Its area."""

    @property
    def evidence(self) -> str:
        """How well it is proved: confirmed, likely or hypothesis."""

    @property
    def flake_class(self) -> str | None:
        """Its flake class; None for what is no cause."""


class Rule(Strict):
    """Which failures a rule is about: each field that is given must fit. ``tests`` are globs such as ``zdtm/*/sk-*``.

    ``until`` is the last day on which the rule holds.
    """

    reason: Annotated[str, Field(min_length=1, max_length=500)] | Text
    entries: list[Selector] = Field(default_factory=list)
    flake_class: list[FlakeClass] = Field(default_factory=list)
    area: list[Selector] = Field(default_factory=list)
    tests: list[Selector] = Field(default_factory=list)
    flavors: list[Flavor] = Field(default_factory=list)
    until: date | None = None

    @model_validator(mode="after")
    def _selects(self) -> Rule:
        if not (self.entries or self.flake_class or self.area or self.tests):
            raise ValueError("a rule says what it is about: entries, flake_class, area or tests")
        return self

    def selects(self, entry: Named, test: str, flavor: str | None, *, unknown: bool) -> bool:
        """Whether the rule is about this failure; ``unknown`` is the answer where the flavor is not known."""
        fits = (
            not self.entries or entry.id in self.entries,
            not self.flake_class or entry.flake_class in self.flake_class,
            not self.area or entry.area in self.area,
            not self.tests or any(fnmatchcase(test, pattern) for pattern in self.tests),
            not self.flavors or (unknown if flavor is None else flavor in self.flavors),
        )
        return all(fits)

    def says(self, lang: Lang) -> str:
        """Return the reason in ``lang``; one that was written in one language stays as it is."""
        return self.reason if isinstance(self.reason, str) else self.reason.get(lang)


class Allow(Rule):
    """A rule that lets failures pass; ``evidence`` and ``confidence`` are floors, ``max`` the most it lets pass."""

    evidence: Evidence | None = None
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    max: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Policy(Strict):
    """All rules; ``deny`` wins over ``allow``, and ``max_allowed`` bounds the failures of a run that pass."""

    allow: list[Allow] = Field(default_factory=list)
    deny: list[Rule] = Field(default_factory=list)
    max_allowed: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Entries(Protocol):
    """Tells the entries that a policy may name."""

    def __call__(self, name: str) -> str | None:
        """Return the id of the entry with this id or alias; None when there is none."""


def read_policy(path: Path, entries: Entries) -> Policy:
    """Read a policy; CriukbError with every fault and its line and column, names of no entry among them."""
    if not path.is_file():
        raise CriukbError.at(path, "no such file", "give a policy; kb/gate.yaml is an example")
    document = read_yaml(path)
    if not isinstance(document.data, dict):
        hint = "write allow: and deny: with lists of rules; kb/gate.yaml is an example"
        raise CriukbError.at(path, "not a policy", hint, 1)
    try:
        policy = Policy.model_validate(document.data)
    except ValidationError as error:
        raise CriukbError([_fault(e, document) for e in error.errors(include_url=False)]) from error
    faults: list[Fault] = []
    allow = [_resolved(rule, ("allow", n), entries, document, faults) for n, rule in enumerate(policy.allow)]
    deny = [_resolved(rule, ("deny", n), entries, document, faults) for n, rule in enumerate(policy.deny)]
    if faults:
        raise CriukbError(faults)
    return policy.model_copy(update={"allow": allow, "deny": deny})


def _fault(error: Any, document: Document) -> Fault:
    key = tuple(part for part in error["loc"] if part not in {"str", "Text"})
    name = ".".join(str(part) for part in key) or "policy"
    if error["type"] == "extra_forbidden":
        message, hint = f"unknown field {name!r}", "see kb/gate.yaml and criukb gate --help for the fields"
    else:
        message, hint = f"{name}: {error['msg'].removeprefix('Value error, ')}", "correct the value"
    return Fault(document.place(key), message, hint)


def _resolved(rule: _T, key: tuple[str, int], entries: Entries, document: Document, faults: list[Fault]) -> _T:
    """Return the rule with ids in place of aliases."""
    ids = [entries(name) for name in rule.entries]
    for number, (name, found) in enumerate(zip(rule.entries, ids, strict=True)):
        if found is None:
            hint = "list the entries: criukb kb list"
            faults.append(Fault(document.place((*key, "entries", number)), f"no entry {name!r}", hint))
    return rule.model_copy(update={"entries": [found for found in ids if found]})
