"""``criukb site``: the documentation site from an existing build folder."""

from __future__ import annotations

import functools
import http.server
import json
import time
from pathlib import Path

import click

from criukb.commands.options import format_option, kb_option, lang_option
from criukb.kb.langs import Lang
from criukb.paths import BUILD_DIR

_DONE = {
    "en": "{pages} pages in {seconds:.1f} s; open {index}",
    "zh": "{pages} 个页面，用时 {seconds:.1f} 秒；请打开 {index}",
}
_SERVING = {"en": "serving at {address} until Ctrl+C", "zh": "正在 {address} 提供服务，按 Ctrl+C 结束"}


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=BUILD_DIR,
    show_default=True,
    help="The folder that `criukb build` filled; the site goes to its site/.",
)
@click.option("--url", "site_url", help="Address that the site will have, for its sitemap.")
@click.option(
    "--serve",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Then serve the site on this port of this machine; 0 takes a free one.",
)
@format_option("text", "json")
@lang_option
@kb_option
def command(
    out: Path, site_url: str | None, serve: int | None, output: str, lang: Lang, kb_dirs: tuple[Path, ...]
) -> None:
    """Build the documentation site, English and Chinese, from what build/ holds.

    It takes the articles, the reports and the counts of an earlier `criukb build` as they are.

    \b
    Examples:
      criukb site
      criukb site --out build --serve 8000
      criukb site --url https://docs.example.org/criukb/
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from criukb.kb.base import load_kb  # noqa: PLC0415 - --help must not load pydantic
    from criukb.publish.site import build_site  # noqa: PLC0415 - loads pyarrow

    start = time.monotonic()
    result = build_site(load_kb(kb_dirs), out, lambda message: click.echo(message, err=True), site_url)
    seconds = time.monotonic() - start
    chinese = result.root / "zh" / "index.html"
    if output == "json":
        row = {"pages": result.pages, "index": {"en": str(result.index), "zh": str(chinese)}}
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
    else:
        index = chinese if lang == "zh" else result.index
        click.echo(_DONE[lang].format(pages=sum(result.pages.values()), seconds=seconds, index=index))
    if serve is not None:
        _serve(result.root, serve, lang)


def _serve(root: Path, port: int, lang: Lang) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        click.echo(_SERVING[lang].format(address=f"http://127.0.0.1:{server.server_port}/"), err=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
