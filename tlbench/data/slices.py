"""Slices: the part of a data set whose items are of one genre or category, or whose interactions meet a condition."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from tlbench.errors import TlbenchError
from tlbench.registry import unknown

if TYPE_CHECKING:
    from tlbench.arrays import Array, Bool
    from tlbench.data.interactions import Interactions

CONDITION = re.compile(r"(rating|time|year|title|category)\s*(>=|<=|!=|=|<|>|~)\s*(.+)")
YEAR = r"\((\d{4})\)\s*$"
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}


def categories(interactions: Interactions) -> list[str]:
    """All genres or categories of a data set's items as they are written there, in alphabetical order."""
    table = interactions.item_table
    if table is None:
        return []
    names = table["categories"].explode().drop_nulls().unique().sort()
    return [str(name) for name in names if name]


def cut(interactions: Interactions, part: str) -> Interactions:
    """Keep a slice of the interactions.

    Parameters
    ----------
    interactions
        The whole.
    part
        A genre or category (letters of either case are the same), or conditions joined by ``&``: ``rating>=4``,
        ``time<2000-06-01`` (UTC), ``year>=1990`` (in brackets at the title's end), ``title~star`` (contains),
        ``category=drama``.

    Raises
    ------
    TlbenchError
        If no item is of that category (with the nearest one), a condition cannot be met or asks for what the data
        set does not have.
    """
    conditions = [CONDITION.fullmatch(text.strip()) for text in part.split("&")]
    if any(conditions):
        for text, condition in zip(part.split("&"), conditions, strict=True):
            if condition is None:
                raise _no_condition(interactions, text.strip())
            mask = _where(interactions, *condition.groups())
            interactions = interactions.keep(mask, f"slice {condition[0]}")
        return _named(interactions, part)
    mask, written = _in_category(interactions, part)
    return _named(interactions.keep(mask, f"slice {written}"), part)


def _named(interactions: Interactions, part: str) -> Interactions:
    if not len(interactions):
        raise TlbenchError(
            f"slice `{part}` of data set `{interactions.name}` is empty", hint="loosen the condition after the slash"
        )
    return replace(interactions, name=f"{interactions.name}/{part.lower()}")


def _in_category(interactions: Interactions, part: str) -> tuple[Bool, str]:
    """Mark interactions with items of a category; return the category as it is written, too."""
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
    return wanted.fill_null(False).to_numpy()[interactions.item], known[part.lower()]


def _where(interactions: Interactions, column: str, sign: str, text: str) -> Bool:
    """Mark interactions that meet one condition; unknown values meet none."""
    if column == "category":
        mask, _ = _in_category(interactions, text)
        return ~mask if sign == "!=" else mask
    if column == "title":
        return _titles(interactions, sign, text)[interactions.item]
    if column == "year":
        return _years(interactions, sign, text)[interactions.item]
    values = interactions.rating if column == "rating" else interactions.timestamp
    if values is None or sign == "~":
        raise _no_condition(interactions, f"{column}{sign}{text}")
    met: Bool = COMPARE[sign](values, _number(interactions, column, text))
    return met


def _number(interactions: Interactions, column: str, text: str) -> float:
    """A number, or for times a date (seconds UTC)."""
    try:
        if column == "time" and "-" in text:
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
        return float(text)
    except ValueError:
        raise _no_condition(interactions, f"{column} {text}") from None


def _titles(interactions: Interactions, sign: str, text: str) -> Array:
    table = interactions.item_table
    if table is None or sign not in ("~", "=", "!="):
        raise _no_condition(interactions, f"title{sign}{text}")
    titles = table["title"].str.to_lowercase()
    met = titles.str.contains(text.lower(), literal=True) if sign == "~" else COMPARE[sign](titles, text.lower())
    out: Array = met.fill_null(False).to_numpy()
    return out


def _years(interactions: Interactions, sign: str, text: str) -> Array:
    table = interactions.item_table
    if table is None or sign == "~":
        raise _no_condition(interactions, f"year{sign}{text}")
    years = table["title"].str.extract(YEAR).cast(pl.Float64, strict=False)
    out: Array = COMPARE[sign](years, _number(interactions, "year", text)).fill_null(False).to_numpy()
    return out


def _no_condition(interactions: Interactions, text: str) -> TlbenchError:
    return TlbenchError(
        f"data set `{interactions.name}` cannot be cut by `{text}`",
        hint="a condition reads rating>=4, time<2000-06-01, year>=1990, title~star or category=drama, "
        "and needs a data set that has ratings, time or titles; join several by &",
    )
