"""Markdown for text from strangers: building it so that nothing escapes, and rendering it without raw HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin

from criukb.publish.figure import Table

MAX_LINE = 400
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_FENCE = re.compile(r" {0,8}(?P<mark>```+|~~~+)")
_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)(?:.+?)(?<!`)\1(?!`)", re.DOTALL)
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!https://[^\s<>]*>)")
_MD_LINK = re.compile(r"(?P<stem>[A-Za-z0-9._/-]+\.(?:en|zh))\.md(?P<anchor>#.*)?\Z")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_SPECIAL = re.compile(r"[\\`*\[\]{}]|(?<![^\W_])_|_(?![^\W_])")
_ENTITY = re.compile(r"[&<>|~^]|==+")
_STARTS_BLOCK = re.compile(r"\d+(?=[.)](?:\s|$))|(?=[-+#](?:\s|$|#))|(?=[!?]{3})")
_ADDRESS = re.compile(r"(https://[A-Za-z0-9._~/?#@!$&+=%:-]+[A-Za-z0-9/])")
_NOT_WORD = re.compile(r"[^\w\u4e00-\u9fff]+")


def inline(text: str) -> str:
    """Escape plain text for a line or table cell of Markdown; `code spans` stay, all else is literal."""
    flat = _flat(text)
    parts: list[str] = []
    last = 0
    for span in _CODE.finditer(flat):
        parts += [_literal(flat[last : span.start()]), _span(span)]
        last = span.end()
    escaped = "".join([*parts, _literal(flat[last:])])
    start = _STARTS_BLOCK.match(escaped)
    return f"{start[0]}{_block_mark(escaped[start.end() :])}" if start else escaped


def _block_mark(text: str) -> str:
    # The site's Markdown knows no backslash before a question mark.
    return f"&#63;{text[1:]}" if text.startswith("?") else f"\\{text}"


def plain(text: str) -> str:
    """Return ``text`` without its backticks, escaped for HTML: for titles, which MkDocs writes unescaped."""
    return html.escape(_CODE.sub(lambda m: m[2].strip(), _flat(text)), quote=False)


def _flat(text: str) -> str:
    return " ".join(_CONTROL.sub("", text).split())


def _span(span: re.Match[str]) -> str:
    # A pipe would end the table cell, inside a code span too.
    return _literal(span[2]) if "|" in span[2] else span[0]


def _literal(text: str) -> str:
    escaped = _SPECIAL.sub(lambda m: f"\\{m[0]}", text)
    return _ENTITY.sub(lambda m: "".join(f"&#{ord(char)};" for char in m[0]), escaped)


def cited(text: str) -> str:
    """Escape plain text in which https addresses become links."""
    return "".join(f"<{part}>" if i % 2 else _edge(part) for i, part in enumerate(_ADDRESS.split(text)))


def _edge(text: str) -> str:
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :] if text.strip() else ""
    return f"{lead and ' '}{inline(text)}{tail and ' '}"


def code(text: str) -> str:
    """Return ``text`` as a code span that nothing inside can close; in a table its pipes stay whole."""
    flat = " ".join(_CONTROL.sub("\ufffd", text).split())[:MAX_LINE]
    if "|" in flat or not flat:
        return inline(flat.replace("`", "'"))
    mark = "`" * (_longest_run([flat]) + 1)
    pad = " " if flat[0] == "`" or flat[-1] == "`" else ""
    return f"{mark}{pad}{flat}{pad}{mark}"


def fence(text: str, language: str = "text", most: int | None = None) -> str:
    """Return ``text`` as a code block that nothing inside can close; more than ``most`` lines are cut, and say so."""
    lines = [_CONTROL.sub("\ufffd", line)[:MAX_LINE] for line in text.splitlines()]
    if most is not None and len(lines) > most:
        lines = [*lines[:most], "[...]"]
    mark = "`" * max(3, _longest_run(lines) + 1)
    return "\n".join([f"{mark}{language}", *lines, mark])


def _longest_run(lines: Sequence[str]) -> int:
    return max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)


def link(text: str, url: str) -> str:
    """Return a link; ``text`` is plain text."""
    return f"[{inline(text)}]({url.replace(' ', '%20').replace(')', '%29')})"


def table(data: Table) -> str:
    """Return a Markdown table; cells are plain text in which `code spans` stay."""
    marks = ["---:" if i in data.numeric else "---" for i in range(len(data.columns))]
    return raw_table(data.columns, [[inline(cell) for cell in row] for row in data.rows], marks)


def raw_table(columns: Sequence[str], rows: Sequence[Sequence[str]], marks: Sequence[str] = ()) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [list(columns), list(marks) or ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell or ' ' for cell in line)} |" for line in lines)


def neutral(text: str) -> str:
    """Make raw HTML in Markdown prose harmless for any renderer, and leave code as it is."""
    out: list[str] = []
    prose: list[str] = []
    mark = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found and (not mark or (found["mark"].startswith(mark) and not line.strip().strip(mark[0]))):
            out += _neutral_prose(prose)
            prose, mark = [], "" if mark else found["mark"]
            out.append(line)
        elif mark:
            out.append(line)
        else:
            prose.append(line)
    return "\n".join([*out, *_neutral_prose(prose)])


def _neutral_prose(lines: list[str]) -> list[str]:
    text = "\n".join(lines)
    parts: list[str] = []
    last = 0
    for span in _SPAN.finditer(text):
        parts += [_TAG.sub("&lt;", text[last : span.start()]), span[0]]
        last = span.end()
    return "".join([*parts, _TAG.sub("&lt;", text[last:])]).split("\n") if lines else []


def slug(text: str) -> str:
    """Return an anchor for a heading, in any script."""
    return _NOT_WORD.sub("-", text.lower()).strip("-") or "section"


def _safe_link(url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in {"https", ""} and not parts.netloc.startswith("\\") and (parts.scheme != "" or not parts.netloc)
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).enable(["table"])
    parser.use(admon_plugin)
    parser.validateLink = _safe_link  # type: ignore[method-assign]
    parser.add_render_rule("admonition_open", _open_admonition)
    parser.add_render_rule("admonition_close", _close_admonition)
    parser.add_render_rule("admonition_title_open", _open_title)
    parser.add_render_rule("admonition_title_close", _close_title)
    parser.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _folded(token: Token) -> bool:
    return token.markup.startswith("???")


def _open_admonition(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    kind = slug(token.meta.get("tag", "note")) if token.meta else "note"
    tag = "details" if _folded(token) else "div"
    return f'<{tag} class="admonition {kind}">\n'


def _close_admonition(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return "</details>\n" if _folded(tokens[index]) else "</div>\n"


def _open_title(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return "<summary>" if _folded(_owner(tokens, index)) else '<p class="admonition-title">'


def _close_title(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return "</summary>\n" if _folded(_owner(tokens, index)) else "</p>\n"


def _owner(tokens: Sequence[Token], index: int) -> Token:
    return next(t for t in reversed(tokens[:index]) if t.type == "admonition_open")


def render(text: str, headings: list[tuple[int, str, str]] | None = None) -> str:
    """Render Markdown to HTML without raw HTML; links only to https or relative places, pictures only relative.

    Each heading gets an anchor and is appended to ``headings`` as (level, text, anchor).
    Relative links to ``name.en.md`` become ``name.en.html``.
    """
    tokens = _parser().parse(text)
    headings = [] if headings is None else headings
    taken = {anchor for _, _, anchor in headings}
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _plain(tokens[index + 1])
            anchor = _free(slug(title), taken)
            token.attrSet("id", anchor)
            headings.append((int(token.tag[1]), title, anchor))
        for child in token.children or ():
            _clean(child)
    return str(_parser().renderer.render(tokens, _parser().options, {}))


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or () if child.type in {"text", "code_inline"})


def _free(anchor: str, taken: set[str]) -> str:
    name, number = anchor, 2
    while name in taken:
        name, number = f"{anchor}-{number}", number + 1
    taken.add(name)
    return name


def _clean(token: Token) -> None:
    if token.type == "link_open":
        href = str(token.attrGet("href") or "")
        found = _MD_LINK.match(href)
        if found:
            token.attrSet("href", f"{found['stem']}.html{found['anchor'] or ''}")
        elif href.startswith("https://"):
            token.attrSet("rel", "noopener noreferrer")
    if token.type == "image" and urlsplit(str(token.attrGet("src") or "")).scheme:
        token.type, token.content = "text", _plain(token)
