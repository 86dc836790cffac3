"""The rules of diagnosis, on small knowledge bases."""

from __future__ import annotations

from pathlib import Path

import pytest

from criukb.match.result import Outer
from kbfactory import diagnoser, entry


def err(message: str, *, pid: int | None = None, file: str = "criu/x.c") -> str:
    return f"(00.1) {f'{pid}: ' if pid else ''}Error ({file}:1): {message}"


def test_cause_and_chain(tmp_path: Path) -> None:
    """The first cause wins; consequences after it make its chain, in order, each once."""
    d = diagnoser(
        tmp_path,
        entry("root", "broke %d"),
        entry("follows", "then %d failed", kind="consequence"),
        entry("last", "FAILED.", kind="consequence"),
    )
    answer = d.diagnose([err("broke 1"), err("then 2 failed"), err("then 3 failed"), err("FAILED.")])
    assert (answer.verdict, answer.cause.id, answer.chain) == ("known", "root", ("root", "follows", "last"))
    assert answer.cause.captures == {"broke": 1}
    assert answer.cause.lines == (1,)


def test_noise_alone_is_clean(tmp_path: Path) -> None:
    """A log whose only Error lines are noise is clean."""
    d = diagnoser(tmp_path, entry("hum", "hum %d", kind="noise"))
    assert d.diagnose([err("hum 1"), "(00.2) all is well"]).verdict == "clean"


def test_unknown_error_is_not_guessed_at(tmp_path: Path) -> None:
    """An Error that no entry knows gives verdict unknown, with its line, file and masked key."""
    d = diagnoser(tmp_path, entry("root", "broke %d"))
    answer = d.diagnose([err("strange 0x1f at /a/b 12")])
    assert (answer.verdict, answer.cause) == ("unknown", None)
    assert [(u.line, u.file, u.key) for u in answer.unknown] == [(1, "criu/x.c", "strange 0xN at /PATH N")]


def test_only_consequences_is_unknown(tmp_path: Path) -> None:
    """Consequences without their cause name nothing."""
    d = diagnoser(tmp_path, entry("last", "FAILED.", kind="consequence"))
    answer = d.diagnose([err("FAILED.")])
    assert (answer.verdict, answer.chain) == ("unknown", ("last",))


def test_second_independent_cause(tmp_path: Path) -> None:
    """A second cause is shown as second, unless the first one leads to it."""
    both = [err("broke 1"), err("also 2")]
    apart = diagnoser(tmp_path / "a", entry("root", "broke %d"), entry("other", "also %d"))
    assert [found.id for found in apart.diagnose(both).secondary] == ["other"]
    joined = diagnoser(tmp_path / "b", entry("root", "broke %d", leads_to=["other"]), entry("other", "also %d"))
    answer = joined.diagnose(both)
    assert (answer.secondary, answer.chain) == ((), ("root", "other"))


def test_an_unknown_error_before_lowers_confidence(tmp_path: Path) -> None:
    """A cause found behind an unexplained Error is named with less confidence, and the basis says why."""
    d = diagnoser(tmp_path, entry("root", "broke the long thing %d"))
    sure = d.diagnose([err("broke the long thing 1")]).cause
    unsure = d.diagnose([err("strange"), err("broke the long thing 1")]).cause
    assert sure.confidence > unsure.confidence
    assert any("unknown Error" in reason for reason in unsure.basis)


def test_the_more_specific_signature_wins(tmp_path: Path) -> None:
    """Of two causes on one line the one with more fixed text and conditions wins; the other says why it lost."""
    narrow = entry("narrow", "x")
    narrow["match"][0] |= {"format": "broke %s", "where": {"broke": "glass"}}
    d = diagnoser(tmp_path, entry("wide", "broke %s"), narrow)
    answer = d.diagnose([err("broke glass")])
    assert answer.cause.id == "narrow"
    assert [c.id for c in answer.candidates] == ["wide"]
    assert d.diagnose([err("broke wood")]).cause.id == "wide"


@pytest.mark.parametrize(
    ("conditions", "lines", "named"),
    [
        ({"all_of": ["other %d"]}, ["broke 1", "other 2"], True),
        ({"all_of": ["other %d"]}, ["broke 1"], False),
        ({"any_of": ["one %d", "two %d"]}, ["broke 1", "two 2"], True),
        ({"any_of": ["one %d", "two %d"]}, ["broke 1"], False),
        ({"none_of": ["other %d"]}, ["broke 1", "other 2"], False),
        ({"none_of": ["other %d"]}, ["broke 1"], True),
        ({"before": ["other %d"]}, ["other 2", "broke 1"], True),
        ({"before": ["other %d"]}, ["broke 1", "other 2"], False),
    ],
)
def test_conditions_over_lines(tmp_path: Path, conditions: dict, lines: list[str], *, named: bool) -> None:
    """all_of, any_of, none_of and before look at the other lines of the log."""
    data = entry("root", "broke %d")
    for name, formats in conditions.items():
        data["match"][0][name] = [{"call": "pr_err", "file": "criu/x.c", "format": fmt} for fmt in formats]
    answer = diagnoser(tmp_path, data).diagnose([err(line) for line in lines])
    assert named == (answer.cause is not None)
    assert named or any(name in answer.candidates[0].lost_because for name in conditions)


