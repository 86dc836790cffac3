"""A small site, built once per session from a fixture knowledge base and a fixture build folder."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from criukb.kb.base import EntryFolder, KnowledgeBase, load_kb
from criukb.kb.langs import LANGS, Lang
from criukb.publish.site import build_site
from storefakes import row, write_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FORMER = "big-ghost-file"
START = datetime(2024, 1, 1, tzinfo=UTC)
PYTHON = 'import os\n\n\n@property\ndef f(x: int) -> str:\n    """Say."""\n    return f"{x!r}\\n" + str(1.5)  # why'
SHELL = 'for f in "$HOME"/*.log; do echo -e "$f\\n" | sort; done  # why'
WEEK = "2024-W01"
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="200" viewBox="0 0 640 200">'
    '<rect x="20" y="40" width="600" height="120" fill="none" stroke="#0f4c5c" stroke-width="3"/></svg>'
)
LONG_LINE = "Error (criu/files-reg.c): Can't dump ghost file /" + "d/" * 120 + "f of 2097152 size, increase limit"


def make_build(kb: KnowledgeBase, build: Path) -> Path:
    """Fill ``build`` with articles, a weekly report, a course and a store of four runs."""
    shutil.rmtree(build, ignore_errors=True)
    for lang in LANGS:
        for folder in kb.entries.values():
            _article(folder, build / "articles", lang)
        _report(build / "reports", lang)
    _store(build / "store")
    return build


def _article(folder: EntryFolder, out: Path, lang: Lang) -> None:
    entry = folder.entry
    parts = [f"# {entry.title.get(lang)}", entry.summary.get(lang)]
    parts += [f"## {section.heading}\n\n{section.body}" for section in folder.prose[lang].sections]
    parts += [f"```python\n{PYTHON}\n```", f"```sh\n{SHELL}\n```", f'??? question "{entry.id}"\n    folded `answer`']
    parts += [f"```text\n{LONG_LINE}\n```", f"![diagram]({entry.id}.{lang}_files/diagram.svg)"]
    parts += [f"- [{name}]({name}.{lang}.md)" for name in entry.related]
    _write(out / f"{entry.id}.{lang}.md", "\n\n".join(parts) + "\n")
    _write(out / f"{entry.id}.{lang}_files" / "diagram.svg", PICTURE)


def _report(out: Path, lang: Lang) -> None:
    title = "周报" if lang == "zh" else "Weekly report"
    table = "\n".join(
        ["| a | b | c |", "|---|---|---|", *(f"| zdtm/static/test{n} | {n} | {n * 7} |" for n in range(9))]
    )
    link = f"[ghost-file-over-limit](../../articles/ghost-file-over-limit.{lang}.md)"
    _write(
        out / "weekly" / f"{WEEK}.{lang}.md",
        f"# {title} {WEEK}\n\n{link}\n\n## A\n\n{table}\n\n![c]({WEEK}.{lang}_files/c.svg)\n",
    )
    _write(out / "weekly" / f"{WEEK}.{lang}_files" / "c.svg", PICTURE)
    _write(out / f"onboarding.{lang}.md", f"# {'教程' if lang == 'zh' else 'Course'}\n\n## A\n\ntext\n")


def _store(out: Path) -> None:
    def rows(run: int) -> list[dict[str, Any]]:
        start = {"started_at": START + timedelta(days=run)}
        failures = [row(f"run-{run}", f"test{n}", "fail", cause=c, **start) for n, c in enumerate([FORMER, None])]
        return failures + [row(f"run-{run}", f"test{n}", "pass", **start) for n in range(2, 10)]

    write_store(out, *map(rows, range(4)))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def kb() -> KnowledgeBase:
    """The fixture knowledge base: a cause, a consequence and a stranger's hostile entry."""
    return load_kb(base=Path(__file__).parent / "kb")


@pytest.fixture(scope="session")
def build(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build folder with its site."""
    folder = make_build(kb, tmp_path_factory.mktemp("site") / "build")
    build_site(kb, folder)
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Keep the test's output free of requests."""


def serve(root: Path) -> Iterator[str]:
    """Serve ``root`` on a free port of the loopback interface; yield the address."""
    handler = functools.partial(_Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def site(build: Path) -> Iterator[str]:
    """Address of the fixture site, below a sub-path, as on a project's pages."""
    root = build / "served"
    root.mkdir()
    shutil.copytree(build / "site", root / "guide" / "criukb")
    for address in serve(root):
        yield f"{address}guide/criukb/"


@pytest.fixture(scope="session")
def real_site() -> Iterator[str]:
    """Address of the site in the build folder that CRIUKB_BUILD names."""
    folder = os.environ.get("CRIUKB_BUILD")
    if not folder:
        pytest.skip("CRIUKB_BUILD names no build folder")
    yield from serve(Path(folder) / "site")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without any connection of its own."""
    required = os.environ.get("CI") == "true" or os.environ.get("CRIUKB_REQUIRE_BROWSER") == "1"
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing: install Debian's package chromium"
        if required:
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only when there is a browser

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGS)
        yield launched
        launched.close()
