"""Raw -> Interactions: impossible values refused or dropped, ids coded, duplicates removed, item table aligned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.data.cleaning import SHOWN, impossible_ratings, refuse, stray_negatives, superseded
from tlbench.data.clock import TimeRange, default_range, moments_outside, reading_of
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
    else the last; where there is none, the lowest and highest rating found. `time_range` is where all moments must lie;
    None takes 1990 to a year from now.
    """

    name: str
    user_ids: str
    item_ids: str
    scales: tuple[tuple[float, float], ...]
    provenance: Provenance
    time_range: TimeRange | None = None


def assemble(raw: Raw, origin: Origin, *, lenient: bool = False) -> Interactions:
    """Make interactions of what a parser read, every step counted in the provenance.

    Parameters
    ----------
    raw
        What the parser read.
    origin
        Names, rating scale and provenance.
    lenient
        Drop and count lines with an impossible rating or moment, or without a time that others have, instead of
        refusing them.

    Raises
    ------
    TlbenchError
        If the file has no interactions or, unless `lenient`, impossible values; with line numbers.
    """
    if raw.frame.is_empty():
        raise TlbenchError(f"`{raw.label}` of data set `{origin.name}` has no interactions", hint="get the file again")
    implicit = raw.frame["rating"].null_count() == len(raw.frame)
    scale = None if implicit else _scale(raw.frame["rating"], origin.scales)
    timed = origin.time_range or default_range()
    usable = _usable(raw, scale, timed, implicit=implicit, declared=bool(origin.scales), lenient=lenient)
    whole = _coded(raw, origin, scale, usable)
    late = superseded(whole.user, whole.item, whole.timestamp, n_items=whole.n_items)
    return whole.keep(~late, "without duplicate pairs")


def _scale(rating: pl.Series, scales: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    values = rating.drop_nulls().to_numpy()
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    fitting = [scale for scale in scales if scale[0] <= low and high <= scale[1]]
    return (*fitting, *scales[-1:], (low, high))[0]


def _usable(
    raw: Raw,
    scale: tuple[float, float] | None,
    timed: TimeRange,
    *,
    implicit: bool,
    declared: bool,
    lenient: bool,
) -> Bool | None:
    """Mark usable rows; None where all are."""
    usable = np.ones(len(raw.frame), dtype=np.bool_)
    checks = [] if implicit else [_ratings(raw, scale, declared=declared)]
    for check in (*checks, _gaps_in_time(raw), _moments(raw, timed)):
        if check is None:
            continue
        if not lenient:
            raise check.refusal
        usable &= ~check.wrong
    return None if usable.all() else usable


@dataclass(frozen=True, eq=False)
class _Check:
    """Rows that cannot be used, bool, shape (n,), and the error that says so."""

    wrong: Bool
    refusal: TlbenchError


def _ratings(raw: Raw, scale: tuple[float, float] | None, *, declared: bool) -> _Check | None:
    rating = raw.frame["rating"].fill_null(np.nan).to_numpy()
    wrong = impossible_ratings(rating, scale)
    what = f"ratings that are missing or{'' if scale is None else f' outside {scale[0]:g} to {scale[1]:g}'}"
    hint = f"correct the file or `rating_scale` in the catalogue, {LENIENT}"
    if not declared and not wrong.any():
        wrong = stray_negatives(rating)
        what = "ratings below 0 where nearly all others are above"
        hint = f"where they are meant, declare `rating_scale` in the catalogue; otherwise correct the file, {LENIENT}"
    if not wrong.any():
        return None
    values = [_shown(value) for value in rating[np.flatnonzero(wrong)[:SHOWN]].tolist()]
    return _Check(wrong, refuse(raw, wrong, what, values, hint))


def _gaps_in_time(raw: Raw) -> _Check | None:
    moment = raw.frame["timestamp"]
    if not 0 < moment.null_count() < len(moment):
        return None
    wrong = moment.is_null().to_numpy()
    blanks = [None] * min(SHOWN, int(wrong.sum()))
    what = "lines without the time that others have"
    return _Check(wrong, refuse(raw, wrong, what, blanks, f"correct the file, {LENIENT}"))


def _moments(raw: Raw, timed: TimeRange) -> _Check | None:
    """Find moments outside the range, which tell of another unit, of mixed units, or of a broken clock."""
    moment = raw.frame["timestamp"]
    if moment.null_count() == len(moment):
        return None
    known = moment.is_not_null().to_numpy()
    seconds = moment.fill_null(timed.first).to_numpy()
    wrong = moments_outside(seconds, timed)
    if not wrong.any():
        return None
    reading = reading_of(seconds[known], wrong[known], timed)
    values = [f"{value} s" for value in seconds[np.flatnonzero(wrong)[:SHOWN]].tolist()]
    return _Check(wrong, refuse(raw, wrong, f"moments outside {timed}", values, f"{reading}, {LENIENT}"))


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
