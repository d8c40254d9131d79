"""Pairs of items -> Evidence: besides their users, do times, ratings, titles and ids agree?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.scenario.title_keys import same_but_for_spelling, title_keys
from tlbench.scenario.titles import THRESHOLD, has_titles
from tlbench.scenario.twins._kernels import agreements
from tlbench.scenario.twins.listings import DAY, days_of, ratings_of

if TYPE_CHECKING:
    from tlbench.arrays import F32, I32, I64, Array, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.twins.listings import Listings

LOOKED_AT = 20_000  # users, at most, of whom the agreement by chance is counted


@dataclass(frozen=True, eq=False)
class Agreement:
    """In how many common events of each pair two values agree.

    Attributes
    ----------
    count
        int32, shape (n_pairs,): common users whose two events have the same value.
    chance
        Share of all pairs of events of one user, one on each side, that agree, averaged over users.
    """

    count: I32
    chance: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for each of some pairs of items, arrays of shape (n_pairs,).

    Attributes
    ----------
    second, day, rating
        Agreement of times and ratings; None where one of the domains lacks them. Times of a domain that knows only
        days agree by the second where they agree by the day.
    title
        float32: similarity of the normalised titles from 0 to 1; NaN where a title is unknown.
    same_title, same_id
        bool: whether titles name the same thing (equal but for spelling), whether ids of one family are equal.
    by_second
        True where both domains know seconds.
    """

    second: Agreement | None
    day: Agreement | None
    rating: Agreement | None
    title: F32
    same_title: Bool
    same_id: Bool
    by_second: bool

    @property
    def time(self) -> Agreement | None:
        """Agreement of times as finely as both domains know them."""
        return self.second if self.by_second else self.day


@dataclass(frozen=True, eq=False)
class Side:
    """One domain with its listings."""

    domain: Interactions
    listings: Listings


def gather_evidence(pairs: I32, left: Side, right: Side) -> Evidence:
    """Look at everything besides the users themselves.

    Parameters
    ----------
    pairs
        int32, shape (n_pairs, 3): left code, right code, common users.
    left, right
        The domains; the same object twice within one domain.
    """
    sides = (left, right)
    title, same_title = _titles(pairs, left.domain, right.domain)
    return Evidence(
        second=_agreement(pairs, sides, [side.domain.timestamp for side in sides]),
        day=_agreement(pairs, sides, [days_of(side.domain) for side in sides]),
        rating=_agreement(pairs, sides, [ratings_of(side.domain) for side in sides]),
        title=title,
        same_title=same_title,
        same_id=_same_id(pairs, left.domain, right.domain),
        by_second=all(_knows_seconds(side.domain) for side in sides),
    )


def _knows_seconds(domain: Interactions) -> bool:
    return domain.timestamp is not None and bool((domain.timestamp % DAY != 0).any())


def _agreement(pairs: I32, sides: tuple[Side, Side], values: list[I64 | None]) -> Agreement | None:
    left, right = values
    if left is None or right is None:
        return None
    here, there = (side.listings for side in sides)
    of_events = left[here.event], right[there.event]
    count = np.zeros(len(pairs), dtype=np.int32)
    agreements(
        np.ascontiguousarray(pairs[:, :2]),
        here.indptr, here.user, of_events[0], there.indptr, there.user, of_events[1], count,
    )  # fmt: skip
    within = sides[0] is sides[1]
    return Agreement(count, _chance((here.user, of_events[0]), (there.user, of_events[1]), here.n_users, within))


def _chance(left: tuple[I32, I64], right: tuple[I32, I64], n_users: int, within: bool) -> float:
    """Share of a user's pairs of events that agree, averaged over users (every n-th one where there are many)."""
    import polars as pl

    step = -(-n_users // LOOKED_AT)
    counts = []
    for user, value in (left, right):
        frame = pl.DataFrame({"user": user, "value": value}).filter(pl.col("user") % step == 0)
        counted = frame.group_by("user", "value").agg(n=pl.len().cast(pl.Float64))
        counts.append(counted.with_columns(all=pl.col("n").sum().over("user")))
    both = counts[0].join(counts[1], on=["user", "value"], how="left", suffix="_right")
    all_right = counts[1].group_by("user").agg(all_right=pl.col("n").sum())
    both = both.drop("all_right").join(all_right, on="user", how="inner")
    itself = 1.0 if within else 0.0
    agreed = pl.col("n") * (pl.col("n_right").fill_null(0.0) - itself)
    shares = both.group_by("user").agg(
        share=agreed.sum() / (pl.col("all").first() * (pl.col("all_right").first() - itself))
    )
    mean = shares.filter(pl.col("share").is_finite())["share"].mean()
    return float(mean) if isinstance(mean, float) else 0.0


def _titles(pairs: I32, left: Interactions, right: Interactions) -> tuple[F32, Bool]:
    """Compare the normalised main titles of each pair."""
    from rapidfuzz import fuzz

    similarity, same = np.full(len(pairs), np.nan, dtype=np.float32), np.zeros(len(pairs), dtype=np.bool_)
    if not (has_titles(left) and has_titles(right)):
        return similarity, same
    keys = [_keys(domain, pairs[:, side]) for side, domain in enumerate((left, right))]
    for pair, (here, there) in enumerate(zip(*keys, strict=True)):
        if here and there:
            score = fuzz.ratio(here, there) / 100
            similarity[pair] = score
            same[pair] = score == 1.0 or (score >= THRESHOLD and same_but_for_spelling(here, there))
    return similarity, same


def _keys(domain: Interactions, codes: Array) -> list[str]:
    """Return the normalised title of each item, empty where it is unknown."""
    if domain.item_table is None:
        return [""] * len(codes)
    wanted, place = np.unique(codes, return_inverse=True)
    found = [title_keys(title).main if title else "" for title in domain.item_table["title"].gather(wanted)]
    return [found[k] for k in place]


def _same_id(pairs: I32, left: Interactions, right: Interactions) -> Bool:
    if left.item_ids != right.item_ids or left is right:
        return np.zeros(len(pairs), dtype=np.bool_)
    same: Bool = (left.items.gather(pairs[:, 0]) == right.items.gather(pairs[:, 1])).to_numpy()
    return same
