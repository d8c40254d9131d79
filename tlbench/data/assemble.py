"""Raw -> Interactions: impossible values refused or dropped, ids coded, duplicates removed, item table aligned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.data.cleaning import impossible_ratings, refuse, superseded
from tlbench.data.interactions import CleaningStep, Interactions, Provenance
from tlbench.data.raw import Raw
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import Bool

UNUSABLE = "without lines that cannot be used"
LENIENT = "or drop and count these lines with `--lenient`"


@dataclass(frozen=True)
class Origin:
    """What is known of a data set before it is read, and carried on by its interactions.

    `scales` are the rating scales it may have, the narrowest first: the first one that holds every rating is taken,
    else the last; where there is none, the lowest and highest rating found.
    """

    name: str
    user_ids: str
    item_ids: str
    scales: tuple[tuple[float, float], ...]
    provenance: Provenance


def assemble(raw: Raw, origin: Origin, *, lenient: bool = False) -> Interactions:
    """Make interactions of what a parser read, every step counted in the provenance.

    Parameters
    ----------
    raw
        What the parser read.
    origin
        Names, rating scale and provenance.
    lenient
        Drop and count lines with an impossible rating or without a time that others have, instead of refusing them.

    Raises
    ------
    TlbenchError
        Where the file has no interactions or, unless `lenient`, impossible values; with line numbers.
    """
    if raw.frame.is_empty():
        raise TlbenchError(f"`{raw.label}` of data set `{origin.name}` has no interactions", hint="get the file again")
    implicit = raw.frame["rating"].null_count() == len(raw.frame)
    scale = None if implicit else _scale(raw.frame["rating"], origin.scales)
    usable = _usable(raw, scale, implicit=implicit, lenient=lenient)
    whole = _coded(raw, origin, scale, usable)
    late = superseded(whole.user, whole.item, whole.timestamp, n_items=whole.n_items)
    return whole.keep(~late, "without duplicate pairs")


def _scale(rating: pl.Series, scales: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    values = rating.drop_nulls().to_numpy()
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    fitting = [scale for scale in scales if scale[0] <= low and high <= scale[1]]
    return (*fitting, *scales[-1:], (low, high))[0]


def _usable(raw: Raw, scale: tuple[float, float] | None, *, implicit: bool, lenient: bool) -> Bool | None:
    """Mark usable rows; None where all are."""
    usable = np.ones(len(raw.frame), dtype=np.bool_)
    if not implicit:
        rating = raw.frame["rating"].fill_null(np.nan).to_numpy()
        wrong = impossible_ratings(rating, scale)
        if wrong.any() and not lenient:
            values = [_shown(value) for value in rating[np.flatnonzero(wrong)[:5]].tolist()]
            bounds = "" if scale is None else f" outside {scale[0]:g} to {scale[1]:g}"
            raise refuse(
                raw,
                wrong,
                f"ratings that are missing or{bounds}",
                values,
                f"correct the file or `rating_scale` in the catalogue, {LENIENT}",
            )
        usable &= ~wrong
    moment = raw.frame["timestamp"]
    if 0 < moment.null_count() < len(moment):
        wrong = moment.is_null().to_numpy()
        if not lenient:
            raise refuse(
                raw,
                wrong,
                "lines without the time that others have",
                [None] * min(5, int(wrong.sum())),
                f"correct the file, {LENIENT}",
            )
        usable &= ~wrong
    return None if usable.all() else usable


def _shown(value: float) -> str:
    return "missing" if np.isnan(value) else f"{value:g}"


def _coded(raw: Raw, origin: Origin, scale: tuple[float, float] | None, usable: Bool | None) -> Interactions:
    frame = raw.frame
    moment = frame["timestamp"]
    total = CleaningStep("as read", len(frame) + raw.dropped, len(raw.users), len(raw.items))
    whole = Interactions(
        name=origin.name,
        users=raw.users.rename("user"),
        items=raw.items.rename("item"),
        user=frame["user"].to_numpy(),
        item=frame["item"].to_numpy(),
        rating=None if scale is None else frame["rating"].fill_null(float("nan")).to_numpy(),
        timestamp=None if moment.null_count() == len(moment) else moment.fill_null(0).to_numpy(),
        item_table=_aligned(raw.item_table, raw.items),
        user_ids=origin.user_ids,
        item_ids=origin.item_ids,
        rating_scale=scale,
        provenance=replace(origin.provenance, steps=(total,)),
    )
    if usable is None and not raw.dropped:
        return whole
    kept = whole.keep(np.ones(len(frame), dtype=np.bool_) if usable is None else usable, UNUSABLE)
    if not len(kept):
        raise TlbenchError(
            f"`{raw.label}` of data set `{origin.name}` has no line that can be used",
            hint="look at the file: its columns may be in another order than `format` says",
        )
    return kept


def _aligned(table: pl.DataFrame | None, items: pl.Series) -> pl.DataFrame | None:
    """Put an item table in the order of the items; None where it knows none of them."""
    if table is None:
        return None
    joined = items.rename("item").to_frame().join(table, on="item", how="left", maintain_order="left")
    aligned = joined.select("title", "categories", "text")
    known = aligned.null_count().row(0)
    return None if all(count == len(aligned) for count in known) else aligned
