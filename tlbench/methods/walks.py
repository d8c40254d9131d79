"""Item x item weights from short walks on the graph of users and items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods import csr
from tlbench.methods.neighbours import nearest, strongest

if TYPE_CHECKING:
    from tlbench.arrays import F32


def walk_weights(
    matrix: sparse.csr_matrix,
    *,
    alpha: float,
    beta: float = 0.0,
    k: int,
    normalise: bool,
    destinations: int | None = None,
) -> sparse.csr_matrix:
    """Compute how likely a walk goes from an item to a user of it and on to another item of that user.

    ``w_ij = sum_u p(i -> u)^alpha * p(u -> j)^alpha / degree(j)^beta``. Each item keeps its k strongest ways out; rows
    are scaled to sum 1 on request; then each item keeps the k strongest of its ways in (Cooper et al. 2014,
    doi:10.1145/2567948.2579244; Paudel et al. 2017, doi:10.1145/2955101).

    Parameters
    ----------
    matrix
        csr float32, shape (n_users, n_items), values positive.
    alpha
        Exponent of the probabilities of a step.
    beta
        How much popular items are held back.
    k
        Ways kept, out of and into an item.
    normalise
        Whether rows are scaled to sum 1 between the two cuts.
    destinations
        Only the first so many items are walked to (the target's, where the matrix holds several domains); None is all.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n_items, destinations): weight of an item of the user (row) for a recommended one (column).
    """
    n_items = matrix.shape[1] if destinations is None else destinations
    to_items = _steps(matrix, alpha)[:, :n_items]
    to_users = _steps(_ones(csr.transpose(matrix)), alpha)
    degree = np.maximum(np.bincount(matrix.indices, minlength=matrix.shape[1]), 1)[:n_items]
    ways_out = nearest(
        to_users,
        csr.transpose(to_items),
        k=k,
        similarity="dot",
        right_scale=(degree**-beta).astype(np.float32),
    )
    if normalise:
        ways_out = _steps(ways_out, 1.0)
    return csr.transpose(strongest(csr.transpose(ways_out), k))


def _ones(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    return _with_data(matrix, np.ones(matrix.nnz, dtype=np.float32))


def _steps(matrix: sparse.csr_matrix, alpha: float) -> sparse.csr_matrix:
    """Scale each row to sum 1 and raise its entries to a power."""
    sizes = np.diff(matrix.indptr)
    sums = np.bincount(np.repeat(np.arange(len(sizes)), sizes), weights=matrix.data, minlength=len(sizes))
    return _with_data(matrix, ((matrix.data / np.repeat(sums, sizes)) ** alpha).astype(np.float32))


def _with_data(matrix: sparse.csr_matrix, data: F32) -> sparse.csr_matrix:
    return sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)
