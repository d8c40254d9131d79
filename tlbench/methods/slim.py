"""Sparse linear item-item models with weights that are not negative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods._kernels_slim import slim_columns
from tlbench.methods.neighbours import gather_rows
from tlbench.methods.products import over_rows

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32


def slim_weights(
    gram_matrix: F32, *, l1: float, l2: float, k: int, tolerance: float = 1e-6, columns: int | None = None
) -> sparse.csr_matrix:
    """Regress every item on all others with an elastic net and weights that are not negative.

    Column j minimises ``1/2 |x_j - X w|^2 + l1 |w|_1 + l2/2 |w|^2`` over ``w >= 0, w_j = 0``, by coordinate descent on
    the Gram matrix (Friedman, Hastie, Tibshirani 2010, doi:10.18637/jss.v033.i01); then its k largest weights are kept.

    Parameters
    ----------
    gram_matrix
        float32, shape (n, n): ``X.T @ X``; not written to.
    l1, l2
        Penalties, not negative, in units of the Gram matrix.
    k
        Weights kept for each item that is recommended.
    tolerance
        A weight rests when moving it changes the fit by less than this share of the item's own sum of squares.
    columns
        Only the first so many items are regressed (the target's, where there are several domains); None is all.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n, columns): weight of an item of the user (row) for a recommended one (column).
    """
    n = len(gram_matrix)
    n_columns = n if columns is None else columns
    k = max(1, min(k, n))
    values = np.empty((n_columns, k), dtype=np.float32)
    indices = np.empty((n_columns, k), dtype=np.int32)
    sizes = np.zeros(n_columns, dtype=np.int64)
    over_rows(
        slim_columns,
        n_columns,
        csr.readonly(gram_matrix, np.float32),
        np.float32(l1),
        np.float32(l2),
        np.float32(tolerance),
        values,
        indices,
        sizes,
    )
    return csr.transpose(gather_rows(values, indices, sizes, n))
