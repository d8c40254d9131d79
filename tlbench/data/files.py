"""Where the files of a data set lie on this machine, checked against the catalogue's sums."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tlbench.data.entry import CatalogueEntry
from tlbench.data.sums import check_file
from tlbench.errors import TlbenchError


@dataclass(frozen=True)
class Files:
    """A data set's files with their sums; `items` is None where titles have no file of their own."""

    ratings: Path
    ratings_sha256: str
    items: Path | None
    items_sha256: str | None


def find_files(entry: CatalogueEntry, *, offline: bool = False) -> Files:
    """Find the files of a data set and check their sums.

    Raises
    ------
    TlbenchError
        Where one is not on this machine or has another sum than the catalogue says.
    """
    ratings = _path(entry, entry.file, entry.url, offline=offline)
    items = None
    if entry.items_file or entry.items_url:
        items = _path(entry, entry.items_file, entry.items_url, offline=offline)
    return Files(
        ratings=ratings,
        ratings_sha256=check_file(ratings, entry.sha256, name=entry.name, key="file"),
        items=items,
        items_sha256=None
        if items is None
        else check_file(items, entry.items_sha256, name=entry.name, key="items_file"),
    )


def _path(entry: CatalogueEntry, file: Path | None, url: str | None, *, offline: bool) -> Path:
    if file is not None:
        return file
    raise TlbenchError(
        f"data set `{entry.name}` is not on this machine" + (" and `--offline` forbids to fetch it" if offline else ""),
        hint=f"get {url} and name it as `file` of `{entry.name}` in a local catalogue (`--catalogue FILE`)",
    )
