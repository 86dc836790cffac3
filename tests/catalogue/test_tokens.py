"""The tokenizer: comments, strings and directives, whatever stands in them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criukb.catalogue.calls import extract
from criukb.catalogue.literals import canonical, decode, loose_parts, pri_conversion, sample, shape
from criukb.catalogue.tokens import take_apart, tokenize

C_TEXT = st.text(alphabet="\"'\\/*#(){},;=?:%\n\t abxLpr_err0123.", max_size=400)
WORDS = 'pr_err( "a %d" ) ; { } #define_X(a,b...) /* */ // " \' X( , PRIx64 f(void) # ## ? : LOG_PREFIX'
PIECES = st.lists(
    st.sampled_from([*WORDS.replace("_X", " X").split(), "\n", "\\\n", " ", "#if 0\n", "#endif\n"]), max_size=60
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a("b") // c "d"\n e', ["a", "(", '"b"', ")", "e"]),
        ('/* "x" */ y /* z', ["y"]),
        (r'"a\"b" c', [r'"a\"b"', "c"]),
        ('\'"\' "s"', ["'\"'", '"s"']),
        ('"never closed\nnext', ['"never closed', "next"]),
        ("// joined \\\nstill a comment\nx", ["x"]),
        ("it's\nx", ["it", "'s", "x"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """Comments vanish, strings stay whole, and what is never closed ends with its line."""
    assert [token.text for token in tokenize(text)] == expected


@given(C_TEXT)
def test_any_text_is_read(text: str) -> None:
    """Every token stands in the text where it says, in order, and nothing raises."""
    last = 0
    for token in tokenize(text):
        assert token.start >= last
        assert text.startswith(token.text, token.start)
        last = token.start + len(token.text)


@given(PIECES)
def test_any_mixture_is_taken_apart(pieces: list[str]) -> None:
    """Broken C gives calls or none, never an error; each has a line of the file."""
    text = "".join(pieces)
    for call in extract({"criu/x.c": text}):
        assert 1 <= call.line <= call.last_line <= text.count("\n") + 1
        assert call.format.strip()


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_literals_come_back(text: str) -> None:
    """A text that is written as a C literal is decoded to itself."""
    escaped = "".join(c if c.isalnum() or c == " " else f"\\{ord(c):03o}" for c in text)
    assert decode(f'"{escaped}"') == text


@pytest.mark.parametrize(
    "unit", ['"', "/*", "'", '"\\"', "pr_err(", "pr_err((", "#define a(b) pr_err(b)\n", "\\\n", "{", "#if 0\n", "x?"]
)
def test_time_grows_with_the_text(unit: str) -> None:
    """A quarter of a megabyte of the worst that can be repeated takes seconds at most, not minutes."""
    start = time.perf_counter()
    extract({"criu/x.c": unit * (250_000 // len(unit))})
    assert time.perf_counter() - start < 20


def test_macros_that_grow_are_cut() -> None:
    """Macros of macros that would print millions of calls end at the limit."""
    text = '#define a(x) pr_err("%d " #x, 1); pr_err("b")\n'
    text += "".join(f"#define {n}(x) {' '.join(f'{o}(x);' * 40)}\n" for n, o in ("ba", "cb", "dc"))
    text += "void f(void)\n{\n" + "d(1);\n" * 200 + "}\n"
    assert len(extract({"criu/x.c": text})) <= 100_000


def test_directives() -> None:
    """Macros have parameters only when the parenthesis touches the name; #if 0 is dead, #else lives."""
    unit = take_apart('#include "a.h"\n#define A(x, y...) f(x)\n#define B (1)\n#if 0\ndead\n#else\nalive\n#endif\n')
    assert [(m.name, m.params) for m in unit.macros] == [("A", ("x", "y...")), ("B", None)]
    assert [token.text for token in unit.code] == ["alive"]
    assert unit.includes == ("a.h",)


@pytest.mark.parametrize(
    ("fmt", "expected"),
    [
        ('%"PRIx64" of %lu\\n', "%lx of %lu"),
        ("a \t b", "a b"),
    ],
)
def test_canonical(fmt: str, expected: str) -> None:
    """PRI macros and blanks have one spelling."""
    assert canonical(fmt) == expected


def test_shapes_and_samples() -> None:
    """Lengths and flags do not count in a shape; a sample looks like a line."""
    assert shape("%#lx %-5u %i %m 100%%") == "%x %d %d %s 100%%"
    assert sample("id %#x ino %d at %s 100%%") == "id 0x1 ino 1 at  100%"
    assert loose_parts("a %d 5%% b %s") == ["a ", " 5% b ", ""]
    assert [pri_conversion(n) for n in ("PRIu64", "PRIxPTR", "PRId32", "PRIFOO")] == ["lu", "lx", "d", None]
