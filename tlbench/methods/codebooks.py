"""Ratings -> codebook (cluster x cluster ratings), and codebook -> predicted ratings of another matrix.

Both halves of codebook transfer (Li, Yang and Xue 2009, IJCAI, "Can movies and books collaborate?"), kept apart from
the methods because the transfer method and its target-only counterpart differ only in where the codebook comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tlbench.methods.memo import shared
from tlbench.methods.products import one_blas_thread
from tlbench.rng import branch

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, F64, I64

TINY = 1e-12


@dataclass(frozen=True)
class CodebookSize:
    """How large a codebook is and of how much data it is made.

    Attributes
    ----------
    user_clusters, item_clusters
        Rows and columns of the codebook (k and l of the paper).
    users, items
        Users and items of the dense part that is factorised; the paper takes 500 of each.
    iterations
        Multiplicative updates of the tri-factorisation.
    """

    user_clusters: int
    item_clusters: int
    users: int
    items: int
    iterations: int


@dataclass(frozen=True, eq=False)
class Memberships:
    """Cluster of every user and item: int64, shapes (n_users,) and (n_items,)."""

    users: I64
    items: I64


@dataclass(frozen=True, eq=False)
class CodebookScorer:
    """Predicted rating = sum over codebooks of weight x codebook[cluster of user, cluster of item].

    A user without a target rating has no cluster, so its row is constant.
    """

    codebooks: tuple[F64, ...]
    memberships: tuple[Memberships, ...]
    weights: tuple[float, ...]
    known: F32
    predicts_ratings: ClassVar[bool] = True

    def __call__(self, users: I64) -> F32:
        """Return predicted ratings on the target's scale, float32, shape (b, n_items)."""
        total: F64 | float = 0.0
        for weight, book, member in zip(self.weights, self.codebooks, self.memberships, strict=True):
            total = total + weight * book[member.users[users]][:, member.items]
        return (total * self.known[users, None]).astype(np.float32)


def learn_codebook(ratings: sparse.csr_matrix, size: CodebookSize, rng: np.random.Generator) -> F64:
    """Make the codebook of a rating matrix.

    Parameters
    ----------
    ratings
        csr float32, shape (n_users, n_items).
    size
        Clusters and the dense part; clipped to what the matrix has.
    rng
        Draws the start of the factorisation.

    Returns
    -------
    numpy.ndarray
        float64, shape (k, l): mean rating of each user cluster for each item cluster (equation 5 of the paper).
    """
    (book,) = shared("codebook", ratings, size, rng, compute=lambda: (_learn_codebook(ratings, size, rng),))
    return book


def _learn_codebook(ratings: sparse.csr_matrix, size: CodebookSize, rng: np.random.Generator) -> F64:
    dense = densest_part(ratings, users=size.users, items=size.items)
    left, right = tri_factorise(
        dense,
        min(size.user_clusters, dense.shape[0]),
        min(size.item_clusters, dense.shape[1]),
        iterations=size.iterations,
        rng=rng,
    )
    return cluster_means(
        dense, np.argmax(left, axis=1), np.argmax(right, axis=1), shape=(left.shape[1], right.shape[1])
    )


def densest_part(ratings: sparse.csr_matrix, *, users: int, items: int) -> F64:
    """Return ratings of the most active users for their most rated items, holes filled with the user's mean.

    float64, shape (<= users, <= items); equal counts are settled by position. A user without a rating among these
    items gets the mean of the part.
    """
    active = np.argsort(-np.diff(ratings.indptr), kind="stable")[:users]
    rows = ratings[np.sort(active)]
    popular = np.argsort(-np.bincount(rows.indices, minlength=rows.shape[1]), kind="stable")[:items]
    part = rows[:, np.sort(popular)].tocsr()
    counts = np.diff(part.indptr)
    sums = np.asarray(part.sum(axis=1), dtype=np.float64).ravel()
    overall = sums.sum() / max(counts.sum(), 1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), overall)
    dense = np.repeat(means[:, None], part.shape[1], axis=1)
    dense[np.repeat(np.arange(part.shape[0]), counts), part.indices] = part.data
    return dense


