"""Two Listings -> every pair of items that enough users have in common, found block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.io.threads import in_threads, thread_count
from tlbench.scenario.twins._kernels import common_users

if TYPE_CHECKING:
    from tlbench.arrays import I32, I64
    from tlbench.scenario.twins.listings import Listings

ROOM = 1 << 16  # rows of a block's table, at least; a full table is emptied and filled again
BLOCKS = 64


def common_pairs(left: Listings, right: Listings, *, least_jaccard: float, within: bool) -> I32:
    """Find the pairs of items with two common users and more, and a Jaccard index of at least `least_jaccard`.

    The product of both incidence matrices is gone through row by row and never kept, so that memory grows with the
    number of items and of pairs found, not with the number of pairs looked at. Exact: nothing is sampled or cut.

    Parameters
    ----------
    left, right
        Both domains; the same twice where pairs within one domain are asked for.
    least_jaccard
        Common users by users of either, at least.
    within
        True where both are one domain.

    Returns
    -------
    numpy.ndarray
        int32, shape (n_pairs, 3), ascending by the codes: left code, right code, common users.
    """
    blocks = _blocks(left, right)
    found: list[list[I32]] = [[] for _ in range(len(blocks) - 1)]

    def job(part: int) -> None:
        found[part] = _of_block(int(blocks[part]), int(blocks[part + 1]), left, right, least_jaccard, within)

    in_threads(job, range(len(found)))
    pairs = np.concatenate([np.empty((0, 3), dtype=np.int32), *(table for tables in found for table in tables)])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _blocks(left: Listings, right: Listings) -> I64:
    """Cut the left items in blocks of about equal work, which is the events of their users on the other side."""
    steps = np.diff(right.user_indptr)[left.user]
    work = np.concatenate([[0], np.cumsum(steps)])[left.indptr]
    edges = np.searchsorted(work, np.linspace(0, work[-1], BLOCKS if thread_count() > 1 else 2)[1:-1])
    return np.unique(np.concatenate([[0], edges, [left.n_items]]))


def _of_block(first: int, last: int, left: Listings, right: Listings, least_jaccard: float, within: bool) -> list[I32]:
    count, touched = np.zeros(right.n_items, dtype=np.int32), np.empty(right.n_items, dtype=np.int32)
    out = np.empty((max(ROOM, right.n_items), 3), dtype=np.int32)
    degree = right.degree
    tables = []
    while first < last:
        first, filled = common_users(
            first, last, left.indptr, left.user, right.user_indptr, right.user_item, degree,
            least_jaccard, within, count, touched, out,
        )  # fmt: skip
        tables.append(out[:filled].copy())
    return tables
