"""Executed notebooks to files: one self-contained HTML file, Markdown with its pictures, and the .ipynb itself."""

from __future__ import annotations

import base64
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import cast

from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode

from criukb.kb.langs import Lang
from criukb.paths import TEMPLATES_DIR
from criukb.publish import markdown, notebooks
from criukb.publish.texts import texts

NBCONVERT_DIR = TEMPLATES_DIR / "nbconvert"
_HTML_LANG: dict[Lang, str] = {"en": "en", "zh": "zh-Hans"}
_SVG = "image/svg+xml"
_ONE_LINE = re.compile(r"\s+")


@cache
def _exporter(extension: str) -> TemplateExporter:
    """Return an nbconvert exporter on our own template only, without its stock preprocessors."""
    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        template_name="criukb", extra_template_basedirs=[str(NBCONVERT_DIR)], file_extension=extension
    )
    exporter.register_filter("fence", markdown.fence)  # type: ignore[no-untyped-call]
    exporter.register_filter("escape_markdown", markdown.inline)  # type: ignore[no-untyped-call]
    return exporter


def _convert(notebook: NotebookNode, extension: str, **values: object) -> str:
    template = _exporter(extension).template
    return str(template.render(nb=notebook, resources={}, **values))


def _shown(notebook: NotebookNode) -> list[NotebookNode]:
    kinds = {"display_data", "execute_result"}
    return [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs if o.output_type in kinds]


def _meta(output: NotebookNode) -> dict[str, str]:
    return dict(output.metadata.get("criukb", {}))


def to_html(notebook: NotebookNode) -> str:
    """Return one HTML page: style and pictures inside, no scripts, nothing fetched."""
    lang = cast("Lang", notebook.metadata["criukb"]["lang"])
    headings: list[tuple[int, str, str]] = []
    body = "\n".join(_pieces(_shown(notebook), headings))
    style = (NBCONVERT_DIR / "criukb" / "style.css").read_text(encoding="utf-8")
    values = {"title": notebook.metadata["criukb"]["title"], "html_lang": _HTML_LANG[lang], "t": texts(lang)}
    return _convert(notebook, ".html", body=body, headings=headings, style=style, **values)


def _pieces(outputs: list[NotebookNode], headings: list[tuple[int, str, str]]) -> list[str]:
    pieces: list[str] = []
    for output in outputs:
        meta, data = _meta(output), output.data
        if _SVG in data:
            pieces.append(f"<figure>{_image(data[_SVG], meta)}</figure>")
        elif meta.get("role") == "caption" and pieces and pieces[-1].startswith("<figure>"):
            caption = f"<figcaption>{markdown.render(data['text/markdown'], headings).strip()}</figcaption>"
            pieces[-1] = pieces[-1].replace("</figure>", f"{caption}</figure>")
        elif meta.get("role") == "figure-data":
            table = markdown.render(data["text/markdown"], headings)
            pieces.append(f'<details class="data"><summary>{escape(meta["title"])}</summary>{table}</details>')
        elif "text/markdown" in data:
            pieces.append(markdown.render(data["text/markdown"], headings))
        else:
            pieces.append(f"<pre>{escape(data.get('text/plain', ''))}</pre>")
    return pieces


def _image(svg: str, meta: dict[str, str]) -> str:
    # As an image, not inline: a browser runs no script and fetches nothing for it, whatever it holds.
    encoded = base64.b64encode(svg.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{encoded}" alt="{escape(meta.get("alt", ""))}">'


def to_markdown(notebook: NotebookNode, name: str) -> tuple[str, dict[str, bytes]]:
    """Return the Markdown text and its pictures by file name; they belong into ``<name>_files/``."""
    pictures: dict[str, bytes] = {}
    lang = cast("Lang", notebook.metadata["criukb"]["lang"])

    def picture(output: NotebookNode) -> str:
        meta = _meta(output)
        stem = markdown.slug(meta.get("id", "picture"))
        file = next(f for f in (f"{stem}{n or ''}.svg" for n in range(len(pictures) + 1)) if f not in pictures)
        pictures[file] = output.data[_SVG].encode()
        alt = markdown.inline(_ONE_LINE.sub(" ", meta.get("alt", "")))
        return f"![{alt}]({name}_files/{file})"

    text = _convert(notebook, ".md", picture=picture, colon=texts(lang)("list.colon").strip())
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", pictures


def write(notebook: NotebookNode, folder: Path, name: str) -> list[Path]:
    """Write ``name.html``, ``name.md`` with ``name_files/`` and ``name.ipynb`` into ``folder``; return the three."""
    folder.mkdir(parents=True, exist_ok=True)
    text, pictures = to_markdown(notebook, name)
    contents = {".html": to_html(notebook), ".md": text, ".ipynb": notebooks.dumps(notebook)}
    for file, data in pictures.items():
        target = folder / f"{name}_files" / file
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)
    paths = [folder / f"{name}{suffix}" for suffix in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_text(content, encoding="utf-8", newline="\n")
    return paths
