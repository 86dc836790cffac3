"""Giving finished runs their place: each step leaves every run in the store exactly once for a plain reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from criukb.errors import CriukbError
from criukb.runs import store_disk as disk
from criukb.runs.store_files import (
    PART,
    RunEntry,
    read_index,
    read_runs,
    run_files,
    write_run,
)
from criukb.runs.store_swap import attempt, copy_part, identities, swap_month
from criukb.runs.store_work import Places, Workspace, locked


@dataclass
class Item:
    """A finished run on its way. With ``base`` it only replaces the run whose digest that is."""

    entry: RunEntry
    staged: Path
    base: str | None = None
    path: Path | None = None
    new: bool = False
    refused: bool = False


class Found(NamedTuple):
    """Where a run is."""

    path: Path
    entry: RunEntry

    @property
    def in_part(self) -> bool:
        """Whether the file holds other runs too."""
        return self.path.name.startswith(PART)


def stage(work: Workspace, table: pa.Table, base: str | None = None) -> Item:
    """Write a run where no reader looks, and bring it to the disk."""
    path = work.staged()
    entry = write_run(path, table)
    if not entry.run_id.replace("-", "").replace("_", "").replace(".", "").isalnum() or entry.run_id.startswith(PART):
        hint = "name it with letters, digits, '-', '_' and '.'"
        raise CriukbError.at(work.store, f"{entry.run_id!r} cannot be the name of a run", hint)
    disk.sync(path)
    return Item(entry, path, base)


def places_of(store: Path, runs: Collection[str]) -> list[Found]:
    """Return every place of ``runs``, by path."""
    found: list[Found] = []
    for path in run_files(store):
        if path.name.startswith(PART):
            found += [Found(path, entry) for entry in read_index(path).runs if entry.run_id in runs]
        elif path.stem in runs:
            found.append(Found(path, _entry_of_file(path)))
    return found


def locate(store: Path, runs: Collection[str]) -> dict[str, Found]:
    """Return where each of ``runs`` is; those that are not in the store are left out.

    Raises CriukbError when one is at two places, which only a foreign hand brings about.
    """
    found: dict[str, Found] = {}
    for place in places_of(store, runs):
        name = place.entry.run_id
        if name in found:
            hint = f"criukb store forget {name}, then ingest it again"
            raise CriukbError.at(place.path, f"run {name} stands in {found[name].path.name} too", hint)
        found[name] = place
    return found


def _entry_of_file(path: Path) -> RunEntry:
    """Return the entry of a run's own file; a file that cannot be read may be replaced."""
    try:
        index = read_index(path)
        return index.runs[0] if index.listed else next(read_runs(index))[0]
    except (CriukbError, IndexError, StopIteration):
        return RunEntry(path.stem, 0, "", "")


def publish(work: Workspace, items: Sequence[Item]) -> None:
    """Give each item its place; afterwards it has a ``path``, or is ``refused``."""
    pending = [item for item in items if not item.refused]
    number = 0
    while pending:
        with attempt(work, number) as held:
            with nullcontext() if held else locked(work.places):
                parts = _publish_files(work, pending)
            for part, group in parts.items():
                _replace_in_part(work, part, group, held=held)
        pending = [item for group in parts.values() for item in group]
        number += 1


def _publish_files(work: Workspace, items: Sequence[Item]) -> dict[Path, list[Item]]:
    """Publish what is no part of a larger file; return the others by that file. The lock is held."""
    finish_moves(work.places)
    where = locate(work.store, {item.entry.run_id for item in items})
    parts: dict[Path, list[Item]] = {}
    touched: set[Path] = set()
    for item in items:
        found = where.get(item.entry.run_id)
        final = work.store / f"month={item.entry.month}" / f"{item.entry.run_id}.parquet"
        if item.base is not None and (not found or found.entry.digest not in (item.base, item.entry.digest)):
            item.refused = True
        elif found and found.entry == item.entry and found.path.parent == final.parent:
            item.path = found.path
        elif found and found.in_part:
            parts.setdefault(found.path, []).append(item)
        else:
            _place(work, item, found, final)
            touched.add(final.parent)
            where[item.entry.run_id] = Found(final, item.entry)
    for folder in sorted(touched):
        disk.sync(folder)
    return parts


