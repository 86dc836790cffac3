"""What is read out of C files."""

from __future__ import annotations

import pytest

from catalogfakes import FILES
from criukb.catalogue.calls import extract
from criukb.catalogue.model import Call

UNBALANCED = """\
int g(void);
int f(void)
{
#ifdef A
	if (a) {
#else
	if (b) {
#endif
	}
}
int h(void)
{
	pr_err("x");
}
"""


def one(text: str) -> Call:
    found = extract({"criu/x.c": text})
    assert len(found) == 1
    return found[0]


def test_the_small_tree() -> None:
    """Joined literals, escapes, PRI macros, both arms of a condition, and macros that lead to a print call."""
    rows = [(c.call, c.level, c.printed, c.function, c.line, c.macro) for c in extract(FILES)]
    assert rows == [
        ("pr_perror", "error", "Can't open %s: %s", "light", 9, "xopen"),
        ("pr_err", "error", "Lamp %s has no oil (%lu left)", "light", 12, None),
        ("pr_warn", "warn", 'Tab\there "quoted" A', "light", 16, None),
        ("pr_err", "error", "%d: Wick %d is wet", "light", 17, "lamp_err"),
        ("pr_perror", "error", "Too bright: %s", "quench", 23, None),
        ("pr_perror", "error", "Too dark: %s", "quench", 23, None),
        ("print_on_level", "warn", "Ashes", "quench", 24, None),
        ("print_on_level", "varies", "Smoke from %s", "quench", 25, None),
    ]


def test_prefix_and_last_line() -> None:
    """LOG_PREFIX is known beside the format, and a call over two lines has both."""
    call = next(c for c in extract(FILES) if c.line == 12)
    assert (call.prefix, call.last_line) == ("lamp: ", 13)


def test_prefix_of_a_header() -> None:
    """A file without a LOG_PREFIX takes that of a header it includes."""
    files = {
        "plugins/p.h": '#define LOG_PREFIX "p: "\n',
        "plugins/p.c": '#include "p.h"\nvoid f(void)\n{\npr_err("a");\n}\n',
    }
    assert [c.prefix for c in extract(files)] == ["p: "]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('int f(int a)\n{\n\tpr_err("x");\n}\n', "f"),
        ('static __attribute__((unused)) int f(void) __attribute__((cold))\n{\n\tpr_err("x");\n}\n', "f"),
        (UNBALANCED, "h"),
        ('struct s a = {\n .b = 1 };\nint f(void) {\n for (;;) { pr_err("x"); }\n}\n', "f"),
        ('GENERATE(a, pr_err("x"))\n', None),
    ],
)
def test_functions(text: str, expected: str | None) -> None:
    """The function is the one whose body holds the call, unbalanced branches or not."""
    assert one(text).function == expected


@pytest.mark.parametrize(
    "text",
    [
        "void pr_err(const char *fmt, ...);\n",
        "void f(void)\n{\npr_err(message);\n}\n",
        'void f(void)\n{\npr_info("\\n");\n}\n',
        '#if 0\nvoid f(void)\n{\npr_err("dead");\n}\n#endif\n',
        '#define unused(x) pr_err("never called %d", x)\n',
    ],
)
def test_no_calls(text: str) -> None:
    """Declarations, formats that only run time knows, empty lines and dead code are no calls."""
    assert extract({"criu/x.c": text}) == []


@pytest.mark.parametrize("name", ["pr_err_once", "pr_warn_once", "pr_pwarn", "loge", "logerr", "pr_msg", "pr_debug"])
def test_every_print_macro(name: str) -> None:
    """Each print macro of CRIU, compel and soccr is known."""
    assert one(f'void f(void)\n{{\n{name}("a %d\\n", 1);\n}}\n').call == name


def test_string_macros_and_stringified_arguments() -> None:
    """A macro that is a text stands for it; # makes a text of an argument."""
    text = '#define HEAD "head "\n#define SAY(x) pr_err(HEAD #x " fails")\nvoid f(void)\n{\nSAY(lamp);\n}\n'
    assert one(text).format == "head lamp fails"


def test_a_direct_call_at_compels_level() -> None:
    """A level of compel is read as CRIU's."""
    assert one('void f(void)\n{\ncompel_print_on_level(COMPEL_LOG_ERROR, "a");\n}\n').level == "error"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('"%s: %s\\n", "100% dark", text', ("100%% dark: %s", "%s: %s")),
        ('"%*d of %s", 3, 4, HEAD', ("%*d of first\nsecond", "%*d of %s")),
        ('"%-5s %s", "a", b ? c : "d"', ("%-5s %s", None)),
        ('"%s%s"', ("%s%s", None)),
    ],
)
def test_texts_that_the_call_states(arguments: str, expected: tuple[str, str | None]) -> None:
    """A plain %s takes the literal that the call gives for it; the format as it stands is kept beside."""
    call = one(f'#define HEAD "first\\n" \\\n "second\\n"\nvoid f(void)\n{{\npr_err({arguments});\n}}\n')
    assert (call.format, call.raw) == expected


def test_both_arms_of_an_argument() -> None:
    """A condition between two literals makes two messages of one format."""
    text = 'void f(void)\n{\npr_msg("%s\\n", ret ? "Maybe" : "Good");\n}\n'
    assert [(c.format, c.raw) for c in extract({"criu/x.c": text})] == [("Good", "%s"), ("Maybe", "%s")]


def test_an_error_without_the_log() -> None:
    """An Error that is written past the log counts; other output does not."""
    text = 'void f(void)\n{\nfprintf(stderr, "usage\\n");\n'
    text += 'fprintf(stderr, "Error (%s:%d): " LOG_PREFIX "exec %s\\n", __FILE__, __LINE__, name);\n}\n'
    assert [(c.level, c.format, c.line) for c in extract({"criu/x.c": text})] == [("error", "exec %s", 4)]


def test_an_errno_on_its_own_line() -> None:
    """A newline in pr_perror's format breaks the line, and either half can be quoted."""
    call = one('void f(void)\n{\npr_perror("Wick is wet\\n");\n}\n')
    assert call.printed == "Wick is wet\n: %s"
    assert "Wick is wet" in call.texts()


def test_text_that_is_put_together_first() -> None:
    """A text that snprintf makes and a print call shows as %s can be quoted by a pattern; it is no Error itself."""
    text = 'void f(void)\n{\n\tsnprintf(msg, sizeof(msg), "Lamps of %s", name);\n\tpr_debug("%s: %d", msg, err);\n}\n'
    rows = [(c.call, c.level, c.format) for c in extract({"criu/x.c": text})]
    assert rows == [("snprintf", "composed", "Lamps of %s"), ("pr_debug", "debug", "%s: %d")]
