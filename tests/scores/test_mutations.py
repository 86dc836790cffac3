"""Every diagnosis survives the changes that mean nothing, and ends when its key text is broken."""

from __future__ import annotations

import pytest

from criukb.match.result import Diagnosis
from criukb.scores.breaking import break_key_texts
from criukb.scores.mutations import MUTATIONS
from kblogs import MatchLog, diagnoser_of_the_base, is_named, match_logs

# (mutation, entry or entry/log) -> why the diagnosis legitimately changes. Keep this short.
EXCEPTIONS: dict[tuple[str, str], str] = {}


@pytest.mark.parametrize("name", MUTATIONS)
def test_diagnosis_survives(name: str) -> None:
    """The same failure gets the same answer, whoever printed and wrapped it."""
    mutate = MUTATIONS[name]
    lost = {}
    for log in match_logs():
        answer = diagnoser_of_the_base().diagnose(mutate(log.lines))
        if not is_named(answer, log.entry_id, log.kind) and not _excepted(name, log):
            lost[str(log)] = _said(answer)
    assert lost == {}


def _excepted(name: str, log: MatchLog) -> bool:
    return (name, log.entry_id) in EXCEPTIONS or (name, str(log)) in EXCEPTIONS


def _said(answer: Diagnosis) -> str:
    return _cause(answer) or answer.verdict


# entry/log -> (the cause that is named once the entry's own text is broken, why that is right).
SUCCESSORS = {
    "seccomp-suspend-unsupported-kernel/match-moby-30684.log": (
        "check-optional-features-missing",
        "the rest of the output of criu check still says that the kernel lacks features",
    ),
}


@pytest.mark.parametrize("log", match_logs(), ids=str)
def test_breaking_the_key_text_ends_it(log: MatchLog) -> None:
    """One changed character in the fixed text of each line that matched, and the entry is not named."""
    first = diagnoser_of_the_base().diagnose(log.lines)
    end = break_key_texts(diagnoser_of_the_base(), log.entry_id, log.lines)
    answer = end.answer
    assert end.held == (), "a broken line still matches"
    assert end.lines
    assert not is_named(answer, log.entry_id, log.kind)
    if log.kind == "cause":
        # What the entry says it leads to stands in the log too, and is all that is left to explain it.
        declared = diagnoser_of_the_base().base.by_id[log.entry_id].leads_to
        assert _cause(answer) in {
            SUCCESSORS.get(str(log), (None, ""))[0],
            *(declared if str(log) not in SUCCESSORS else ()),
        }
    else:
        assert _cause(answer) in {None, _cause(first)}  # its text may serve the cause as a condition


def _cause(answer: Diagnosis) -> str | None:
    return answer.cause.id if answer.cause else None
