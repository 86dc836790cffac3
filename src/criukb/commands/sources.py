"""Options that name CRIU source trees, and the reading of what they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from criukb.catalogue.model import Catalogue

_F = TypeVar("_F", bound=Callable[..., Any])


def source_options(function: _F) -> _F:
    """Add ``--criu-source PATH`` and ``--tag TAG``, each of which may be given several times."""
    tags = click.option("--tag", "tags", multiple=True, help="A tag or commit, when the source is a git repository.")
    source = click.option(
        "--criu-source",
        "sources",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A CRIU source tree: a folder, .tar.gz/.tar.xz archive, Debian .dsc, or git repository. May be repeated.",
    )
    return source(tags(function))


def read_sources(sources: Sequence[Path], tags: Sequence[str], releases: Sequence[str] = ()) -> list[Catalogue]:
    """Return the catalogues of ``sources`` in their order; ``releases`` name them where that is given.

    Tags belong to the git repositories among the sources. Raises CriukbError.
    """
    from criukb.catalogue.cache import catalogue_of  # noqa: PLC0415 - --help must stay quick
    from criukb.catalogue.sources import open_source  # noqa: PLC0415 - the same
    from criukb.commands.progress import progress_line  # noqa: PLC0415 - the same

    opened = [one for path in sources for one in open_source(path, tags if path.is_dir() else ())]
    if releases and len(releases) != len(opened):
        raise click.UsageError(f"{len(releases)} --release for {len(opened)} source trees; give one for each, or none")
    names: Sequence[str | None] = releases or [None] * len(opened)
    with progress_line() as show:
        return [catalogue_of(one, name, show) for one, name in zip(opened, names, strict=True)]
