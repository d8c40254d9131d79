"""Formats by name: which parser reads a file, its version, and the scale of its ratings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tlbench.data.entry import CatalogueEntry
from tlbench.data.parsers import amazon, json, movielens, reviews, table
from tlbench.data.parsers.metadata import read_metadata
from tlbench.data.raw import Raw, check_size

STARS = (1.0, 5.0)
HALF_STARS = (0.5, 5.0)


@dataclass(frozen=True)
class Format:
    """A layout of files.

    Attributes
    ----------
    name, version
        What the catalogue calls it; the version changes when the same file gives other interactions.
    scales
        Lowest and highest rating possible, where the catalogue gives none: the first that holds all ratings.
    read
        ``(path, entry, lenient) -> Raw``.
    """

    name: str
    version: int
    scales: tuple[tuple[float, float], ...]
    read: Callable[[Path, CatalogueEntry, bool], Raw]

    @property
    def label(self) -> str:
        """Name and version, for the provenance and the cache's key."""
        return f"{self.name}/{self.version}"


def _packed(read: Callable[..., Raw]) -> Callable[[Path, CatalogueEntry, bool], Raw]:
    """Adapt a reader of a publisher's gzip file; one without a known sum is measured before it is unpacked."""

    def adapted(path: Path, entry: CatalogueEntry, lenient: bool) -> Raw:
        if entry.sha256 is None:
            check_size(path, entry.unpacked)
        return read(path, lenient=lenient)

    return adapted


def _archive(read: Callable[..., Raw]) -> Callable[[Path, CatalogueEntry, bool], Raw]:
    """Adapt a reader of a publisher's zip file."""
    return lambda path, entry, lenient: read(path, lenient=lenient, limit=entry.unpacked)


def _table(read: Callable[..., Raw]) -> Callable[[Path, CatalogueEntry, bool], Raw]:
    """Adapt a reader of anybody's table, whose columns the catalogue names."""
    return lambda path, entry, lenient: read(path, entry, lenient=lenient)


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("movielens-udata", 1, (STARS,), _archive(movielens.read_udata)),
        Format("movielens-dat", 1, (STARS, HALF_STARS), _archive(movielens.read_dat)),
        Format("movielens-csv", 1, (HALF_STARS,), _archive(movielens.read_csv)),
        Format("amazon-csv-2014", 1, (STARS,), _packed(amazon.read_2014)),
        Format("amazon-csv-2018", 1, (STARS,), _packed(amazon.read_2018)),
        Format("amazon-csv-2023", 1, (STARS,), _packed(amazon.read_2023)),
        Format("amazon-reviews", 1, (STARS,), _packed(reviews.read_reviews)),
        Format("csv", 2, (), _table(table.read_table_csv)),
        Format("parquet", 2, (), _table(table.read_table_parquet)),
        Format("json", 1, (), _table(json.read_json)),
    )
}


def read_raw(entry: CatalogueEntry, path: Path, items_path: Path | None, *, lenient: bool) -> Raw:
    """Read a data set's file, and its titles and categories where they lie in a file of their own."""
    raw = FORMATS[entry.format].read(path, entry, lenient)
    return raw if items_path is None else replace(raw, item_table=read_metadata(items_path))
