"""Interactions -> DomainShape: size, density, popularity, ratings and time of one domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from tlbench.scenario.gap.figures import DomainShape

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64
    from tlbench.data.interactions import Interactions

TENTHS, FIFTHS = 10, 5


def shape_of(domain: Interactions, role: Literal["source", "target"]) -> DomainShape:
    """Describe one domain."""
    counts = popularity(domain)
    shares = rating_shares(domain)
    time = domain.timestamp
    return DomainShape(
        name=domain.name,
        role=role,
        users=domain.n_users,
        items=domain.n_items,
        interactions=len(domain),
        density=len(domain) / (domain.n_users * domain.n_items),
        history=float(np.median(np.bincount(domain.user, minlength=domain.n_users))),
        gini=gini(counts),
        popularity=_tenths(counts),
        ratings=None if shares is None else tuple(shares.tolist()),
        mean_rating=None if shares is None else float(_on_unit_scale(domain).mean()),
        first=None if time is None else int(time.min()),
        last=None if time is None else int(time.max()),
    )


def popularity(domain: Interactions) -> I64:
    """Return the number of interactions of each item, int64, shape (n_items,)."""
    return np.bincount(domain.item, minlength=domain.n_items)


def gini(counts: I64) -> float:
    """Half of the mean absolute difference of two random items' counts, divided by the mean count (Gini 1912).

    Parameters
    ----------
    counts
        int64, shape (n,), not all 0.

    Returns
    -------
    float
        0 where all are equal, near 1 where one item has everything.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.scenario.gap.shape import gini
    >>> gini(np.array([5, 5, 5])), gini(np.array([0, 0, 15])).__round__(3)
    (0.0, 0.667)
    """
    n = len(counts)
    rank = np.arange(1, n + 1)
    return float(((2 * rank - n - 1) * np.sort(counts)).sum() / (n * counts.sum()))


def rating_shares(domain: Interactions) -> F64 | None:
    """Return the share of ratings in each fifth of the rating scale, lowest first; None without ratings.

    On a scale from 1 to 5 these are the stars. Scales with other steps become comparable.
    """
    if domain.rating is None or domain.rating_scale is None:
        return None
    fifth = np.minimum((_on_unit_scale(domain) * FIFTHS).astype(np.int64), FIFTHS - 1)
    return np.bincount(fifth, minlength=FIFTHS) / len(domain)


def _on_unit_scale(domain: Interactions) -> F64:
    low, high = domain.rating_scale or (0.0, 1.0)
    rating = np.zeros(len(domain)) if domain.rating is None else domain.rating.astype(np.float64)
    return (rating - low) / (high - low)


def _tenths(counts: I64) -> tuple[float, ...]:
    """Cut the items, most popular first, in ten parts of nearly equal size."""
    parts = np.array_split(np.sort(counts)[::-1], TENTHS)
    return tuple(float(part.sum() / counts.sum()) for part in parts)
