"""Ratings -> soft clusters of users and items with a rating distribution for each pair, by expectation maximisation.

The flexible mixture model (Si and Jin 2003, ICML): P(u, i, r) = sum over k, l of P(k) P(l) P(u|k) P(i|l) P(r|k, l). The
rating-matrix generative model (Li, Yang and Xue 2009, ICML) is the same mixture over the ratings of several domains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import sparse

from tlbench.methods.products import matmul, one_blas_thread
from tlbench.rng import branch

if TYPE_CHECKING:
    from tlbench.arrays import F32, F64, I64
    from tlbench.progress import Progress

BLOCK = 200_000


@dataclass(frozen=True, eq=False)
class Mixture:
    """A fitted mixture.

    Attributes
    ----------
    users
        float64, shape (n_users, K): the joint P(u|k) P(k), so that a row divided by its sum is P(k|u); a user without a
        rating has a row of zeros.
    items
        float64, shape (n_items, L): the joint P(i|l) P(l).
    ratings
        float64, shape (n_levels, K, L): P(r|k, l).
    likelihood
        Log-likelihood of the data before each round, in nats.
    """

    users: F64
    items: F64
    ratings: F64
    likelihood: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class MixtureScorer:
    """Predicted rating: sum over r, k, l of r P(r|k, l) P(k|u) P(l|i).

    An item without a rating gets the mixture's mean over item clusters; a user without one has a constant row.
    """

    users: F32
    items: F32
    predicts_ratings: ClassVar[bool] = True

    def __call__(self, users: I64) -> F32:
        """Return predicted ratings, float32, shape (b, n_items)."""
        return matmul(self.users[users], self.items.T)


def fit_mixture(
    levels: tuple[sparse.csr_matrix, ...],
    n_clusters: tuple[int, int],
    *,
    rounds: int,
    rng: np.random.Generator,
    progress: Progress,
) -> Mixture:
    """Maximise the likelihood of ratings by EM.

    Parameters
    ----------
    levels
        One csr pattern a rating level, shape (n_users, n_items): which pairs got that rating.
    n_clusters
        K and L.
    rounds
        Rounds of EM.
    rng
        Draws the start: memberships and rating distributions near uniform.
    """
    n_users, n_items = levels[0].shape
    users = _normalised(branch(rng, "users").uniform(0.5, 1.5, (n_users, n_clusters[0])), None)
    items = _normalised(branch(rng, "items").uniform(0.5, 1.5, (n_items, n_clusters[1])), None)
    ratings = _normalised(branch(rng, "ratings").uniform(0.5, 1.5, (len(levels), *n_clusters)), 0)
    likelihood = []
    with one_blas_thread():
        for _ in progress.track(range(rounds), "mixture: rounds of EM", total=rounds):
            users, items, ratings, value = _round(levels, users, items, ratings)
            likelihood.append(value)
    return Mixture(users, items, ratings, tuple(likelihood))


def _round(levels: tuple[sparse.csr_matrix, ...], users: F64, items: F64, ratings: F64) -> tuple[F64, F64, F64, float]:
    """One E and M step; the posterior of an entry is never stored, only its sums.

    With a = P(u|k) P(k), b = P(i|l) P(l) and R = P(r|., .), an entry's posterior is a b' * R / z, z = a' R b. Its sums
    over l, over k, and over entries are products with the sparse matrix of 1 / z.
    """
    new_users, new_items, new_ratings = np.zeros_like(users), np.zeros_like(items), np.zeros_like(ratings)
    likelihood = 0.0
    for level, (known, table) in enumerate(zip(levels, ratings, strict=True)):
        by_item = items @ table.T
        evidence = _evidence(known, users, by_item)
        likelihood += float(np.log(evidence).sum())
        inverse = sparse.csr_matrix((1.0 / evidence, known.indices, known.indptr), shape=known.shape)
        new_users += users * (inverse @ by_item)
        new_items += items * (inverse.T @ (users @ table))
        new_ratings[level] = table * (users.T @ (inverse @ items))
    return _normalised(new_users, None), _normalised(new_items, None), _normalised(new_ratings, 0), likelihood


def _evidence(known: sparse.csr_matrix, users: F64, by_item: F64) -> F64:
    """Compute z of every entry in the order of the matrix, float64 (n,); block by block to bound the memory."""
    row = np.repeat(np.arange(known.shape[0]), np.diff(known.indptr))
    out = np.empty(known.nnz)
    for start in range(0, known.nnz, BLOCK):
        part = slice(start, start + BLOCK)
        out[part] = np.einsum("ek,ek->e", users[row[part]], by_item[known.indices[part]])
    return np.maximum(out, np.finfo(np.float64).tiny)


def _normalised(counts: F64, axis: int | None) -> F64:
    """Divide by the sum over an axis (None: over everything)."""
    total = counts.sum(axis=axis, keepdims=axis is not None)
    return np.asarray(counts / np.maximum(total, np.finfo(np.float64).tiny))


def mixture_scorer(mixture: Mixture, values: F64, n_items: int) -> MixtureScorer:
    """Make the scorer of the first `n_items` items; `values` is the rating of each level, float64 (n_levels,)."""
    expected = np.tensordot(values, mixture.ratings, axes=1)
    prior = mixture.items.sum(axis=0)
    memberships = mixture.items[:n_items]
    total = memberships.sum(axis=1, keepdims=True)
    given_item = np.where(total > 0, memberships / np.maximum(total, np.finfo(np.float64).tiny), prior)
    mass = mixture.users.sum(axis=1, keepdims=True)
    given_user = mixture.users / np.maximum(mass, np.finfo(np.float64).tiny)
    return MixtureScorer(given_user.astype(np.float32), (given_item @ expected.T).astype(np.float32))


def rating_levels(matrix: sparse.csr_matrix, values: F64) -> tuple[sparse.csr_matrix, ...]:
    """Cut a rating matrix into one pattern a level; an entry belongs to the nearest of `values` (ascending)."""
    level = np.abs(matrix.data[:, None] - values[None, :]).argmin(axis=1)
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return tuple(
        sparse.csr_matrix(
            (np.ones(int((level == r).sum())), (row[level == r], matrix.indices[level == r])), shape=matrix.shape
        )
        for r in range(len(values))
    )
