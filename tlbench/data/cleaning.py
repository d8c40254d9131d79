"""Cleaning: ratings that cannot be, duplicate pairs, k-core and least rating, each step counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.arrays import F32, I32, I64, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.data.raw import Raw

SHOWN = 5


def impossible_ratings(rating: F32, scale: tuple[float, float] | None) -> Bool:
    """Mark ratings that are not finite or lie outside the scale (None: any finite one is possible)."""
    wrong = ~np.isfinite(rating)
    if scale is not None:
        with np.errstate(invalid="ignore"):
            wrong |= (rating < scale[0]) | (rating > scale[1])
    return wrong


def stray_negatives(rating: F32) -> Bool:
    """Mark negative ratings where they are so few, below 1 %, that they are a code or a slip and not an opinion.

    Parameters
    ----------
    rating
        float32, shape (n,), all finite, of a file whose scale nobody declared.
    """
    negative: Bool = rating < 0
    return negative if np.count_nonzero(negative) < 0.01 * len(rating) else np.zeros_like(negative)


def refuse(raw: Raw, wrong: Bool, what: str, values: Sequence[object], hint: str) -> TlbenchError:
    """Make the error that names the first lines at which something is wrong."""
    rows = np.flatnonzero(wrong)[:SHOWN].tolist()
    shown = ", ".join(
        f"line {line}" + (f" ({value})" if value is not None else "")
        for line, value in zip(raw.frame["line"].gather(rows), values, strict=True)
    )
    total = int(wrong.sum())
    more = f" and {total - SHOWN:,} more" if total > SHOWN else ""
    return TlbenchError(f"`{raw.label}` has {total:,} {what}: {shown}{more}", hint=hint)


def superseded(user: I32, item: I32, timestamp: I64 | None, *, n_items: int) -> Bool:
    """Mark interactions of a pair that occurs again: all but the latest, or but the first where time is not known.

    Parameters
    ----------
    user, item
        int32 codes, shape (n,).
    timestamp
        int64 seconds, shape (n,), or None. Among equal times the first in the file is kept.
    n_items
        Number of item codes.

    Returns
    -------
    numpy.ndarray
        bool, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.data.cleaning import superseded
    >>> user, item = np.array([0, 0, 1], dtype=np.int32), np.array([5, 5, 5], dtype=np.int32)
    >>> superseded(user, item, np.array([10, 20, 30]), n_items=6).tolist()
    [True, False, False]
    """
    import polars as pl

    pair = pl.Series(user.astype(np.int64) * n_items + item)
    out: Bool = ~pair.is_first_distinct().to_numpy()
    if timestamp is None or not out.any():
        return out
    rows = np.flatnonzero(pair.is_duplicated().to_numpy())
    order = rows[np.lexsort((rows, -timestamp[rows], pair.to_numpy()[rows]))]
    group = pair.to_numpy()[order]
    out[:] = False
    out[order[1:]] = group[1:] == group[:-1]
    return out


def k_core(interactions: Interactions, k: int) -> Interactions:
    """Keep users and items with at least `k` interactions each, again and again until nothing changes.

    Parameters
    ----------
    interactions
        What to filter.
    k
        Least number of interactions; 1 changes nothing.

    Returns
    -------
    Interactions
        The largest part in which every user and every item has at least `k` interactions (the k-core of the bipartite
        graph, Seidman 1983, doi:10.1016/0378-8733(83)90028-X), possibly empty; the order is kept.
    """
    if k <= 1:
        return interactions
    mask = k_core_mask(
        interactions.user, interactions.item, k, n_users=interactions.n_users, n_items=interactions.n_items
    )
    return interactions.keep(mask, f"{k}-core")


def well_known_items(interactions: Interactions, least: int) -> Interactions:
    """Keep items with at least `least` interactions, whoever has them; 1 changes nothing.

    No user is removed for having few, so one pass is enough: a user who loses an item takes none from another item.
    Users who have nothing left disappear.
    """
    if least <= 1:
        return interactions
    counts = np.bincount(interactions.item, minlength=interactions.n_items)
    return interactions.keep(counts[interactions.item] >= least, f"items with at least {least}")


def k_core_mask(user: I32, item: I32, k: int, *, n_users: int, n_items: int) -> Bool:
    """Mark the interactions of the k-core, by counting again and again; arguments as in `k_core`.

    Parameters
    ----------
    user, item
        int32 codes, shape (n,).
    k
        Fewest interactions of each user and each item.
    n_users, n_items
        Numbers of codes.

    Returns
    -------
    numpy.ndarray
        bool, shape (n,): which interactions stay.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.data.cleaning import k_core_mask
    >>> user, item = np.array([0, 0, 1, 1, 2], dtype=np.int32), np.array([0, 1, 0, 1, 1], dtype=np.int32)
    >>> k_core_mask(user, item, 2, n_users=3, n_items=2).tolist()
    [True, True, True, True, False]
    """
    kept = np.arange(len(user))
    while True:
        few_users = np.bincount(user[kept], minlength=n_users) < k
        few_items = np.bincount(item[kept], minlength=n_items) < k
        stay = ~(few_users[user[kept]] | few_items[item[kept]])
        if stay.all():
            break
        kept = kept[stay]
    mask = np.zeros(len(user), dtype=np.bool_)
    mask[kept] = True
    return mask


def min_rating(interactions: Interactions, least: float | None) -> Interactions:
    """Keep interactions rated at least so; data without ratings, and `least` None, stay as they are."""
    if least is None or interactions.rating is None:
        return interactions
    return interactions.keep(interactions.rating >= np.float32(least), f"rating at least {least:g}")
