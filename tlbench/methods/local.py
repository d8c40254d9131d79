"""EASE with few weights an item: each item regressed on its nearest ones alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods._kernels_local import local_rows
from tlbench.methods.neighbours import nearest, strongest
from tlbench.methods.threads import over_rows

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, F64

_STEPS = 50


def local_ease(matrix: sparse.csr_matrix, *, l2: float, neighbours: int, gram_entries: int) -> sparse.csr_matrix:
    """Approximate the weights of EASE where an item x item matrix does not fit.

    Column j of EASE solves ``(G + l2) b = g_j`` over all other items. Here it solves the same equations over the items
    nearest to j by cosine, in a Gram matrix of which each item keeps its largest entries by cosine: the block form of
    the sparse approximation in Steck 2019, arXiv:1910.09645, with the choice of columns of Ning and Karypis 2011,
    doi:10.1109/ICDM.2011.134. Memory is ``n_items * gram_entries`` and not ``n_items^2``.

    Parameters
    ----------
    matrix
        csr float32, shape (n_users, n_items), sorted indices.
    l2
        Ridge penalty.
    neighbours
        Number of items that each item is regressed on.
    gram_entries
        Number of entries that each row of the Gram matrix keeps, at least `neighbours`. Where a product was not kept,
        that of two items touched independently stands, ``sum(x_a) sum(x_b) / n_users``; zeros would make the equations
        of popular items contradict each other.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n_items, n_items): weight of an item of the user (row) for a recommended one (column).
    """
    from scipy import sparse

    items = csr.transpose(matrix)
    cosine = nearest(items, items, k=max(neighbours, gram_entries))
    chosen = strongest(cosine, neighbours)
    n_items, values = items.shape[0], matrix.data.astype(np.float64)
    sums, squares = (_column_sums(matrix, each) for each in (values, values**2))
    gram_rows, right_sides = (_products(kept, np.sqrt(squares)) for kept in (cosine, chosen))
    weights = np.empty(chosen.nnz, dtype=np.float32)
    over_rows(
        local_rows,
        n_items,
        *csr.arrays(right_sides),
        *csr.arrays(gram_rows),
        csr.readonly(squares, np.float32),
        _expected(cosine, sums, gram_entries, matrix.shape[0]),
        np.float32(l2),
        int(np.diff(chosen.indptr).max(initial=1)),
        _STEPS,
        weights,
    )
    return csr.transpose(sparse.csr_matrix((weights, chosen.indices, chosen.indptr), shape=chosen.shape))


def _column_sums(matrix: sparse.csr_matrix, values: F64) -> F64:
    return np.bincount(matrix.indices, weights=values, minlength=matrix.shape[1]).astype(np.float64)


def _expected(cosine: sparse.csr_matrix, sums: F64, entries: int, n_users: int) -> F32:
    """Factors whose product stands for a pair that was not kept; 0 where an item kept all, so that none is missing."""
    full = np.diff(cosine.indptr) >= entries
    return csr.readonly(np.where(full, sums / np.sqrt(max(1, n_users)), 0.0), np.float32)


def _products(cosine: sparse.csr_matrix, norms: F64) -> sparse.csr_matrix:
    """Turn cosines back into dot products."""
    from scipy import sparse

    rows = np.repeat(norms, np.diff(cosine.indptr))
    data = (cosine.data * rows * norms[cosine.indices]).astype(np.float32)
    return sparse.csr_matrix((data, cosine.indices, cosine.indptr), shape=cosine.shape)
