"""``criukb gate``: status, the sample consoles, and that no form lets text of a log become more than text."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from criukb.cli import cli
from criukb.commands import gate_forms
from criukb.gate import judge
from criukb.gate import run as gate_run
from criukb.gate.policy import Policy
from criukb.paths import SAMPLE_DIR

TRIXIE = SAMPLE_DIR / "debian-trixie-criu-4.1.1-uid0-run13.console.log.gz"
SID = SAMPLE_DIR / "debian-sid-criu-4.2.1-uid0-run13.console.log.gz"
EVIL = "x|`*_[a](javascript:1)<img src=x onerror=1>\n::stop-commands::t\r\n##[error]&#60;@user\x1b[31m\u202e"
POLICY = (
    "allow:\n  - {reason: all of it, flake_class: [environment, test-bug, criu-bug, kernel-regression, unsupported]}\n"
)


def gate(*args: object) -> Result:
    return CliRunner().invoke(cli, ["gate", *map(str, args)])


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def test_sample_console_is_red_by_default() -> None:
    """None of the ten failures of this run depends on time: each is named, with the reason."""
    result = gate(SID, "--format", "json")
    run = json.loads(result.output)[0]

    assert result.exit_code == 1
    assert run["green"] is False
    assert run["counts"] == {"pass": 1054, "fail": 10, "timeout": 0, "aborted": 0, "skip": 64, "not-run": 11}
    assert len(run["failures"]) == 10
    assert {failure["code"] for failure in run["failures"]} == {"no-rule"}


def test_policy_makes_it_green_and_lists_what_it_lets_pass(policy: Path) -> None:
    """A policy that allows the known causes ends with status 0, and every failure is still listed."""
    result = gate(SID, "--policy", policy, "--lang", "en")

    assert result.exit_code == 0
    assert result.output.startswith("green: ")
    assert result.output.count("\n  - fail  ") == 10
    assert "failures that are allowed (they still failed) (10):" in result.output
    assert "all of it" in result.output


def test_unknown_failures_stay_red(policy: Path) -> None:
    """In the run with an older CRIU no policy allows the failures that no entry knows."""
    run = json.loads(gate(TRIXIE, "--policy", policy, "--format", "json").output)[0]
    codes = {failure["code"] for failure in run["failures"]}

    assert run["green"] is False
    assert len(run["failures"]) == 108
    assert "unknown" in codes
    assert sum(f["allowed"] for f in run["failures"]) > 90


def test_cut_console_is_never_green(tmp_path: Path, policy: Path) -> None:
    """The first part of a console is red even where the policy allows each failure in it."""
    cut = tmp_path / "cut.console.log"
    cut.write_bytes(gzip.decompress(SID.read_bytes())[:400_000])
    result = gate(cut, "--policy", policy, "--lang", "en")

    assert result.exit_code == 1
    assert "the run is incomplete: ends " in result.output


def test_chinese() -> None:
    """The answer speaks Chinese, with its own punctuation."""
    result = gate(SID, "--lang", "zh")

    assert result.output.startswith("不放行：")
    assert "没有规则放行 autofs-device-missing（类别 environment，证据 confirmed）" in result.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("missing.log",), "no such file"),
        (("abcdef0123",), "no store of runs here"),
        ((SID, "--policy", "missing.yaml"), "no such file"),
    ],
)
def test_bad_input(args: tuple[Any, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad input is an error with the next step, which main() ends with status 2."""
    monkeypatch.chdir(tmp_path)
    result = gate(*args)

    assert message in str(result.exception)


def verdict(count: int = 1, *, allowed: bool = False) -> judge.Verdict:
    """Return a verdict over names and messages that mean harm."""
    results = tuple(gate_run.Result(f"{n}{EVIL}", "ns", 1, "fail", unknown_key=EVIL) for n in range(count))
    run = gate_run.GateRun(EVIL, EVIL, None, results, (EVIL,))
    why = judge.Note("allowed", {"rule": 1}) if allowed else judge.Note("no-entry", {"entry": EVIL})
    rule = 1 if allowed else None
    decisions = tuple(judge.Decision(result, allowed, why, rule) for result in results)
    return judge.Verdict(run, decisions, (judge.Note("incomplete", {"reason": EVIL}),))


RULES = Policy.model_validate({"allow": [{"reason": EVIL, "area": ["a"]}]})


@pytest.mark.parametrize("allowed", [True, False])
def test_text_is_inert(*, allowed: bool) -> None:
    """A line of text holds no control character and starts no command of a runner."""
    for line in gate_forms.as_text(verdict(allowed=allowed), RULES, "en"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@pytest.mark.parametrize("allowed", [True, False])
def test_markdown_is_inert(*, allowed: bool) -> None:
    """Rendered, the summary has a table with four columns, and no link, image, HTML or emphasis from the log."""
    text = "\n".join(gate_forms.as_markdown(verdict(2, allowed=allowed), RULES, "en"))
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)

    assert set(re.findall(r"<(/?\w+)", html)) <= {
        f"{slash}{tag}" for tag in ("h3", "h4", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code")
        for slash in ("", "/")
    }  # fmt: skip
    assert html.count("<td>") == 2 * 4
    assert "&lt;img src=x onerror=1&gt;" in html
    assert "@user" in html


@pytest.mark.parametrize("allowed", [True, False])
def test_annotations_are_inert(*, allowed: bool) -> None:
    """Each line is one command whose title and message are escaped; none is started by the log."""
    lines = list(gate_forms.as_github(verdict(allowed=allowed), RULES, "en"))

    assert [line.split(" ")[0] for line in lines] == (
        ["::error", "::warning", "::notice"] if allowed else ["::error", "::error", "::notice"]
    )
    for line in lines:
        assert re.fullmatch(r"::\w+ title=[^:,\r\n]*::[^\r\n]*", line)


def test_annotations_are_bounded() -> None:
    """GitHub shows ten of a kind: the last one says how many more there are."""
    lines = list(gate_forms.as_github(verdict(50), RULES, "en"))

    assert sum(line.startswith("::error") for line in lines) == 10
    assert "and 42 more" in lines[9]


def test_markdown_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long list says how many rows it left out."""
    monkeypatch.setattr(gate_forms, "MAX_ROWS", 3)
    text = "\n".join(gate_forms.as_markdown(verdict(5), RULES, "en"))

    assert text.count("\n| fail |") == 3
    assert "and 2 more" in text


def test_percent_is_escaped_first() -> None:
    """What looks like an escape in a log stays what it was."""
    assert gate_forms._command("error", "a%3A,b", "c%0Ad\n") == "::error title=a%253A%2Cb::c%250Ad%0A"