@pytest.mark.parametrize(
    ("when", "outer", "named"),
    [
        ({"kernel": ">=6.16"}, Outer(kernel="6.18.44"), True),
        ({"kernel": ">=6.16"}, Outer(kernel="6.1"), False),
        ({"kernel": ">=6.16"}, Outer(), True),
        ({"criu": "<4.2"}, Outer(criu="4.2.1"), False),
        ({"phase": ["restore"]}, Outer(phase="dump"), False),
        ({"test": ["zdtm/static/sit*"]}, Outer(test="zdtm/static/sit"), True),
        ({"test": ["zdtm/static/sit*"]}, Outer(test="zdtm/static/fd01"), False),
        ({"flavor": ["h"]}, Outer(flavor="ns"), False),
    ],
)
def test_outer_facts(tmp_path: Path, when: dict, outer: Outer, *, named: bool) -> None:
    """A contradicting fact excludes; a fact that is not known never does."""
    data = entry("root", "broke %d")
    data["match"][0]["when"] = when
    assert named == (diagnoser(tmp_path, data).diagnose([err("broke 1")], outer).cause is not None)


def test_facts_from_the_log_itself(tmp_path: Path) -> None:
    """The CRIU release in the log's header counts as an outer fact."""
    data = entry("root", "broke %d")
    data["match"][0]["when"] = {"criu": "<4.2"}
    answer = diagnoser(tmp_path, data).diagnose(["(00.0) Version: 4.2 (gitid 0)", err("broke 1")])
    assert answer.cause is None


def test_file_is_compared_by_its_tail(tmp_path: Path) -> None:
    """Old logs print x.c, some distributions an absolute path; another file of that name is another file."""
    d = diagnoser(tmp_path, entry("root", "broke %d"))
    assert d.diagnose([err("broke 1", file="x.c")]).cause
    assert d.diagnose([err("broke 1", file="/usr/src/debug/criu-4.1/criu/x.c")]).cause
    assert not d.diagnose([err("broke 1", file="plugins/x.c")]).cause


def test_only_the_failing_step_of_a_zdtm_block_counts(tmp_path: Path) -> None:
    """What a successful dump printed is no reason for a restore that failed."""
    d = diagnoser(tmp_path, entry("first", "broke %d"), entry("second", "also %d"))
    block = [
        "Run criu dump",
        err("broke 1"),
        "Run criu restore",
        err("also 2"),
        "### Test zdtm/static/x FAIL at CRIU restore ###",
    ]
    answer = d.diagnose(block)
    assert (answer.cause.id, answer.secondary, answer.log_kind) == ("second", (), "zdtm-console")


def test_an_unknown_error_in_a_finished_log_is_no_clean_log(tmp_path: Path) -> None:
    """CRIU may say success and be wrong: an Error that nobody knows stays unknown."""
    d = diagnoser(tmp_path, entry("root", "broke %d"))
    assert d.diagnose([err("strange"), "(00.9) Dumping finished successfully"]).verdict == "unknown"


def test_a_bare_text_that_nothing_knows_is_unknown(tmp_path: Path) -> None:
    """A pasted message without CRIU's prefix is no clean log."""
    d = diagnoser(tmp_path, entry("root", "broke the long thing %d"))
    assert d.diagnose(["something odd happened"]).verdict == "unknown"
    assert d.diagnose(["broke the long thing 1"]).verdict == "known"


def test_a_failed_zdtm_record_is_never_clean(tmp_path: Path) -> None:
    """When the harness says FAIL and no line tells why, the verdict is unknown."""
    d = diagnoser(tmp_path, entry("root", "broke %d"))
    block = ["(00.9) Restore finished successfully", "### Test zdtm/static/x FAIL at mounts compare ###"]
    assert d.diagnose(block).verdict == "unknown"


def test_the_test_programs_own_error_is_listed(tmp_path: Path) -> None:
    """An ERR or FAIL line of a zdtm test counts as an unknown Error, under the test's source file."""
    d = diagnoser(tmp_path, entry("root", "broke %d"))
    line = "08:14:29.529:     5: FAIL: file_lease02.c:132: Ghost signal (errno = 11 (Resource temporarily unavailable))"
    (unknown,) = d.diagnose([line]).unknown
    assert (unknown.file, "Ghost signal" in unknown.key) == ("file_lease02.c", True)


def test_a_record_that_a_mail_program_broke(tmp_path: Path) -> None:
    """Lines without a prefix behind a record are joined to it when only that makes it known."""
    d = diagnoser(tmp_path, entry("root", "broke %s of %d size, increase limit"))
    answer = d.diagnose([err("broke"), "  /a/b of 7 size,", "  increase limit", err("strange"), "tail"])
    assert answer.cause is not None
    assert answer.cause.captures == {"broke": "/a/b", "of": 7}
    assert [u.line for u in answer.unknown] == [4]
