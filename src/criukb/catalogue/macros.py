"""The print macros of CRIU, and the expansion of a tree's own macros that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from criukb.catalogue.literals import decode
from criukb.catalogue.tokens import Macro, Token

MAX_ARGUMENT_TOKENS = 2000
MAX_EXPANDED_TOKENS = 5000
MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Print:
    """A print macro: its level, whether it adds the errno's text, and which argument is the format."""

    level: str
    errno: bool = False
    at: int = 0


PRINTS: dict[str, Print] = {
    "pr_err": Print("error"),
    "pr_err_once": Print("error"),
    "pr_perror": Print("error", errno=True),
    "pr_warn": Print("warn"),
    "pr_warn_once": Print("warn"),
    "pr_pwarn": Print("warn", errno=True),
    "pr_info": Print("info"),
    "pr_debug": Print("debug"),
    "pr_msg": Print("msg"),
    # soccr has its own, which CRIU's log takes over
    "loge": Print("error"),
    "logerr": Print("error", errno=True),
    "logd": Print("debug"),
    # A text put together here is printed elsewhere, as "%s": a pattern may quote it.
    "snprintf": Print("composed", at=2),
}
# Functions that the macros above end in; a direct call names the level.
# After a fork without a log CRIU writes an Error itself; any other line of theirs is left out.
PLAIN = {"fprintf", "dprintf"}
DIRECT = {"print_on_level", "compel_print_on_level", "print_once"} | PLAIN
LEVELS = {"MSG": "msg", "ERROR": "error", "WARN": "warn", "INFO": "info", "DEBUG": "debug"}

Macros = Mapping[str, Sequence[Macro]]


@dataclass(slots=True)
class Budget:
    """How much expansion a tree may still ask for: macros of macros grow without bound."""

    tokens: int = 20_000_000
    spent: bool = field(default=False)

    def take(self, count: int) -> bool:
        """Take ``count`` tokens; False when there are not enough left."""
        self.tokens -= count
        self.spent = self.spent or self.tokens < 0
        return self.tokens >= 0


def wrappers(macros: Iterable[Macro], known: Iterable[str] = ()) -> dict[str, list[Macro]]:
    """Return the macros that lead to a print macro, or to one of ``known``, by name.

    CRIU's own print macros are not among them.
    """
    named: dict[str, list[Macro]] = {}
    for macro in macros:
        if macro.params is not None and macro.name not in PRINTS and macro.name not in DIRECT:
            named.setdefault(macro.name, []).append(macro)
    leading = set(PRINTS) | DIRECT | set(known)
    for _ in range(MAX_DEPTH):
        new = {name for name, rows in named.items() if name not in leading and _mentions(rows, leading)}
        if not new:
            break
        leading |= new
    return {name: rows for name, rows in named.items() if _mentions(rows, leading)}


def _mentions(rows: Sequence[Macro], names: set[str]) -> bool:
    return any(token.text in names for macro in rows for token in macro.body if token.kind == "ident")


def closing(tokens: Sequence[Token]) -> dict[int, int]:
    """Return the index of the closing parenthesis for the index of each opening one that has one."""
    stack: list[int] = []
    pairs: dict[int, int] = {}
    for index, token in enumerate(tokens):
        if token.text == "(":
            stack.append(index)
        elif token.text == ")" and stack:
            pairs[stack.pop()] = index
    return pairs


def arguments(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split the tokens between two parentheses at their outer commas."""
    result: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind == "mark":
            depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(token.text, 0)
            if token.text == "," and depth <= 0:
                result.append([])
                continue
        result[-1].append(token)
    return result


def expand(macro: Macro, given: Sequence[list[Token]]) -> list[Token]:
    """Return the macro's body with ``given`` for its parameters; cut at MAX_EXPANDED_TOKENS."""
    values = _bound(macro.params or (), given)
    result: list[Token] = []
    text_next = False
    for token in macro.body:
        if token.kind == "hash":
            text_next = token.text == "#"
            continue
        value = values.get(token.text) if token.kind == "ident" else None
        if value is None:
            result.append(token)
        elif text_next:
            result.append(token._replace(kind="string", text=_quoted(value)))
        else:
            result.extend(value)
        text_next = False
        if len(result) > MAX_EXPANDED_TOKENS:
            break
    return result


def _bound(params: Sequence[str], given: Sequence[list[Token]]) -> dict[str, list[Token]]:
    values: dict[str, list[Token]] = {}
    for index, name in enumerate(params):
        if name.endswith("..."):
            rest = [token for part in given[index:] for token in part]
            values[name.removesuffix("...") or "__VA_ARGS__"] = rest
        else:
            values[name] = list(given[index]) if index < len(given) else []
    return values


def _quoted(tokens: Sequence[Token]) -> str:
    text = "".join(token.text for token in tokens)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def string_macros(macros: Iterable[Macro]) -> dict[str, str]:
    """Return the macros without parameters that are string literals only, with their text decoded."""
    found: dict[str, str] = {}
    for macro in macros:
        if macro.params is None and macro.body and all(token.kind == "string" for token in macro.body):
            found[macro.name] = "".join(decode(token.text) for token in macro.body)
    return found
