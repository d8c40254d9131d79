"""What data sets there are, where their files lie and whether they are whole: for `tlbench list` and `tlbench data`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tlbench.data.address import public
from tlbench.data.catalogue import LISTING, Catalogue, open_catalogue
from tlbench.data.entry import CatalogueEntry, Expects
from tlbench.data.files import items_path, ratings_path
from tlbench.data.loading import known_in_code
from tlbench.data.names import parse_name
from tlbench.data.sums import sha256
from tlbench.registry import DATASETS, DatasetEntry, unknown

State = Literal["fine", "missing", "other sum", "unchecked"]


@dataclass(frozen=True)
class DatasetInfo:
    """One line of `tlbench list datasets`.

    Attributes
    ----------
    name
        Full name without slice.
    aliases
        Other names for it.
    origin
        ``local``, ``imported`` or ``built-in`` catalogue, or ``code`` (demo domains and plug-ins).
    format
        Layout of the file; ``code`` where code makes it.
    files
        Paths of its files on this machine: those that the catalogue names, or the place in the cache where what is
        fetched will lie. Titles that are fetched on request only are listed once they are here.
    present
        True where the interactions are here, or no file is needed.
    bytes
        Size of the files that are there, together.
    expects
        Counts after removing duplicate pairs, where the catalogue says.
    user_ids
        Family of user ids.
    urls
        The publisher's addresses.
    verified
        False where nobody has checked address and sum.
    terms, reference, summary
        Terms of use, citation, one line of description.
    """

    name: str
    aliases: tuple[str, ...]
    origin: str
    format: str
    files: tuple[Path, ...]
    present: bool
    bytes: int
    expects: Expects | None
    user_ids: str
    urls: tuple[str, ...]
    verified: bool
    terms: str
    reference: str
    summary: str = ""


@dataclass(frozen=True)
class FileCheck:
    """One file of a data set beside what the catalogue says of it; sums are hexadecimal, None where not known."""

    name: str
    path: Path
    state: State
    bytes: int | None
    sha256: str | None
    expected: str | None


def list_datasets(*, catalogue: Path | None = None) -> tuple[DatasetInfo, ...]:
    """All data sets that can be named, in the order of their names."""
    book = open_catalogue(catalogue)
    coded = [name for name in known_in_code() if name not in book.entries]
    infos = [_of_entry(entry, book) for entry in book.entries.values()]
    infos += [_of_code(DATASETS.get(name), book) for name in coded]
    return tuple(sorted(infos, key=lambda info: info.name))


def describe(name: str, *, catalogue: Path | None = None) -> DatasetInfo:
    """What is known of one data set (a slice is ignored), or an error with the nearest name."""
    book = open_catalogue(catalogue)
    base = parse_name(name).base
    full = book.follow(base)
    if full in book.entries:
        return _of_entry(book.entries[full], book)
    if full in known_in_code():
        return _of_code(DATASETS.get(full), book)
    raise unknown("data set", base, [*book.names(), *known_in_code()], LISTING)


def verify(name: str, *, catalogue: Path | None = None) -> tuple[FileCheck, ...]:
    """Sum each file of a data set and compare; empty where it needs no files."""
    info = describe(name, catalogue=catalogue)
    if info.origin == "code":
        return ()
    entry = open_catalogue(catalogue).entries[info.name]
    sums = (entry.sha256, entry.items_sha256)
    return tuple(_check(entry.name, path, expected) for path, expected in zip(_files(entry), sums, strict=False))


def _check(name: str, path: Path, expected: str | None) -> FileCheck:
    try:
        size, total = path.stat().st_size, sha256(path)
    except OSError:
        return FileCheck(name, path, "missing", None, None, expected)
    state: State = "unchecked" if expected is None else "fine" if total == expected else "other sum"
    return FileCheck(name, path, state, size, total, expected)


def _of_entry(entry: CatalogueEntry, book: Catalogue) -> DatasetInfo:
    files = _files(entry)
    there = [path for path in files if path.is_file()]
    return DatasetInfo(
        name=entry.name,
        aliases=_aliases(entry.name, book),
        origin=entry.origin,
        format=entry.format,
        files=files,
        present=ratings_path(entry).is_file(),
        bytes=sum(path.stat().st_size for path in there),
        expects=entry.expects,
        user_ids=entry.user_ids,
        urls=tuple(public(url) for url in (entry.url, entry.items_url) if url is not None),
        verified=entry.verified,
        terms=entry.terms,
        reference=entry.reference,
    )


def _files(entry: CatalogueEntry) -> tuple[Path, ...]:
    """Interactions and, where they are a file of their own, titles: those of the catalogue, and those fetched."""
    items = items_path(entry)
    wanted = items is not None and (entry.items_file is not None or items.is_file())
    return (ratings_path(entry), items) if wanted and items is not None else (ratings_path(entry),)


def _of_code(entry: DatasetEntry, book: Catalogue) -> DatasetInfo:
    return DatasetInfo(
        name=entry.name,
        aliases=_aliases(entry.name, book),
        origin="code",
        format="code",
        files=(),
        present=True,
        bytes=0,
        expects=None,
        user_ids=entry.user_ids,
        urls=(),
        verified=True,
        terms="",
        reference=entry.reference,
        summary=entry.summary,
    )


def _aliases(name: str, book: Catalogue) -> tuple[str, ...]:
    return tuple(sorted(alias for alias in book.aliases if book.follow(alias) == name))
