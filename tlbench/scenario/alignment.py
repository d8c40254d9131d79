"""``titles``, ``none`` or a table of links -> pairs of items that a source and the target have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import unknown
from tlbench.scenario.link_table import pairs_between, read_link_table
from tlbench.scenario.scenario import ItemAlignment
from tlbench.scenario.titles import has_titles, link_titles

if TYPE_CHECKING:
    import polars as pl

    from tlbench.data.interactions import Interactions

TITLES, NONE = "titles", "none"
_ENDING = ".csv"


@dataclass(frozen=True, eq=False)
class Alignment:
    """Items that a source shares with the target.

    Attributes
    ----------
    pairs
        Columns `source_item`, `target_item` (ids) and `score`, each item once; None where there are none.
    how
        ``id``, ``title`` or ``table``.
    why_none
        Why there are none, in a few words; None where there are some.
    """

    pairs: pl.DataFrame | None
    how: str
    why_none: str | None = None


def check_links(links: str) -> None:
    """Refuse what is neither ``titles`` nor ``none`` nor the path of a CSV file; the file need not be there."""
    if links in (TITLES, NONE) or links.lower().endswith(_ENDING):
        return
    error = unknown("way to link items", links, [TITLES, NONE], "tlbench link --help")
    raise TlbenchError(error.message, hint=f"{error.hint}; or give the path of a table that ends in `{_ENDING}`")


def files_of_links(links: str) -> list[Path]:
    """Return the files that a way to link reads."""
    return [] if links in (TITLES, NONE) else [Path(links)]


def find_links(sources: tuple[Interactions, ...], target: Interactions, links: str) -> tuple[Alignment, ...]:
    """Find the items that each source shares with the target.

    A table decides for the sources that it names. Else ids decide where both domains' item ids are of one family: what
    has another id is another item, whatever its title. Else titles decide, unless `links` is ``none``.

    Parameters
    ----------
    sources, target
        Domains after all filters.
    links
        ``titles``, ``none``, or the path of a table (`tlbench.scenario.link_table`).

    Raises
    ------
    TlbenchError
        If the table cannot be read or names none of the sources.
    """
    table = None if links in (TITLES, NONE) else read_link_table(Path(links))
    if table is not None and all(pairs_between(table, source, target) is None for source in sources):
        named = ", ".join(f"`{name}`" for name in sorted(set(table["source"])))
        raise TlbenchError(
            f"`{links}` has no link of {', '.join(f'`{source.name}`' for source in sources)} to `{target.name}`, "
            f"only of {named or 'nothing'}",
            hint=f'`tlbench link "{"+".join(source.name for source in sources)}->{target.name}" --out {links}` '
            "writes a table of them",
        )
    return tuple(_alignment(source, target, links, table) for source in sources)


def _alignment(source: Interactions, target: Interactions, links: str, table: pl.DataFrame | None) -> Alignment:
    listed = None if table is None else pairs_between(table, source, target)
    if listed is not None:
        here = _present(listed, source, target)
        return _or_why(here, "table", f"no pair of `{links}` is in `{source.name}` and `{target.name}`")
    if source.item_ids == target.item_ids:
        return _or_why(_same_ids(source, target), "id", f"`{source.name}` and `{target.name}` share no item id")
    if links == NONE:
        return Alignment(None, "title", "`--links none` links nothing by title")
    reason = why_no_titles(source, target)
    if reason is not None:
        return Alignment(None, "title", reason)
    pairs = link_titles(source, target).kept
    return _or_why(pairs, "title", f"no title of `{source.name}` matches one of `{target.name}`")


def _or_why(pairs: pl.DataFrame, how: str, why: str) -> Alignment:
    return Alignment(None, how, why) if pairs.is_empty() else Alignment(pairs, how)


def why_no_titles(source: Interactions, target: Interactions) -> str | None:
    """Say why two domains cannot be linked by title, and how to get titles; None where they can."""
    if source.item_ids == target.item_ids:
        return f"item ids of `{source.name}` and `{target.name}` are of one family and say what is the same"
    names = list(dict.fromkeys(domain.name.split("/")[0] for domain in (source, target) if not has_titles(domain)))
    if not names:
        return None
    listed = " and ".join(f"`{name}`" for name in names)
    return (
        f"{listed} {'have' if len(names) > 1 else 'has'} no titles to link by; "
        f"`tlbench data fetch {' '.join(names)} --items` gets them where the publisher has any"
    )


def coded(found: Alignment, source: Interactions, target: Interactions) -> ItemAlignment | None:
    """Return pairs of ids as codes of the domains, pairs that are not there left out; None where none is left."""
    import polars as pl

    if found.pairs is None:
        return None
    codes = _with_codes(found.pairs, source, target).sort("source")
    if codes.is_empty():
        return None
    scores = codes["score"].cast(pl.Float32).to_numpy()
    return ItemAlignment(codes["source"].to_numpy(), codes["target"].to_numpy(), scores, how=found.how)


def _present(pairs: pl.DataFrame, source: Interactions, target: Interactions) -> pl.DataFrame:
    return _with_codes(pairs, source, target).select(pairs.columns)


def _with_codes(pairs: pl.DataFrame, source: Interactions, target: Interactions) -> pl.DataFrame:
    import polars as pl

    codes = pairs
    for side, domain in (("source", source), ("target", target)):
        ids = pl.DataFrame({f"{side}_item": domain.items, side: np.arange(domain.n_items, dtype=np.int32)})
        codes = codes.join(ids, on=f"{side}_item", how="inner", maintain_order="left")
    return codes


def _same_ids(source: Interactions, target: Interactions) -> pl.DataFrame:
    import polars as pl

    both = pl.DataFrame({"source_item": source.items}).join(
        pl.DataFrame({"source_item": target.items}), on="source_item", how="semi", maintain_order="left"
    )
    return both.with_columns(target_item="source_item", score=pl.lit(1.0, dtype=pl.Float32))
