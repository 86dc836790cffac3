"""The forms of a gate's answer: text, JSON, Markdown for the job's summary, and annotations of GitHub Actions.

Names of tests and messages come from logs, so from strangers: no form lets them become anything but text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from criukb.commands.gate_texts import NOTES, TEXTS
from criukb.gate.judge import Decision, Note, Verdict
from criukb.gate.policy import Policy
from criukb.kb.langs import Lang

MAX_ROWS: Final = 500  # of each list in Markdown; GitHub takes 1 MiB for a summary
MAX_ANNOTATIONS: Final = 10  # of a kind; GitHub shows no more for one step
_MAX_CELL = 300
_PLAIN = frozenset(" -/,")


def say(key: str, lang: Lang, **values: object) -> str:
    """Return the text ``key`` in ``lang``."""
    return TEXTS[key][lang].format(**values)


def sentence(note: Note, lang: Lang) -> str:
    """Return what a note says, on one line without control characters."""
    return printable(NOTES[note.code][lang].format(**note.values))


def printable(text: object) -> str:
    """Return ``text`` on one line, without control characters and marks of an old runner's commands."""
    line = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "?" for c in line).replace("##[", "## [")[:_MAX_CELL]


def reasons(decision: Decision, policy: Policy, lang: Lang) -> str:
    """Return why a failure is allowed or not: the rule's own reason, or which rules nearly let it pass."""
    parts = [sentence(decision.why, lang)]
    if decision.rule is not None:
        rules: Sequence[Any] = policy.deny if decision.why.code == "denied" else policy.allow
        parts.append(printable(rules[decision.rule - 1].says(lang)))
    parts += [sentence(miss, lang) for miss in decision.misses]
    return ("；" if lang == "zh" else "; ").join(parts)


def name(decision: Decision) -> str:
    """Return the test, its flavor, and its invocation where there are several."""
    result = decision.result
    flavor = f" ({result.flavor})" if result.flavor else ""
    again = f" #{result.invocation}" if result.invocation > 1 else ""
    return printable(f"{result.test}{flavor}{again}")


def cause(decision: Decision) -> str:
    """Return the entry, or the message of an unknown failure."""
    return printable(decision.result.cause or decision.result.unknown_key or decision.result.step or "-")


def headline(verdict: Verdict, lang: Lang) -> str:
    """Return the verdict with its figures on one line."""
    return say(
        "head",
        lang,
        verdict=say("green" if verdict.green else "red", lang),
        run=printable(verdict.run.name),
        blocked=verdict.count(allowed=False),
        allowed=verdict.count(allowed=True),
        failed=len(verdict.decisions),
        problems=len(verdict.problems),
    )


def _counts(verdict: Verdict) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in verdict.run.counts.items())


def as_text(verdict: Verdict, policy: Policy, lang: Lang) -> Iterator[str]:
    """Yield the lines for a terminal; each failure has a line, and one for the reason."""
    yield headline(verdict, lang)
    yield f"  {say('counts', lang, counts=_counts(verdict))}"
    if verdict.problems:
        yield say("list", lang, title=say("problems", lang), count=len(verdict.problems))
        yield from (f"  - {sentence(problem, lang)}" for problem in verdict.problems)
    for key, allowed in (("blocked", False), ("allowed", True)):
        chosen = [d for d in verdict.decisions if d.allowed == allowed]
        if chosen:
            yield say("list", lang, title=say(key, lang), count=len(chosen))
        for decision in chosen:
            yield f"  - {decision.result.outcome}  {name(decision)}  {cause(decision)}"
            yield f"      {reasons(decision, policy, lang)}"
    if not verdict.green:
        yield say("next", lang)


def as_json(verdict: Verdict, policy: Policy, lang: Lang) -> dict[str, Any]:
    """Return the answer as plain data; every failure is in it, in the language of the reasons."""
    run = verdict.run
    return {
        "run": run.name,
        "job": run.job,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "green": verdict.green,
        "counts": run.counts,
        "problems": [{"code": p.code, **p.values, "text": sentence(p, lang)} for p in verdict.problems],
        "failures": [_failure(decision, policy, lang) for decision in verdict.decisions],
    }


