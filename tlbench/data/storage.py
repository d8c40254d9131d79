"""What data sets take on disk, and how to give it back."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tlbench.data.catalogue import open_catalogue
from tlbench.data.download import raw_path
from tlbench.data.entry import CatalogueEntry
from tlbench.data.files import fetch_items, find_files
from tlbench.data.folders import cache_folder
from tlbench.data.names import parse_name
from tlbench.data.overview import describe
from tlbench.data.own.imported import forget
from tlbench.errors import TlbenchError
from tlbench.progress import SILENT, Progress


@dataclass(frozen=True)
class Stored:
    """One data set on disk.

    Attributes
    ----------
    name
        Full name.
    raw
        Files that were fetched for it into the cache.
    raw_bytes
        Their size.
    columns
        Folders of its columnar cache.
    columns_bytes
        Their size.
    """

    name: str
    raw: tuple[Path, ...]
    raw_bytes: int
    columns: tuple[Path, ...]
    columns_bytes: int


def stored(*, catalogue: Path | None = None) -> tuple[Stored, ...]:
    """All data sets that take room in the cache, in the order of their names."""
    folders = _column_folders()
    entries = open_catalogue(catalogue).entries
    found = (_stored(name, entries.get(name), folders.get(name, ())) for name in sorted({*entries, *folders}))
    return tuple(one for one in found if one.raw or one.columns)


def fetch_dataset(
    name: str, *, catalogue: Path | None = None, items: bool = False, progress: Progress = SILENT
) -> tuple[Path, ...]:
    """Fetch a data set's files where they are missing, check their sums, and return where they are.

    Parameters
    ----------
    name
        A data set; a slice is ignored.
    catalogue
        Local catalogue.
    items
        Fetch titles and categories too, where they are a file of their own (often larger than the interactions).
    progress
        Listener.
    """
    if describe(name, catalogue=catalogue).origin == "code":
        raise TlbenchError(f"`{name}` has no file to fetch: code makes it", hint="use it as it is")
    entry = open_catalogue(catalogue).get(parse_name(name).base)
    if items:
        fetch_items(entry, progress=progress)
    files = find_files(entry, progress=progress)
    return (files.ratings,) if files.items is None else (files.ratings, files.items)


def remove_dataset(name: str, *, catalogue: Path | None = None) -> int:
    """Delete what the cache holds of a data set, forget it where it was imported, and return the bytes given back.

    Files of a local catalogue and files that were imported stay: they are the user's.
    """
    book = open_catalogue(catalogue)
    full = book.follow(parse_name(name).base)
    entry = book.entries.get(full)
    here = _stored(full, entry, _column_folders().get(full, ()))
    imported = entry is not None and entry.origin == "imported"
    if not here.raw and not here.columns and not imported:
        raise TlbenchError(f"nothing is stored of `{full}`", hint="`tlbench data list` shows what is")
    try:
        for path in here.raw:
            path.unlink()
        for folder in here.columns:
            shutil.rmtree(folder)
    except OSError as error:
        raise TlbenchError(
            f"`{error.filename}` cannot be deleted: {error.strerror}", hint="check its permissions"
        ) from None
    if imported:
        forget(full)
    return here.raw_bytes + here.columns_bytes


def _stored(name: str, entry: CatalogueEntry | None, folders: tuple[Path, ...]) -> Stored:
    urls = () if entry is None else tuple(url for url in (entry.url, entry.items_url) if url is not None)
    raw = tuple(path for path in map(raw_path, urls) if path.is_file())
    columns = sum(file.stat().st_size for folder in folders for file in folder.iterdir())
    return Stored(name, raw, sum(path.stat().st_size for path in raw), folders, columns)


def _column_folders() -> dict[str, tuple[Path, ...]]:
    """Folders of the columnar cache by the name of the data set in them."""
    found: dict[str, tuple[Path, ...]] = {}
    for record in sorted((cache_folder() / "columns").glob("*/record.json")):
        try:
            name = json.loads(record.read_text(encoding="utf-8"))["name"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # damaged: made again and replaced when its data set is loaded
        found[name] = (*found.get(name, ()), record.parent)
    return found
