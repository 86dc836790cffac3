"""Jinja2 over ``templates/articles``: every value from entries and logs goes through an escaping filter."""

from __future__ import annotations

from functools import cache

import jinja2

from criukb.kb.langs import Lang
from criukb.kb.model import Text
from criukb.paths import TEMPLATES_DIR
from criukb.publish import markdown
from criukb.publish.texts import texts


@cache
def environment(lang: Lang) -> jinja2.Environment:
    """Return the environment of ``lang``.

    Filters: ``say`` (a bilingual text, escaped, its code spans kept), ``code``, ``fence``, ``link``.
    """
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES_DIR / "articles"),
        autoescape=False,  # noqa: S701 - the output is Markdown, its filters escape and the renderer knows no HTML
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def say(value: Text | str) -> str:
        return markdown.inline(value if isinstance(value, str) else value.get(lang))

    def link(value: Text | str, url: str) -> str:
        return markdown.link(value if isinstance(value, str) else value.get(lang), url)

    env.filters |= {"say": say, "code": markdown.code, "fence": markdown.fence, "link": link}
    env.globals |= {"t": texts(lang)}
    return env


def render(name: str, lang: Lang, **values: object) -> str:
    """Render ``templates/articles/<name>.md.j2``."""
    return environment(lang).get_template(f"{name}.md.j2").render(**values).strip()
