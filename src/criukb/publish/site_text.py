"""Text for the site's Markdown pages: front matter, the parts of bilingual documents, words per language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import yaml

from criukb.kb.langs import LANGS, Lang
from criukb.kb.prose import join_cjk
from criukb.paths import TEMPLATES_DIR
from criukb.publish.markdown import fence, inline, plain
from criukb.publish.texts import number, texts

SITE_DIR = TEMPLATES_DIR / "site"
MAX_FENCE_LINES = 40
_POINTER = re.compile(r"[^\[\]]{0,30}\[[^\]]+\]\(#[^)]+\)[^\[\]]{0,30}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def attribute(text: str) -> str:
    """Return ``text`` for the value of an HTML attribute."""
    return plain(text).replace('"', "&quot;")


def language_part(text: str, lang: Lang) -> str:
    """Return the part of a bilingual document in ``lang``, without its title, headings lowered by one level.

    Each part begins with a level-1 heading; a line that only leads to the other part is left out.
    """
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line, is_code in _lines(text):
        if not is_code and line.startswith("# "):
            parts.append((line, []))
        elif is_code or not _POINTER.fullmatch(line):
            parts[-1][1].append(f"#{line}" if not is_code and re.match(r"#{2,5} ", line) else line)
    bodies = [body for title, body in parts if title and bool(_HAN.search(title)) == (lang == "zh")]
    chosen = (bodies or [parts[-1][1]])[0]
    if len(parts) > 1 and not _data(chosen):
        # Tables and listings stand once, in the first part; the other one speaks of them as above.
        chosen = [*_data(parts[1][1]), "", *chosen]
    return "\n".join(chosen).strip()


def _data(lines: list[str]) -> list[str]:
    """Return the tables and code blocks of a text, with a blank line after each."""
    kept = [line if is_code or line.startswith("|") else "" for line, is_code in _lines("\n".join(lines))]
    return [line for line, before in zip(kept, ["", *kept], strict=False) if line or before]


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it belongs to a code block."""
    mark = ""
    for line in text.splitlines():
        found = re.match(r" {0,3}(```+|~~~+)", line)
        yield line, bool(mark or found)
        if found:
            mark = "" if mark and found[1].startswith(mark) else mark or found[1]


def heading(text: str, default: str) -> str:
    """Return the first level-1 heading of a Markdown text as plain text, or ``default``."""
    found = re.search(r"^# +(.+?)\s*#*$", text, re.MULTILINE)
    return found[1] if found else default


def page(title: str, body: str, **meta: Any) -> str:
    """Return a page: front matter (which MkDocs trusts, so only this function writes it) and the body."""
    front = yaml.safe_dump({"title": plain(title), **meta}, allow_unicode=True, sort_keys=True, width=10_000)
    return f"---\n{front}---\n\n{body.strip()}\n"


@cache
def words() -> Mapping[Lang, Mapping[str, Mapping[str, str]]]:
    """Return labels: language, group (kind, flake_class, evidence, nav, count, page), key."""
    own: dict[Lang, dict[str, dict[str, str]]] = yaml.safe_load((SITE_DIR / "words.yaml").read_text(encoding="utf-8"))
    return {
        lang: {**own[lang], "kind": texts(lang).group("kind"), "flake_class": texts(lang).group("class")}
        for lang in LANGS
    }


class Pages:
    """Renders ``templates/site/pages/<name>.<lang>.md.j2``; Markdown filters: inline, plain, fence, number."""

    def __init__(self, lang: Lang, folder: Path | None = None) -> None:
        loader = jinja2.FileSystemLoader(folder or SITE_DIR / "pages")
        # The output is Markdown: HTML is escaped by the filters and refused by markdown_safe.
        self._env = jinja2.Environment(
            loader=loader,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            autoescape=False,  # noqa: S701
        )
        short = partial(fence, most=MAX_FENCE_LINES)
        self._env.filters.update(inline=inline, plain=plain, fence=short, number=number)
        self.lang = lang

    def render(self, name: str, **values: Any) -> str:
        """Return the Markdown of one page in this language, Chinese lines joined."""
        template = self._env.get_template(f"{name}.{self.lang}.md.j2")
        text = template.render(words=words()[self.lang], lang=self.lang, **values)
        return join_cjk(text) if self.lang == "zh" else text
