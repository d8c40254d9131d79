"""Scores -> Ranking: the only top-n in the house, with seen items masked and ties in a random order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.io.threads import in_threads, one_blas_thread, over_rows
from tlbench.metrics._kernels_holdout import holdout_ranks
from tlbench.metrics._kernels_lists import TOGETHER, dense_lists, factor_lists
from tlbench.metrics._kernels_sparse_lists import same_lists, sparse_lists
from tlbench.metrics.holdout import Holdout
from tlbench.rng import stream

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, I32, I64, Array, Bool


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

    def take(self, where: I64) -> Ranking:
        """Return the lists of some of the users, by position."""
        return Ranking(self.users[where], self.items[where], self.cold[where])


def tie_order(seed: int, n_items: int) -> I32:
    """Draw the order in which items of equal score are listed: int32 rank of each item, shape (n_items,).

    A random order, because the order of item codes follows popularity in many data sets and would leak it.
    """
    return stream(seed, "ties").permutation(n_items).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Ranker:
    """How lists are made, whatever the scores come as; the same bits for every number of threads.

    Scores of minus infinity keep an item out of the list; NaN is an error.

    Attributes
    ----------
    n
        Length of the lists.
    seen
        csr, shape (n_users, n_items), sorted indices: the stored entries of a user's row are left out of lists.
    tie_rank
        int32, shape (n_items,): of equal scores the lower rank comes first (see `tie_order`).
    fallback
        float32, shape (n_items,): scores of users whose row is constant (training popularity).
    method
        Whose scores they are, for errors.
    """

    n: int
    seen: sparse.csr_matrix
    tie_rank: I32
    fallback: F32
    method: str

    def dense(self, users: I64, scores: F32) -> Ranking:
        """Rank by scores: float32, shape (b, n_items), higher is better, row i of user ``users[i]``; not written to.

        Raises
        ------
        TlbenchError
            If the scores are not float32 of that shape, or hold a NaN.
        """
        wanted = (len(users), len(self.tie_rank))
        if scores.shape != wanted or scores.dtype != np.float32:
            raise TlbenchError(
                f"method `{self.method}` returned scores of shape {scores.shape} and type {scores.dtype} instead of"
                f" {wanted} and float32",
                hint="a scorer returns one float32 row per user, one column per target item",
            )
        made = _Made(users, self.n)
        over_rows(dense_lists, len(users), _readonly(scores), _readonly(users), *self._rules, *made.arrays)
        return self._ranking(made)

    def among(self, users: I64, scores: F32, candidates: sparse.csr_matrix) -> Ranking:
        """Rank candidates only: those stored in a user's row of a csr, shape (n_users, n_items); else as `dense`."""
        cold = (scores == scores[:, :1]).all(axis=1)
        known = np.where(cold[:, None], self.fallback, scores)
        mine = candidates[users]
        where = (np.repeat(np.arange(len(users)), np.diff(mine.indptr)), mine.indices)
        masked = np.full_like(known, -np.inf)
        masked[where] = known[where]
        found = self.dense(users, masked)
        return replace(found, cold=cold)

    def factors(self, users: I64, user_factors: F32, item_factors: F32, item_bias: F32 | None) -> Ranking:
        """Rank by products of factors, float32, shapes (n_users, f) and (n_items, f), without ever holding all scores.

        The bias of an item, float32, shape (n_items,), is added for users whose vector is not zero. The product is
        made of fixed groups of `TOGETHER` users, 0..127, 128..255 and so on of those given.
        """
        made = _Made(users, self.n)
        bias = np.empty(0, dtype=np.float32) if item_bias is None else item_bias
        arrays = (
            _readonly(user_factors),
            _readonly(item_factors),
            _readonly(bias),
            _readonly(users),
            *self._rules,
            *made.arrays,
        )
        with one_blas_thread():
            in_threads(lambda start: factor_lists(start, *arrays), range(0, len(users), TOGETHER))
        return self._ranking(made)

    def weighted(self, users: I64, rows: sparse.csr_matrix, weights: sparse.csr_matrix) -> Ranking:
        """Rank by products of sparse rows, (n_users, m), and sparse weights, (m, n_items), one user at a time."""
        made = _Made(users, self.n)
        matrices = (*_arrays(rows), _readonly(rows.data), *_arrays(weights), _readonly(weights.data))
        over_rows(sparse_lists, len(users), *matrices, _readonly(users), *self._rules, *made.arrays)
        return self._ranking(made)

    def same(self, users: I64, scores: F32) -> Ranking:
        """Rank by scores that are the same for every user, float32, shape (n_items,): once, then skip what is seen."""
        made = _Made(users, self.n)
        made.sound[:] = not np.isnan(scores).any()
        made.cold[:] = (scores == scores[:1]).all()
        order = _readonly(self._order(self.fallback if made.cold.all() else scores))
        over_rows(same_lists, len(users), order, _readonly(users), *_arrays(self.seen), made.listed)
        return self._ranking(made)

    def holdout(self, users: I64, scores: F32, relevant: sparse.csr_matrix, cold: Bool) -> Holdout:
        """Place held-out items among all that could have been listed.

        Parameters
        ----------
        users, scores
            As for `dense`.
        relevant
            csr, shape (b, n_items), sorted indices: the held-out items of these users.
        cold
            bool, shape (b,), from the lists of the same scores.
        """
        n = relevant.nnz
        out = (np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.float32))
        seen = _arrays(self.seen)
        rules = (*seen, _readonly(self.fallback), self._places)
        over_rows(
            holdout_ranks, len(users), _readonly(scores), _readonly(users), *rules, cold, *_arrays(relevant), *out
        )
        return Holdout(*out, n_candidates=len(self.tie_rank) - np.diff(seen[0])[users])

    @cached_property
    def _rules(self) -> tuple[Array, ...]:
        """What every kernel gets besides the scores; see `_kernels_lists`."""
        item_at = np.argsort(self._places).astype(np.int32)
        return (*_arrays(self.seen), _readonly(self._order(self.fallback)), self._places, item_at)

    @cached_property
    def _places(self) -> I32:
        """Place of each item from the end of the tie order, int32, shape (n_items,)."""
        return (len(self.tie_rank) - 1 - self.tie_rank).astype(np.int32)

    def _order(self, scores: F32) -> I32:
        """Sort the items by scores of shape (n_items,), best first; those of minus infinity are left out."""
        order = np.lexsort((self.tie_rank, -scores))
        return order[scores[order] > -np.inf].astype(np.int32)

    def _ranking(self, made: _Made) -> Ranking:
        if not made.sound.all():
            raise TlbenchError(
                f"method `{self.method}` gave user row {made.users[~made.sound][0]} a score that is not a number",
                hint="look for a division by zero or an overflow in its `fit`; a smaller learning rate may help",
            )
        return Ranking(made.users, made.listed, made.cold)


class _Made:
    """The arrays that kernels fill."""

    def __init__(self, users: I64, n: int) -> None:
        self.users = users
        self.listed = np.empty((len(users), n), dtype=np.int32)
        self.cold = np.empty(len(users), dtype=np.bool_)
        self.sound = np.empty(len(users), dtype=np.bool_)

    @property
    def arrays(self) -> tuple[Array, ...]:
        return self.listed, self.cold, self.sound


def _arrays(matrix: sparse.csr_matrix) -> tuple[Any, Any]:
    """Return where rows start (int64) and their columns (int32), whatever widths scipy chose."""
    return _readonly(matrix.indptr.astype(np.int64, copy=False)), _readonly(matrix.indices.astype(np.int32, copy=False))


def _readonly(values: Array) -> Array:
    """Return a contiguous view that nobody can write to: one type for kernels, whatever came in."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view
