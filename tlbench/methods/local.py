"""EASE with few weights per item: each item regressed on its nearest ones alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.io.memory import available_memory
from tlbench.methods import csr
from tlbench.methods._kernels_local import local_rows
from tlbench.methods.gram import gram
from tlbench.methods.neighbours import nearest
from tlbench.methods.products import over_rows

if TYPE_CHECKING:
    from tlbench.arrays import F64

_STEPS = 50


def local_ease(matrix: sparse.csr_matrix, *, l2: float, neighbours: int) -> sparse.csr_matrix:
    """Approximate the weights of EASE where an item x item matrix does not fit.

    Column j of EASE solves ``(G + l2) b = g_j`` over all other items. Here it solves the same equations over the items
    nearest to j by cosine: the block form of the sparse approximation in Steck 2019, arXiv:1910.09645, with the choice
    of columns of Ning and Karypis 2011, doi:10.1109/ICDM.2011.134. Where the matrix of all products takes more than
    an eighth of the available memory, those of the chosen items are computed for each item anew from their users, and
    memory is ``n_items * neighbours``; the weights are the same.

    Parameters
    ----------
    matrix
        csr float32, shape (n_users, n_items), sorted indices.
    l2
        Ridge penalty.
    neighbours
        Number of items that each item is regressed on.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n_items, n_items): weight of an item of the user (row) for a recommended one (column).
    """
    items = csr.transpose(matrix)
    chosen = nearest(items, items, k=neighbours)
    squares = np.bincount(matrix.indices, weights=matrix.data.astype(np.float64) ** 2, minlength=matrix.shape[1])
    fits = 4 * items.shape[0] ** 2 <= available_memory() // 8
    products = gram(matrix) if fits else np.empty((0, 0), dtype=np.float32)
    weights = np.empty(chosen.nnz, dtype=np.float32)
    over_rows(
        local_rows,
        items.shape[0],
        *csr.arrays(_products(chosen, np.sqrt(squares))),
        *csr.arrays(items),
        csr.readonly(squares, np.float32),
        np.float32(l2),
        matrix.shape[0],
        csr.readonly(products, np.float32),
        int(np.diff(chosen.indptr).max(initial=1)),
        _STEPS,
        weights,
    )
    return csr.transpose(sparse.csr_matrix((weights, chosen.indices, chosen.indptr), shape=chosen.shape))


def _products(cosine: sparse.csr_matrix, norms: F64) -> sparse.csr_matrix:
    """Turn cosines back into dot products."""
    rows = np.repeat(norms, np.diff(cosine.indptr))
    data = (cosine.data * rows * norms[cosine.indices]).astype(np.float32)
    return sparse.csr_matrix((data, cosine.indices, cosine.indptr), shape=cosine.shape)