def tri_factorise(
    ratings: F64, n_left: int, n_right: int, *, iterations: int, rng: np.random.Generator
) -> tuple[F64, F64]:
    """Factorise X ~ U S V' with U, S, V >= 0 and U, V orthogonal, by the multiplicative updates of the paper.

    Equations 2 and 3 of Li, Yang and Xue 2009, after Ding et al. 2006, doi:10.1145/1150402.1150420.

    Parameters
    ----------
    ratings
        float64, shape (n, m), not negative.
    n_left, n_right
        Columns of U and of V.
    iterations
        Number of updates of all three factors.
    rng
        Draws the start, uniform on (0, 1).

    Returns
    -------
    tuple of numpy.ndarray
        U, float64 (n, n_left), and V, float64 (m, n_right).
    """
    left = branch(rng, "rows").random((ratings.shape[0], n_left))
    right = branch(rng, "columns").random((ratings.shape[1], n_right))
    core = branch(rng, "core").random((n_left, n_right))
    with one_blas_thread():
        for _ in range(iterations):
            half = ratings @ (right @ core.T)
            left *= np.sqrt(half / (left @ (left.T @ half) + TINY))
            half = ratings.T @ (left @ core)
            right *= np.sqrt(half / (right @ (right.T @ half) + TINY))
            numerator = left.T @ ratings @ right
            core *= np.sqrt(numerator / ((left.T @ left) @ core @ (right.T @ right) + TINY))
    return left, right


def cluster_means(dense: F64, left: I64, right: I64, *, shape: tuple[int, int]) -> F64:
    """Mean of `dense` over each pair of clusters; an empty pair gets the mean of all (the paper leaves it open)."""
    row = np.zeros((dense.shape[0], shape[0]))
    row[np.arange(dense.shape[0]), left] = 1.0
    column = np.zeros((dense.shape[1], shape[1]))
    column[np.arange(dense.shape[1]), right] = 1.0
    counts = np.outer(row.sum(axis=0), column.sum(axis=0))
    return np.where(counts > 0, (row.T @ dense @ column) / np.maximum(counts, 1.0), dense.mean())


def rescale(codebook: F64, source: tuple[float, float], target: tuple[float, float]) -> F64:
    """Map ratings linearly from one scale to another."""
    return target[0] + (codebook - source[0]) * ((target[1] - target[0]) / (source[1] - source[0]))


def expand_codebook(
    ratings: sparse.csr_matrix, codebook: F64, *, iterations: int, rng: np.random.Generator
) -> Memberships:
    """Assign users and items of a matrix to a codebook's clusters so that it predicts the known ratings best.

    Algorithm 2 of Li, Yang and Xue 2009: from random item clusters, in turn every user and every item takes the cluster
    of the least squared error over its known ratings, until nothing changes or `iterations` rounds are done.
    """
    columns = ratings.T.tocsr()
    items = branch(rng, "clusters").integers(codebook.shape[1], size=ratings.shape[1])
    users = nearest_pattern(ratings, codebook[:, items])
    for _ in range(iterations):
        moved = nearest_pattern(columns, codebook.T[:, users])
        if np.array_equal(moved, items):
            break
        items = moved
        users = nearest_pattern(ratings, codebook[:, items])
    return Memberships(users, items)


def nearest_pattern(ratings: sparse.csr_matrix, patterns: F64) -> I64:
    """For each row the pattern nearest to its known entries in squared error; ties go to the first.

    Parameters
    ----------
    ratings
        csr, shape (n, m).
    patterns
        float64, shape (k, m).

    Returns
    -------
    numpy.ndarray
        int64, shape (n,).
    """
    known = ratings.copy()
    known.data = np.ones(len(known.data))
    error = known @ (patterns.T**2) - 2.0 * (ratings.astype(np.float64) @ patterns.T)
    nearest: I64 = np.argmin(error, axis=1)
    return nearest


def assigned(codebook: F64, ratings: sparse.csr_matrix, *, rounds: int, rng: np.random.Generator) -> CodebookScorer:
    """Assign users and items of a rating matrix to the clusters of one codebook and score by it.

    Parameters
    ----------
    codebook
        float64, shape (user clusters, item clusters), on the scale of `ratings`.
    ratings
        The target, csr float32, shape (n_users, n_items).
    rounds
        Rounds of `expand_codebook`.
    rng
        Drawn from by `expand_codebook`.
    """
    memberships = expand_codebook(ratings, codebook, iterations=rounds, rng=rng)
    known = (np.diff(ratings.indptr) > 0).astype(np.float32)
    return CodebookScorer((codebook,), (memberships,), (1.0,), known)
