"""A stand-in for the knowledge base, and small consoles, for the tests of runs and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from criukb.match.diagnose import Diagnosis, Found, Outer, UnknownLine, mask

NAMED = "Can't get rlimit"


@dataclass
class FakeDiagnoser:
    """Knows one cause, and remembers the outer facts that it was asked with."""

    asked: list[Outer] = field(default_factory=list)

    def diagnose(self, lines: Sequence[str], outer: Outer | None = None) -> Diagnosis:
        """Name rlimit-denied where its line is, else list the lines of criu/x.c as unknown."""
        self.asked.append(outer or Outer())
        for number, line in enumerate(lines, 1):
            if NAMED in line:
                title = {"en": "t", "zh": "t"}
                cause = Found("rlimit-denied", title, title, 0.95, (), {}, (number,))
                return Diagnosis("known", "zdtm", cause=cause, chain=("dump-failed",))
        unknown = tuple(
            UnknownLine(n, None, line, None, mask(line)) for n, line in enumerate(lines, 1) if "Error (criu/x.c" in line
        )
        return Diagnosis("unknown" if unknown else "clean", "zdtm", unknown=unknown)


def sep(title: str, char: str = "=") -> str:
    return f" {title} ".center(80, char)


def console(results: Sequence[tuple[str, Sequence[tuple[str, str, str]]]], *, head: Sequence[str] = ()) -> str:
    """Return a whole console: (test, [(flavor, end, extra line)]), where end is PASS, a step, or empty for a crash."""
    lines = list(head)
    failed = []
    for index, (test, flavors) in enumerate(results, 1):
        lines.append(f"=== Run {index}/{len(results)} {'-' * 16} {test}")
        for flavor, end, extra in flavors:
            lines += [sep(f"Run {test} in {flavor}"), "Start test", "Run criu dump"]
            lines += [extra] if extra else []
            if end == "PASS":
                lines.append(sep(f"Test {test} PASS"))
            elif end:
                lines.append(sep(f"Test {test} FAIL at {end}", "#"))
                failed.append(f" * {test}({flavor})")
            else:
                lines += ["Traceback (most recent call last):", "  x", "KeyError: 'x'"]
                failed.append(f" * {test}(unknown)")
    if failed:
        lines += [sep(f"{len(failed)} TEST(S) FAILED (TOTAL {len(results)}/SKIPPED 0)", "#"), *failed, sep("FAIL", "#")]
    else:
        lines.append(sep(f"ALL TEST(S) PASSED (TOTAL {len(results)}/SKIPPED 0)", "#"))
    return "\n".join(lines) + "\n"


def passing(*tests: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    return [(f"zdtm/static/{t}", [(f, "PASS", "") for f in ("h", "ns", "uns")]) for t in tests]
