"""Scores -> Ranking: the only top-n in the house, with seen items masked and ties in a random order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.metrics._kernels import top_items
from tlbench.rng import stream

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, I32, I64, Bool


@dataclass(frozen=True, eq=False)
class Ranking:
    """The best unseen items of some users.

    Attributes
    ----------
    users
        int64 rows of the users, shape (b,).
    items
        int32, shape (b, n), best first, every item at most once in a row; -1 fills rows with fewer than n unseen items.
    cold
        bool, shape (b,): the row of scores was constant, so the user was ranked by the fallback.
    """

    users: I64
    items: I32
    cold: Bool

    @property
    def depth(self) -> int:
        """Length of the lists, n."""
        return int(self.items.shape[1])


def tie_order(seed: int, n_items: int) -> I32:
    """Draw the order in which items of equal score are listed: int32 rank of each item, shape (n_items,).

    A random order, because the order of item codes follows popularity in many data sets and would leak it.
    """
    return stream(seed, "ties").permutation(n_items).astype(np.int32)


def rank(
    scores: F32,
    users: I64,
    *,
    rows: I64 | None = None,
    seen: sparse.csr_matrix,
    n: int,
    tie_rank: I32,
    fallback: F32,
    method: str,
) -> Ranking:
    """Rank the unseen items of some users by their scores.

    Parameters
    ----------
    scores
        float32, shape (m, n_items), higher is better; not written to. Infinite values are ordered like others.
    users
        int64 rows of `seen`, shape (b,): whose scores they are.
    rows
        int64 rows of `scores`, shape (b,), where users and scores are not aligned; by default ``0..m-1`` with m = b.
    seen
        csr, shape (n_users, n_items), sorted indices: the stored entries of a user's row are left out of the list.
    n
        Length of the lists.
    tie_rank
        int32, shape (n_items,): of equal scores the lower rank comes first (see `tie_order`).
    fallback
        float32, shape (n_items,): scores of users whose row is constant (training popularity).
    method
        Whose scores they are, for the error.

    Raises
    ------
    TlbenchError
        Where the scores are not float32 of the right shape, or hold a NaN.
    """
    where = np.arange(len(users)) if rows is None else rows
    _check_shape(scores, len(users) if rows is None else None, len(tie_rank), method)
    items = np.empty((len(users), n), dtype=np.int32)
    cold = np.empty(len(users), dtype=np.bool_)
    sound = np.empty(len(users), dtype=np.bool_)
    indptr = seen.indptr.astype(np.int64, copy=False)
    indices = seen.indices.astype(np.int32, copy=False)
    top_items(scores, where, users, indptr, indices, fallback, tie_rank, items, cold, sound)
    if not sound.all():
        raise _not_a_number(scores[where[~sound][0]], int(users[~sound][0]), method)
    return Ranking(users, items, cold)


def _check_shape(scores: F32, n_rows: int | None, n_items: int, method: str) -> None:
    """Refuse what a method must not hand over."""
    wanted = (scores.shape[0] if n_rows is None else n_rows, n_items)
    if scores.shape != wanted or scores.dtype != np.float32:
        raise TlbenchError(
            f"method `{method}` returned scores of shape {scores.shape} and type {scores.dtype} instead of"
            f" {wanted} and float32",
            hint="a scorer returns one float32 row a user and one column a target item",
        )


def _not_a_number(row: F32, user: int, method: str) -> TlbenchError:
    item = int(np.flatnonzero(np.isnan(row))[0])
    return TlbenchError(
        f"method `{method}` scored item {item} for user row {user} as NaN",
        hint="look for a division by zero or an overflow in its `fit`; a smaller learning rate may help",
    )
