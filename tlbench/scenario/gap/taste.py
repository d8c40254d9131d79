"""Histories of shared users in two domains -> Taste: do people who are alike here resemble each other there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.scenario.gap.figures import Taste

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64
    from tlbench.data.interactions import Interactions

MOST, LEAST, FACTORS, PERMUTATIONS, SHOWN = 5000, 50, 16, 200, 5
USERS_A_FACTOR = 5


def taste(source: sparse.csr_matrix, target: sparse.csr_matrix, rng: np.random.Generator) -> Taste:
    """Correlate the singular vectors of the same users in two domains (Hotelling 1936, doi:10.1093/biomet/28.3-4.321).

    Both are reduced to `FACTORS` singular vectors (fewer where there are few users or items). Chance is what comes out
    when users are paired at random, `PERMUTATIONS` times; with many factors and few users it is far from 0.

    Parameters
    ----------
    source, target
        Rows of the same users in the same order, shape (n_users, n_items of the domain); rows are scaled to length 1,
        so that how active people are does not count.
    rng
        Draws pairings.
    """
    factors = min(FACTORS, source.shape[0] // USERS_A_FACTOR, *(side.shape[1] - 1 for side in (source, target)))
    left, right = (_orthonormal(singular_vectors(side, factors)) for side in (source, target))
    found = canonical_correlations(left, right)
    chance = np.array([canonical_correlations(left, right[rng.permutation(len(right))]) for _ in range(PERMUTATIONS)])
    strength, by_chance = float((found**2).mean()), (chance**2).mean(axis=1)
    return Taste(
        correlations=tuple(found[:SHOWN].tolist()),
        by_chance=tuple(np.quantile(chance, 0.95, axis=0)[:SHOWN].tolist()),
        strength=strength,
        strength_by_chance=float(by_chance.mean()),
        pvalue=float((1 + (by_chance >= strength).sum()) / (1 + PERMUTATIONS)),
        users=int(source.shape[0]),
    )


def rows_of(domain: Interactions, users: I64) -> sparse.csr_matrix:
    """Return which items some users touched: csr float64, shape (len(users), n_items), rows of length 1.

    Parameters
    ----------
    domain
        The domain.
    users
        Codes of distinct users, in the order of the rows.
    """
    ones = np.ones(len(domain))
    whole = sparse.csr_matrix((ones, (domain.user, domain.item)), shape=(domain.n_users, domain.n_items))
    rows = whole[users]
    lengths = np.sqrt(np.diff(rows.indptr))
    rows.data /= np.repeat(lengths, np.diff(rows.indptr))
    return rows


def singular_vectors(rows: sparse.csr_matrix, factors: int) -> F64:
    """Return users' singular vectors times their singular values, shape (n_users, factors), the leading ones."""
    from scipy.sparse.linalg import svds

    start = np.full(min(rows.shape), min(rows.shape) ** -0.5)
    left, values, _ = svds(rows, k=factors, v0=start, return_singular_vectors="u")
    scaled: F64 = left * values
    return scaled


def _orthonormal(vectors: F64) -> F64:
    """Centre the columns and turn them into an orthonormal basis of what they span."""
    basis: F64 = np.linalg.qr(vectors - vectors.mean(axis=0))[0]
    return basis


def canonical_correlations(left: F64, right: F64) -> F64:
    """Return the cosines of the angles between what two orthonormal bases span, largest first.

    These are the canonical correlations (Bjorck and Golub 1973, Numerical Methods for Computing Angles Between Linear
    Subspaces).

    Parameters
    ----------
    left, right
        float64, shapes (n, p) and (n, q), columns orthonormal.

    Returns
    -------
    numpy.ndarray
        float64, shape (min(p, q),), between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.scenario.gap.taste import canonical_correlations
    >>> canonical_correlations(np.eye(4)[:, :2], np.eye(4)[:, 1:3]).round(2).tolist()
    [1.0, 0.0]
    """
    cosines: F64 = np.minimum(np.linalg.svd(left.T @ right, compute_uv=False), 1.0)
    return cosines
