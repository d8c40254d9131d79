"""Fitted models that many methods share; their fields are public, so that ranking may read them directly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods._kernels_scores import dense_scores, sparse_scores
from tlbench.methods.products import matmul, over_rows

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, I64


@dataclass(frozen=True, eq=False)
class FactorScorer:
    """Score = product of a user's and an item's vector, plus the item's bias.

    Attributes
    ----------
    users, items
        float32, C order, shapes (n_users, f) and (n_items, f). A user without knowledge has a zero vector.
    item_bias
        float32, shape (n_items,), or None. It does not reach users whose vector is zero, so that those stay
        recognisable as unknown.
    """

    users: F32
    items: F32
    item_bias: F32 | None = None

    def __call__(self, users: I64) -> F32:
        """Score all items for some users; see `tlbench.methods.base.Scorer`."""
        vectors = self.users[users]
        scores = matmul(vectors, self.items.T)
        if self.item_bias is not None:
            scores += self.item_bias * vectors.any(axis=1, keepdims=True)
        return scores


@dataclass(frozen=True, eq=False)
class ItemItemScorer:
    """Score = sum over a user's row of value x weight to each target item.

    Attributes
    ----------
    rows
        csr float32, shape (n_users, n_columns): what users did, in the columns that the weights start from
        (the target's items, or those of all domains side by side).
    weights
        float32, shape (n_columns, n_items): csr or dense C order.
    """

    rows: sparse.csr_matrix
    weights: sparse.csr_matrix | F32

    def __call__(self, users: I64) -> F32:
        """Score all items for some users; see `tlbench.methods.base.Scorer`."""
        users = csr.readonly(users, np.int64)
        out = np.zeros((len(users), self.weights.shape[1]), dtype=np.float32)
        rows = csr.arrays(self.rows)
        if isinstance(self.weights, np.ndarray):
            over_rows(dense_scores, len(users), users, *rows, csr.readonly(self.weights, np.float32), out)
        else:
            over_rows(sparse_scores, len(users), users, *rows, *csr.arrays(self.weights), out)
        return out


@dataclass(frozen=True, eq=False)
class SameScorer:
    """The same scores for every user: float32, shape (n_items,)."""

    scores: F32

    def __call__(self, users: I64) -> F32:
        """Repeat the scores for each user."""
        return np.tile(self.scores, (len(users), 1))
