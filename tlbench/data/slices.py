"""Slices: the part of a data set whose items are of one genre or category."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError
from tlbench.registry import unknown

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions


def categories(interactions: Interactions) -> list[str]:
    """All genres or categories of a data set's items as they are written there, in alphabetical order."""
    table = interactions.item_table
    if table is None:
        return []
    names = table["categories"].explode().drop_nulls().unique().sort()
    return [str(name) for name in names if name]


def cut(interactions: Interactions, part: str) -> Interactions:
    """Keep the interactions whose item is of a genre or category; letters of either case are the same.

    Raises
    ------
    TlbenchError
        Where no item is of that category (with the nearest one), or the data set has none at all.
    """
    import polars as pl

    known = {name.lower(): name for name in categories(interactions)}
    table = interactions.item_table
    if table is None or not known:
        raise TlbenchError(
            f"data set `{interactions.name}` has no slice `{part}`: nothing is known of its items' categories",
            hint=f"take the whole: `{interactions.name}`; `tlbench data fetch {interactions.name} --items` fetches "
            "titles and categories where the catalogue knows an address",
        )
    if part.lower() not in known:
        listing = ", ".join(list(known)[:20]) + (", ..." if len(known) > 20 else "")
        near = unknown("slice", part.lower(), list(known), "").hint or ""
        guess = near.split("`? ")[0] + "`? " if "did you mean" in near else ""
        raise TlbenchError(
            f"data set `{interactions.name}` has no slice `{part}`", hint=f"{guess}its categories are {listing}"
        )
    wanted = table["categories"].list.eval(pl.element().str.to_lowercase()).list.contains(part.lower())
    mask = wanted.fill_null(False).to_numpy()[interactions.item]
    kept = interactions.keep(mask, f"slice {known[part.lower()]}")
    return replace(kept, name=f"{interactions.name}/{part.lower()}")
