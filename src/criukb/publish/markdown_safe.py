"""A Markdown extension for text from strangers: no raw HTML, no scripted links, no pictures from other hosts.

It also leads links between exported articles (``other.en.md``) to the pages of the site (``other.md``).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AMP_SUBSTITUTE

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from markdown import Markdown

LINK_SCHEMES = frozenset({"", "http", "https", "mailto"})
SHORT_CODE = 18  # characters
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]")
_EXPORTED = re.compile(r"(?P<page>[A-Za-z0-9._/-]*[A-Za-z0-9-])\.(?:en|zh)\.(?:md|html)(?P<anchor>#.*)?\Z")


def scheme(url: str) -> str:
    """Return the scheme that a browser would see in ``url``: entities decoded, blanks and controls dropped."""
    bare = _BLANKS.sub("", html.unescape(url.replace(AMP_SUBSTITUTE, "&")))
    try:
        return urlsplit(bare).scheme.lower()
    except ValueError:
        return "invalid"


def is_local(url: str) -> bool:
    """Whether a picture at ``url`` lies inside the site: a relative path, nothing else."""
    bare = _BLANKS.sub("", html.unescape(url))
    return scheme(url) == "" and not bare.startswith(("/", "\\")) and "\\" not in bare


class _Step(Treeprocessor):  # type: ignore[misc]  # Markdown ships no types
    """A function over the element tree, as a step of Markdown's."""

    def __init__(self, md: Markdown, run: Callable[[Element], None]) -> None:
        super().__init__(md)
        self.run = run


def lead_to_pages(root: Element) -> None:
    """Turn links to exported articles into links to pages, before MkDocs resolves them."""
    for element in root.iter("a"):
        found = _EXPORTED.fullmatch(element.get("href", ""))
        if found:
            element.set("href", f"{found['page']}.md{found['anchor'] or ''}")


def refuse_dangers(root: Element) -> None:
    """Make plain text of dangerous links and of pictures from elsewhere; drop event handlers."""
    for element in root.iter():
        if scheme(element.get("href", "")) not in LINK_SCHEMES:
            _to_text(element)
        elif element.tag == "img" and not is_local(element.get("src", "")):
            element.text = element.get("alt")
            _to_text(element)
        for name in [name for name in element.attrib if name.lower().startswith("on")]:
            del element.attrib[name]


def _to_text(element: Element) -> None:
    element.tag = "span"
    element.attrib.clear()


def wrap_tables(root: Element, label: str) -> None:
    """Let a wide table scroll inside a group of its own, which the keyboard can reach."""
    for parent in list(root.iter()):
        for index, table in enumerate(list(parent)):
            if table.tag == "table":
                parent[index] = _wrapped(table, label)


def _wrapped(table: Element, label: str) -> Element:
    attributes = {"class": "table-scroll", "role": "group", "tabindex": "0", "aria-label": label}
    wrapper = table.makeelement("div", attributes)
    wrapper.tail, table.tail = table.tail, None
    wrapper.append(table)
    return wrapper


def mark_short_code(root: Element) -> None:
    """Mark short code, such as ``--ghost-limit``, which must not break after its hyphens."""
    for element in root.iter("code"):
        if len(element.text or "") <= SHORT_CODE and not element.get("class"):
            element.set("class", "short")


class SafeExtension(Extension):  # type: ignore[misc]  # Markdown ships no types
    """Switches raw HTML off and cleans addresses; the option ``lang`` names the language of the labels."""

    def __init__(self, **kwargs: Any) -> None:
        self.config = {"lang": ["en", "language of generated labels: en or zh"]}
        super().__init__(**kwargs)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Register the steps; MkDocs resolves links between them, at 5 and 0."""
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        label = "表格" if self.getConfig("lang") == "zh" else "Table"
        steps = md.treeprocessors
        steps.register(_Step(md, lead_to_pages), "criukb_pages", 15)
        # Once so that MkDocs does not see them, once more for what later steps may have unescaped.
        steps.register(_Step(md, refuse_dangers), "criukb_safe", 14)
        steps.register(_Step(md, partial(wrap_tables, label=label)), "criukb_tables", 4)
        steps.register(_Step(md, mark_short_code), "criukb_short_code", 3)
        steps.register(_Step(md, refuse_dangers), "criukb_safe_last", -100)


def makeExtension(**kwargs: Any) -> SafeExtension:  # noqa: N802 - the entry point that Markdown looks for
    """Make the extension with the options of mkdocs.yml."""
    return SafeExtension(**kwargs)
