"""Where the files of a data set lie on this machine: in the catalogue's place, or fetched into the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tlbench.data.address import public
from tlbench.data.download import fetch, raw_path
from tlbench.data.entry import CatalogueEntry
from tlbench.data.sums import check_file
from tlbench.errors import TlbenchError
from tlbench.progress import SILENT, Progress


@dataclass(frozen=True)
class Files:
    """A data set's files with their sums; `items` is None where titles have no file of their own, or none is here."""

    ratings: Path
    ratings_sha256: str
    items: Path | None
    items_sha256: str | None


def ratings_path(entry: CatalogueEntry) -> Path:
    """Where the interactions lie, or will lie once they are fetched."""
    return entry.file or raw_path(entry.url or "")


def items_path(entry: CatalogueEntry) -> Path | None:
    """Where titles and categories lie, or will lie once they are fetched; None where there are none."""
    return entry.items_file or (None if entry.items_url is None else raw_path(entry.items_url))


def find_files(entry: CatalogueEntry, *, offline: bool = False, progress: Progress = SILENT) -> Files:
    """Find the files of a data set, fetching the interactions where they are missing, and check their sums.

    Titles in a file of their own are large and seldom needed, so they are used where they are and not fetched.

    Raises
    ------
    TlbenchError
        If one is not on this machine and cannot be fetched, or has another sum than the catalogue says.
    """
    ratings = entry.file or _fetched(entry, offline=offline, progress=progress)
    ratings_sum = check_file(ratings, entry.sha256, name=entry.name, key="file")
    items = items_path(entry)
    if items is None or (entry.items_file is None and not items.is_file()):
        return Files(ratings, ratings_sum, None, None)
    return Files(ratings, ratings_sum, items, check_file(items, entry.items_sha256, name=entry.name, key="items_file"))


def fetch_items(entry: CatalogueEntry, *, offline: bool = False, progress: Progress = SILENT) -> Path | None:
    """Fetch titles and categories; None where the catalogue knows no file of them."""
    path = items_path(entry)
    if path is None or path.is_file() or entry.items_url is None:
        return path
    if offline:
        raise _offline(entry, path, entry.items_url)
    return fetch(entry.items_url, name=entry.name, sha256=entry.items_sha256, progress=progress)


def _fetched(entry: CatalogueEntry, *, offline: bool, progress: Progress) -> Path:
    url = entry.url or ""
    path = raw_path(url)
    if offline and not path.is_file():
        raise _offline(entry, path, url)
    return fetch(url, name=entry.name, sha256=entry.sha256, terms=entry.terms, progress=progress)


def _offline(entry: CatalogueEntry, path: Path, url: str) -> TlbenchError:
    return TlbenchError(
        f"data set `{entry.name}` is not on this machine and `--offline` rules out fetching it",
        hint=f"leave `--offline` out, or get {public(url)} by hand and put it at {path}",
    )
