"""The main flow of this stage: a name -> Interactions, from a catalogue's files or from registered code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.data.catalogue import LISTING, Catalogue, open_catalogue
from tlbench.data.entry import CatalogueEntry
from tlbench.data.files import Files, find_files
from tlbench.data.names import parse_name
from tlbench.errors import TlbenchError, foreign_failure
from tlbench.io.sums import sha256_of, sha256_of_table
from tlbench.progress import SILENT, Progress
from tlbench.registry import DATASETS, unknown

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions

# Raised where rules of cleaning change, so that what was read under the old ones is not taken from the cache.
RULES = 2


def load(
    name: str,
    *,
    catalogue: Path | None = None,
    offline: bool = False,
    lenient: bool = False,
    progress: Progress = SILENT,
) -> Interactions:
    """Load a data set by name.

    Parameters
    ----------
    name
        ``family@edition/slice`` or an alias; letters of either case are the same.
    catalogue
        A local catalogue; None takes the one that ``TLBENCH_CATALOGUE`` names, if any.
    offline
        Never touch the network.
    lenient
        Drop and count lines that cannot be used instead of refusing the file.
    progress
        Receives notices.

    Returns
    -------
    Interactions
        Cleaned (no impossible value, no duplicate pair), with counts of each step in its provenance.

    Raises
    ------
    TlbenchError
        If the name is unknown (with the nearest one), a file is missing or damaged, or its content is not what the
        catalogue says.

    Examples
    --------
    >>> from tlbench.data import load
    >>> books = load("demo-books")
    >>> books.n_users, books.n_items, len(books)
    (1500, 500, 21600)
    """
    asked = parse_name(name)
    book = open_catalogue(catalogue)
    whole = _whole(asked.base, book, offline=offline, lenient=lenient, progress=progress)
    if asked.part is None:
        return whole
    from tlbench.data.slices import cut

    return cut(whole, asked.part)


def _whole(base: str, book: Catalogue, *, offline: bool, lenient: bool, progress: Progress) -> Interactions:
    full = book.follow(base)
    if book.shadowed & {base, full}:
        progress.say(f"`{base}` is taken from the local catalogue, not from the built-in one")
    if full in book.entries:
        return load_entry(book.entries[full], offline=offline, lenient=lenient, progress=progress)
    registered = known_in_code()
    if full in registered:
        return _made(full)
    raise unknown("data set", base, [*book.names(), *registered], LISTING)


def _made(name: str) -> Interactions:
    """Let code make a data set; what a plug-in raises is its failure."""
    try:
        made: Interactions = DATASETS.get(name).load()
    except BaseException as error:
        raise foreign_failure(f"the code of data set `{name}`", error, hint="correct the plug-in") from error
    return made


def known_in_code() -> list[str]:
    """Names of the data sets that code makes: the built-in demo domains, and those of plug-ins imported so far."""
    import tlbench.data.synthetic  # noqa: F401  registers the demo domains

    return [entry.name for entry in DATASETS]


def load_entry(
    entry: CatalogueEntry, *, offline: bool = False, lenient: bool = False, progress: Progress = SILENT
) -> Interactions:
    """Load the data set of a catalogue entry, from the columnar cache where the same files were read before."""
    from tlbench.data.cache import read, write

    files = find_files(entry, offline=offline, progress=progress)
    key = cache_key(entry, files, lenient=lenient)
    found = read(key)
    if found is None:
        found = _read(entry, files, lenient=lenient)
        try:
            write(key, found)
        except OSError as error:
            progress.say(
                f"the cache cannot be written ({error.strerror}), so `{entry.name}` is read again each time; "
                "name another folder in the variable `TLBENCH_CACHE`"
            )
    _check_counts(entry, found, lenient=lenient, progress=progress)
    return found


def cache_key(entry: CatalogueEntry, files: Files, *, lenient: bool) -> str:
    """Digest of everything that the loaded interactions depend on."""
    from tlbench.data.parsers.formats import FORMATS

    depends = {
        "parser": FORMATS[entry.format].label,
        "sums": [files.ratings_sha256, files.items_sha256],
        "name": entry.name,
        "ids": [entry.user_ids, entry.item_ids],
        "scale": entry.rating_scale,
        "layout": [sorted(entry.columns.items()), entry.separator, entry.header, entry.time_unit],
        "text": [entry.skip, entry.encoding, entry.decimal],
        "origin": [entry.address, entry.terms, entry.reference],
        "lenient": lenient,
        "time_range": None if entry.time_range is None else [entry.time_range.first, entry.time_range.last],
        "rules": RULES,
    }
    return sha256_of_table(depends)[:40]


def _read(entry: CatalogueEntry, files: Files, *, lenient: bool) -> Interactions:
    from tlbench.data.assemble import Origin, assemble
    from tlbench.data.interactions import Provenance
    from tlbench.data.parsers.formats import FORMATS, read_raw

    form = FORMATS[entry.format]
    raw = read_raw(entry, files.ratings, files.items, lenient=lenient)
    provenance = Provenance(
        origin=entry.address,
        sha256=_sum_of_sums(files),
        parser=form.label,
        terms=entry.terms,
        reference=entry.reference,
    )
    scales = (entry.rating_scale,) if entry.rating_scale else form.scales
    origin = Origin(entry.name, entry.user_ids, entry.item_ids, scales, provenance, entry.time_range)
    return assemble(raw, origin, lenient=lenient)


def _sum_of_sums(files: Files) -> str:
    """The raw file's sum; of two files, the sum of both sums written one after the other."""
    if files.items_sha256 is None:
        return files.ratings_sha256
    return sha256_of(files.ratings_sha256 + files.items_sha256)


def _check_counts(entry: CatalogueEntry, found: Interactions, *, lenient: bool, progress: Progress) -> None:
    if entry.expects is None:
        return
    expected = (entry.expects.users, entry.expects.items, entry.expects.interactions)
    counted = (found.n_users, found.n_items, len(found))
    if counted == expected:
        return
    message = (
        f"data set `{entry.name}` has {counted[0]:,} users, {counted[1]:,} items and {counted[2]:,} interactions, "
        f"the catalogue expects {expected[0]:,}, {expected[1]:,} and {expected[2]:,}"
    )
    if entry.verified and not lenient:
        raise TlbenchError(message, hint="the file is of another version: get the right one, or correct `expects`")
    progress.say(message if entry.verified else f"{message}, which nobody has verified")