def _place(work: Workspace, item: Item, found: Found | None, final: Path) -> None:
    _month_folder(work.store, final.parent)
    if found and found.path != final:
        marker = work.places.moves / item.entry.run_id
        marker.touch()
        disk.sync(marker.parent)
        disk.move(item.staged, found.path)
        disk.sync(found.path.parent)
        disk.move(found.path, final)
        disk.sync(found.path.parent)
        disk.sync(final.parent)
        disk.remove(marker)
    else:
        disk.move(item.staged, final)
    item.path, item.new = final, found is None


def _month_folder(store: Path, folder: Path) -> None:
    if not folder.is_dir():
        disk.make_folder(folder)
        disk.sync(store)


def finish_moves(places: Places) -> None:
    """Bring runs to their month whose writer died between correcting them and moving them. The lock is held."""
    for marker in sorted(places.moves.glob("*")):
        for path in sorted(places.store.glob(f"month=*/{marker.name}.parquet")):
            right = places.store / f"month={read_index(path).runs[0].month}"
            if path.parent != right:
                _month_folder(places.store, right)
                disk.move(path, right / path.name)
                disk.sync(path.parent)
                disk.sync(right)
        disk.remove(marker)


def _replace_in_part(work: Workspace, part: Path, items: Sequence[Item], *, held: bool) -> bool:
    """Write a part anew with ``items`` in place of its runs of the same names; False when it changed meanwhile.

    A run whose month is another one now leaves the part for a file of its own, which the next step moves.
    """
    month = part.parent.name.removeprefix("month=")
    by_run = {item.entry.run_id: item for item in items}
    leaving = [item for item in by_run.values() if item.entry.month != month]
    if leaving and not held:
        return False  # its marker must not be taken for a leftover before the swap

    def build(target: Path) -> None:
        copy_part(index, target, lambda run: by_run.get(run.run_id) not in leaving, replace)
        for item in leaving:
            (work.places.moves / item.entry.run_id).touch()
            disk.link(item.staged, target / f"{item.entry.run_id}.parquet")
        if leaving:
            disk.sync(work.places.moves)

    def replace(entry: RunEntry) -> tuple[RunEntry, pa.Table] | None:
        item = by_run.get(entry.run_id)
        return next(iter(read_runs(read_index(item.staged)))) if item else None

    try:
        sources = identities([part])
        index = read_index(part)
        return swap_month(work, part.parent, sources, build, held=held)
    except FileNotFoundError:
        return False


def drop(work: Workspace, runs: Collection[str]) -> set[str]:
    """Take ``runs`` out of the store, each in one instant; return those that were there."""
    dropped: set[str] = set()
    number, left = 0, True
    while left:
        with attempt(work, number) as held:
            with nullcontext() if held else locked(work.places):
                finish_moves(work.places)
                found = places_of(work.store, runs)
                _drop_files(found, runs)
            dropped |= {place.entry.run_id for place in found}
            parts = sorted({place.path for place in found if place.in_part and place.path.exists()})
            for part in parts:
                _drop_from_part(work, part, runs, held=held)
        left = bool(parts)
        number += 1
    return dropped


def _drop_files(found: Iterable[Found], runs: Collection[str]) -> None:
    """Remove the files that hold nothing but ``runs``."""
    for path in sorted({f.path for f in found}):
        if not path.name.startswith(PART) or all(entry.run_id in runs for entry in read_index(path).runs):
            disk.remove(path)
            disk.sync(path.parent)


def _drop_from_part(work: Workspace, part: Path, runs: Collection[str], *, held: bool) -> bool:
    try:
        sources = identities([part])
        index = read_index(part)

        def build(target: Path) -> None:
            copy_part(index, target, lambda run: run.run_id not in runs, lambda _: None)

        return swap_month(work, part.parent, sources, build, held=held)
    except FileNotFoundError:
        return False
