"""Interactions -> Listings: the events of the users whom two domains share, item by item and user by user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from tlbench.arrays import I32, I64, Array
    from tlbench.data.interactions import Interactions

DAY = 86_400
STEPS = 1000  # of the rating scale, so that ratings on unlike scales can be told equal


@dataclass(frozen=True, eq=False)
class Listings:
    """Events of one domain, of the users whom it shares with another, on items that two of them and more have.

    Attributes
    ----------
    n_users, n_items
        Numbers of shared users and of the domain's items.
    indptr, user
        int64, shape (n_items + 1,), and int32: the users of each item, ascending.
    event
        int64, aligned with `user`: position of the event in the domain's interactions.
    user_indptr, user_item
        int64, shape (n_users + 1,), and int32: the items of each user, ascending.
    """

    n_users: int
    n_items: int
    indptr: I64
    user: I32
    event: I64
    user_indptr: I64
    user_item: I32

    @property
    def degree(self) -> I64:
        """Number of shared users of each item, int64, shape (n_items,); 0 where an item has only one."""
        return np.diff(self.indptr)


def make_listings(domain: Interactions, row: I64, n_users: int) -> Listings:
    """Sort the events of shared users by item and by user; an item with one of them can have no twin.

    Parameters
    ----------
    domain
        The domain.
    row
        int64, shape (n_domain_users,): number of each user among the shared ones, -1 for others.
    n_users
        Number of shared users.
    """
    shared = row[domain.user] >= 0
    degree = np.bincount(domain.item[shared], minlength=domain.n_items)
    events = np.flatnonzero(shared & (degree[domain.item] > 1))
    users, items = row[domain.user[events]].astype(np.int32), domain.item[events]
    by_user = sparse.coo_matrix((events, (users, items)), shape=(n_users, domain.n_items)).tocsr()
    by_item = by_user.tocsc()
    by_user.sort_indices()
    return Listings(
        n_users=n_users,
        n_items=domain.n_items,
        indptr=by_item.indptr.astype(np.int64),
        user=by_item.indices.astype(np.int32, copy=False),
        event=by_item.data,
        user_indptr=by_user.indptr.astype(np.int64),
        user_item=by_user.indices.astype(np.int32, copy=False),
    )


def days_of(domain: Interactions) -> I64 | None:
    """Return the day (UTC) of each event; None where time is not known."""
    if domain.timestamp is None:
        return None
    days: I64 = domain.timestamp // DAY
    return days


def ratings_of(domain: Interactions) -> I64 | None:
    """Return the rating of each event in thousandths of the domain's scale; None where there are none."""
    if domain.rating is None or domain.rating_scale is None:
        return None
    low, high = domain.rating_scale
    share: Array = (domain.rating.astype(np.float64) - low) / (high - low)
    steps: I64 = np.rint(share * STEPS).astype(np.int64)
    return steps
