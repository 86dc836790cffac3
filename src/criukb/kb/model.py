"""The shape of a knowledge-base entry, as pydantic models.

Everything here is frozen and refuses unknown fields: a misspelt key is an error with a place, never silently ignored.
The JSON Schema under ``kb/schema/`` is generated from these classes.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from criukb.kb.langs import Lang

Kind = Literal["cause", "consequence", "noise"]
Evidence = Literal["confirmed", "likely", "hypothesis"]
Phase = Literal["check", "pre-dump", "dump", "restore", "page-server", "lazy-pages", "test", "runtime"]
FlakeClass = Literal[
    "race",
    "async-resource",
    "timeout",
    "environment",
    "kernel-regression",
    "criu-bug",
    "test-bug",
    "unsupported",
    "usage",
    "not-flaky",
]
Call = Literal["pr_err", "pr_perror", "pr_warn", "pr_info", "pr_debug", "pr_msg"]

_KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_RELEASE = re.compile(r"v?\d+(?:\.\d+)*\Z")
_RANGE = re.compile(r"(?:(?:>=|<=|<|>|==)\s*v?\d+(?:\.\d+)*)(?:\s*,\s*(?:>=|<=|<|>|==)\s*v?\d+(?:\.\d+)*)*\Z")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*\Z")
_URL = re.compile(r"https://[^\s<>\"']+\Z")
_COMMIT = re.compile(r"[0-9a-f]{7,40}\Z")


def _checker(pattern: re.Pattern[str], wanted: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.match(value):
            raise ValueError(f"{value!r} is not {wanted}")
        return value

    return AfterValidator(check)


Slug = Annotated[str, _checker(_KEBAB, "a kebab-case name, such as ghost-file-over-limit")]
Name = Annotated[str, _checker(_SNAKE, "a snake_case name, such as gc_commit")]
Release = Annotated[str, _checker(_RELEASE, "a release number, such as 4.1 or 6.9")]
VersionRange = Annotated[str, _checker(_RANGE, "a version range, such as '>=6.16' or '>=3.0, <4.1'")]
Url = Annotated[str, _checker(_URL, "an https:// address")]
Commit = Annotated[str, _checker(_COMMIT, "a commit id of 7 to 40 hexadecimal digits")]
Line = Annotated[str, Field(min_length=1, max_length=600)]


class Strict(BaseModel):
    """Base of every model: frozen, no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Text(Strict):
    """The same statement in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]

    def get(self, lang: Lang) -> str:
        """Return the text in ``lang``."""
        return self.zh if lang == "zh" else self.en


class Condition(Strict):
    """A test on one capture; every field that is given must hold."""

    equals: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    contains: str | None = None
    regex: str | None = None
    min: int | None = None
    max: int | None = None
    any_of: list[str] | None = None
    none_of: list[str] | None = None


class Pattern(Strict):
    """One log line: either a CRIU call (``call``, ``file``, ``format``) or a tool's own line (``tool``, ``regex``)."""

    call: Call | None = None
    file: str | None = None
    format: Line | None = None
    captures: list[str] | None = None
    tool: str | None = None
    regex: Line | None = None
    where: dict[str, str | list[str] | Condition] = Field(default_factory=dict)
    since: Release | None = None
    until: Release | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Pattern:
        is_call = self.call is not None and self.format is not None and self.file is not None
        is_tool = self.tool is not None and self.regex is not None
        mixed = (self.call or self.format or self.file) and (self.tool or self.regex)
        if mixed or not (is_call or is_tool):
            raise ValueError("a pattern has either call, file and format, or tool and regex")
        return self


class Facts(Strict):
    """Outer facts that must not contradict the match. A fact that the log does not show never excludes a match."""

    phase: list[Phase] | None = None
    test: list[str] | None = None
    flavor: list[Literal["h", "ns", "uns"]] | None = None
    kernel: VersionRange | None = None
    criu: VersionRange | None = None
    runtime: list[str] | None = None
    arch: list[str] | None = None


class Signature(Pattern):
    """A pattern plus conditions over the other lines of the same task or log."""

    all_of: list[Pattern] = Field(default_factory=list)
    any_of: list[Pattern] = Field(default_factory=list)
    none_of: list[Pattern] = Field(default_factory=list)
    before: list[Pattern] = Field(default_factory=list)
    when: Facts = Facts()


class Fact(Strict):
    """A value that the prose may use as ``{{ facts.name }}``, and where it was checked."""

    value: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]


class Fix(Strict):
    """A change that removes the cause, on the side of CRIU, the kernel, a runtime, a test or a library."""

    side: Literal["criu", "kernel", "runtime", "test", "library", "distribution"]
    commit: Commit | None = None
    subject: str | None = None
    release: Release | None = None
    url: Url | None = None
    note: Text | None = None