def _failure(decision: Decision, policy: Policy, lang: Lang) -> dict[str, Any]:
    result = decision.result
    return {
        "test": result.test,
        "flavor": result.flavor,
        "invocation": result.invocation,
        "outcome": result.outcome,
        "cause": result.cause,
        "confidence": result.confidence,
        "unknown_key": result.unknown_key,
        "allowed": decision.allowed,
        "code": decision.why.code,
        "rule": decision.rule,
        "misses": [miss.code for miss in decision.misses],
        "why": reasons(decision, policy, lang),
    }


def as_markdown(verdict: Verdict, policy: Policy, lang: Lang) -> Iterator[str]:
    """Yield the lines of a summary page; allowed failures are listed too, each list up to MAX_ROWS rows."""
    yield f"### {say('title', lang)}: {say('green' if verdict.green else 'red', lang)}"
    yield ""
    yield escaped(headline(verdict, lang))
    yield ""
    yield escaped(say("counts", lang, counts=_counts(verdict)))
    if verdict.problems:
        yield from ("", f"#### {say('problems', lang)}", "")
        yield from (f"- {escaped(sentence(problem, lang))}" for problem in verdict.problems)
    for key, allowed in (("blocked", False), ("allowed", True)):
        chosen = [d for d in verdict.decisions if d.allowed == allowed]
        if chosen:
            title = say("list", lang, title=say(key, lang), count=len(chosen))
            yield from ("", f"#### {title.rstrip(':：')}", "")
            yield from _table(chosen, policy, lang)


def _table(decisions: Sequence[Decision], policy: Policy, lang: Lang) -> Iterator[str]:
    yield "| " + " | ".join(say(key, lang) for key in ("outcome", "test", "cause", "why")) + " |"
    yield "|---|---|---|---|"
    for decision in decisions[:MAX_ROWS]:
        cells = [f"<code>{escaped(text)}</code>" for text in (name(decision), cause(decision))]
        yield f"| {decision.result.outcome} | {' | '.join(cells)} | {escaped(reasons(decision, policy, lang))} |"
    if len(decisions) > MAX_ROWS:
        yield from ("", say("more", lang, count=len(decisions) - MAX_ROWS))


def escaped(text: str) -> str:
    """Return ``text`` for Markdown: every character with a meaning is a character reference."""
    return "".join(c if c.isalnum() or c in _PLAIN else f"&#{ord(c)};" for c in text)


def as_github(verdict: Verdict, policy: Policy, lang: Lang) -> Iterator[str]:
    """Yield annotations: errors for what is not allowed, warnings for what is, at most MAX_ANNOTATIONS of each."""
    errors = [(say("problems", lang), sentence(problem, lang)) for problem in verdict.problems]
    errors += [_annotation(d, policy, lang) for d in verdict.decisions if not d.allowed]
    warnings = [_annotation(d, policy, lang) for d in verdict.decisions if d.allowed]
    for kind, found in (("error", errors), ("warning", warnings)):
        shown = found if len(found) <= MAX_ANNOTATIONS else found[: MAX_ANNOTATIONS - 1]
        yield from (_command(kind, title, message) for title, message in shown)
        if len(shown) < len(found):
            yield _command(kind, say("title", lang), say("more", lang, count=len(found) - len(shown)))
    yield _command("notice", say("title", lang), headline(verdict, lang))


def _annotation(decision: Decision, policy: Policy, lang: Lang) -> tuple[str, str]:
    return name(decision), f"{decision.result.outcome}: {cause(decision)}: {reasons(decision, policy, lang)}"


def _command(kind: str, title: str, message: str) -> str:
    """Return a workflow command, escaped as the runner undoes it (actions/toolkit, core/src/command.ts)."""
    return f"::{kind} title={_data(title).replace(':', '%3A').replace(',', '%2C')}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
