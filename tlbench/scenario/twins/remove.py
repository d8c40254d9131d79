"""Twins -> domains without them: double listings become one item, twins of the target leave the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.data.cleaning import superseded
from tlbench.scenario.twins.find import Twins, find_double_listings, find_twins
from tlbench.scenario.twins.grades import Grade

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import Bool
    from tlbench.data.interactions import Interactions


@dataclass(frozen=True, eq=False)
class SourceTwins:
    """The items of one source that are items of the target under another id.

    Attributes
    ----------
    twins
        All pairs that were found, companions among them.
    items, of_items
        Source items that are the same product or the same events as a target item, of how many.
    events, of_events
        Interactions of the source on these items, of how many.
    companions
        Pairs that are neither: they stay.
    told
        What these interactions tell: a row for each of them and each twin of its item, with ``user`` and ``item`` (ids
        of the **target's** user and item) and ``timestamp`` (seconds UTC, null where unknown).
    """

    twins: Twins
    items: int
    of_items: int
    events: int
    of_events: int
    companions: int
    told: pl.DataFrame


def merge_double_listings(domain: Interactions) -> Interactions:
    """Make each group of listings of one thing one item, named as the listing with the most interactions.

    A user who stands under several listings of a group keeps one interaction, as for any pair that occurs twice: the
    latest, or the first where time is not known. Where nothing is listed twice the domain is returned as it is.
    """
    groups = find_double_listings(domain).groups()
    if not groups:
        return domain
    popularity = np.bincount(domain.item, minlength=domain.n_items)
    merged = domain.as_one(groups, [int(group[np.argmax(popularity[group])]) for group in groups])
    twice = superseded(domain.user, merged.item, domain.timestamp, n_items=domain.n_items)
    listings = sum(len(group) for group in groups)
    return merged.keep(~twice, f"merging {listings:,} double listings into {len(groups):,} items")


def twins_of_target(source: Interactions, target: Interactions) -> SourceTwins:
    """Find the twins that a source has in the target, and what their interactions tell."""
    twins = find_twins(source, target)
    same = twins.same
    on_twin = np.isin(source.item, same["left"].to_numpy())
    return SourceTwins(
        twins=twins,
        items=same["left"].n_unique(),
        of_items=source.n_items,
        events=int(on_twin.sum()),
        of_events=len(source),
        companions=len(twins.of(Grade.COMPANIONS)),
        told=_told(source, on_twin, same),
    )


def without_twins(source: Interactions, found: SourceTwins) -> Interactions:
    """Take the twins out of the source, for all users alike.

    Were only the events taken out that the target has too, their absence would tell what a user did there.
    """
    if not found.items:
        return source
    kept = ~np.isin(source.item, found.twins.same["left"].to_numpy())
    return source.keep(kept, f"taking out {found.items:,} twins of the target's items")


def _told(source: Interactions, on_twin: Bool, same: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    time = source.timestamp
    events = pl.DataFrame(
        {
            "user": source.users.gather(source.user[on_twin]).cast(pl.String),
            "left": source.item[on_twin],
            "timestamp": np.full(int(on_twin.sum()), -1) if time is None else time[on_twin],
        }
    ).with_columns(timestamp=pl.col("timestamp") if time is not None else pl.lit(None, dtype=pl.Int64))
    pairs = same.select(pl.col("left").cast(pl.Int32), item=pl.col("right_item").cast(pl.String))
    return events.join(pairs, on="left", how="inner").select("user", "item", "timestamp")