class Remedy(Strict):
    """One way out. Order in the entry is order of preference."""

    id: Slug
    title: Text
    how: Text
    commands: str | None = None
    cost: Text
    limits: Text


class Confirm(Strict):
    """How a reader confirms the diagnosis: a command and what it prints when the diagnosis is right."""

    command: Annotated[str, Field(min_length=1)]
    shows: Text


class Reference(Strict):
    """A public place that backs a claim, and which claim that is; prose cites it with ``{{ refs.id }}``."""

    id: Name
    kind: Literal["issue", "pull", "commit", "source", "doc", "man", "thread"]
    url: Url
    label: str
    supports: Text


class Sample(Strict):
    """Where a log under ``logs/`` comes from."""

    file: Annotated[str, Field(pattern=r"^(match|nomatch)-[a-z0-9-]+\.log$")]
    source: Annotated[str, Field(min_length=1)]


class Scope(Strict):
    """Where the failure occurs, for readers and filters."""

    kernel: VersionRange | None = None
    criu: VersionRange | None = None
    arch: list[str] = Field(default_factory=list)
    runtimes: list[str] = Field(default_factory=list)
    tests: list[str] = Field(default_factory=list)
    flavors: list[Literal["h", "ns", "uns"]] = Field(default_factory=list)
    note: Text | None = None


class Lane(Strict):
    """A participant of a sequence diagram."""

    id: Slug
    label: Text


class Step(Strict):
    """One arrow (``from`` and ``to``) or one note (``at``) of a sequence diagram, top to bottom."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: Slug | None = Field(default=None, alias="from")
    target: Slug | None = Field(default=None, alias="to")
    at: Slug | None = None
    text: Text
    style: Literal["normal", "late", "fault"] = "normal"

    @model_validator(mode="after")
    def _arrow_or_note(self) -> Step:
        arrow = self.source is not None and self.target is not None
        if arrow == (self.at is not None):
            raise ValueError("a step has either from and to, or at")
        return self


class Diagram(Strict):
    """A sequence diagram, drawn in both languages from the same steps; prose places it with ``{{ diagrams.id }}``."""

    id: Name
    title: Text
    alt: Text
    lanes: Annotated[list[Lane], Field(min_length=2, max_length=6)]
    steps: Annotated[list[Step], Field(min_length=2, max_length=24)]

    @model_validator(mode="after")
    def _known_lanes(self) -> Diagram:
        known = {lane.id for lane in self.lanes}
        used = {s for step in self.steps for s in (step.source, step.target, step.at) if s}
        if used - known:
            raise ValueError(f"unknown lanes: {', '.join(sorted(used - known))}")
        return self


class Entry(Strict):
    """One known failure, consequence or harmless line."""

    id: Slug
    aliases: list[Slug] = Field(default_factory=list)
    area: Slug
    kind: Kind
    title: Text
    summary: Text
    match: Annotated[list[Signature], Field(min_length=1)]
    leads_to: list[Slug] = Field(default_factory=list)
    phase: Annotated[list[Phase], Field(min_length=1)]
    flake_class: FlakeClass | None = None
    evidence: Evidence
    scope: Scope = Scope()
    facts: dict[Name, Fact] = Field(default_factory=dict)
    fixes: list[Fix] = Field(default_factory=list)
    remedies: list[Remedy] = Field(default_factory=list)
    confirm: list[Confirm] = Field(default_factory=list)
    diagrams: list[Diagram] = Field(default_factory=list)
    references: Annotated[list[Reference], Field(min_length=1)]
    samples: list[Sample] = Field(default_factory=list)
    related: list[Slug] = Field(default_factory=list)

    @model_validator(mode="after")
    def _cause_is_complete(self) -> Entry:
        if self.kind == "cause" and (self.flake_class is None or not self.remedies or not self.confirm):
            raise ValueError("a cause needs flake_class, at least one remedy and at least one confirm")
        return self


class Area(Strict):
    """A subsystem of CRIU: groups entries, and names the place of an unknown error by its source file."""

    id: Slug
    title: Text
    summary: Text
    files: list[str] = Field(default_factory=list)


class Term(Strict):
    """A glossary term: the preferred word per language, what it means, what not to write.

    ``apart`` are longer words that hold the term, or one of its forbidden variants, and mean something else.
    A term that is also an ordinary word is not ``linked`` from prose.
    """

    id: Slug
    en: str
    zh: str
    definition: Text
    forbidden_en: list[str] = Field(default_factory=list)
    forbidden_zh: list[str] = Field(default_factory=list)
    apart_en: list[str] = Field(default_factory=list)
    apart_zh: list[str] = Field(default_factory=list)
    linked: bool = True
