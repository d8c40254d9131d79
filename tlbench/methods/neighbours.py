"""Nearest neighbours in sparse data: one kernel for items, users, walks on the graph, and pooled domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from tlbench.methods import csr
from tlbench.methods._kernels_neighbours import JACCARD, PRODUCT, neighbour_rows, strongest_rows
from tlbench.methods.products import over_rows

if TYPE_CHECKING:
    from tlbench.arrays import F32, I32, I64

Similarity = Literal["cosine", "jaccard", "dot"]


def nearest(
    left: sparse.csr_matrix,
    right: sparse.csr_matrix,
    *,
    k: int,
    similarity: Similarity = "cosine",
    shrink: float = 0.0,
    own: int | None = 0,
    right_scale: F32 | None = None,
) -> sparse.csr_matrix:
    """Find, for each row of `left`, the k rows of `right` that are most alike.

    With ``dot = left @ right.T``: cosine is ``dot / (|l| |r| + shrink)``; Jaccard is
    ``dot / (|l|^2 + |r|^2 - dot + shrink)`` (Tanimoto where values are not 0 or 1); dot is ``dot * right_scale``
    (without `shrink`).

    Parameters
    ----------
    left, right
        csr float32, shapes (n_left, d) and (n_right, d), sorted indices. Item neighbours take transposed interactions;
        neighbours of target items among the items of both domains take the pooled, transposed interactions as `right`.
    k
        Number of neighbours kept, at most those with a similarity above zero; of equals the lower index is kept.
    similarity, shrink
        What alike means, and how much chance similarities from few common entries are pulled to zero.
    own
        Row i of `left` is row ``i + own`` of `right` and no neighbour of itself; None keeps all.
    right_scale
        float32, shape (n_right,), factor of each column for `dot`; None is 1.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n_left, n_right): the similarities kept, sorted indices.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from tlbench.methods.neighbours import nearest
    >>> items = sparse.csr_matrix(np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1]], dtype=np.float32))
    >>> nearest(items, items, k=1).toarray().round(3).tolist()
    [[0.0, 0.8159999847412109, 0.0], [0.8159999847412109, 0.0, 0.0], [0.0, 0.5770000219345093, 0.0]]
    """
    n_left, n_right = left.shape[0], right.shape[0]
    k = max(1, min(k, n_right))
    values = np.empty((n_left, k), dtype=np.float32)
    indices = np.empty((n_left, k), dtype=np.int32)
    sizes = np.zeros(n_left, dtype=np.int64)
    over_rows(
        neighbour_rows,
        n_left,
        *csr.arrays(left),
        *_one_value(csr.arrays(csr.transpose(right))),
        _scale(left, similarity, None),
        _scale(right, similarity, right_scale),
        JACCARD if similarity == "jaccard" else PRODUCT,
        np.float32(0.0 if similarity == "dot" else shrink),
        -2 * (n_left + n_right) if own is None else own,
        values,
        indices,
        sizes,
    )
    return gather_rows(values, indices, sizes, n_right)


def strongest(matrix: sparse.csr_matrix, k: int) -> sparse.csr_matrix:
    """Keep the k largest values of each row (of equals the lower column); csr float32, sorted indices.

    Parameters
    ----------
    matrix
        csr float32, sorted indices.
    k
        Values kept in each row.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, same shape, sorted indices.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from tlbench.methods.neighbours import strongest
    >>> matrix = sparse.csr_matrix(np.array([[3, 1, 2], [0, 5, 5]], dtype=np.float32))
    >>> strongest(matrix, 2).toarray().tolist()
    [[3.0, 0.0, 2.0], [0.0, 5.0, 5.0]]
    """
    n_rows, n_columns = matrix.shape
    k = max(1, min(k, n_columns))
    values = np.empty((n_rows, k), dtype=np.float32)
    indices = np.empty((n_rows, k), dtype=np.int32)
    sizes = np.zeros(n_rows, dtype=np.int64)
    over_rows(strongest_rows, n_rows, *csr.arrays(matrix), values, indices, sizes)
    return gather_rows(values, indices, sizes, n_columns)


def _one_value(entries: csr.Csr) -> csr.Csr:
    """Shorten the data to one element where all are equal, which saves the kernel half its reading."""
    data = entries.data
    if len(data) > 1 and data.min() == data.max():
        return entries._replace(data=csr.readonly(data[:1].copy(), np.float32))
    return entries


def _scale(matrix: sparse.csr_matrix, similarity: Similarity, factor: F32 | None) -> F32:
    """Return what the kernel divides by: norm (cosine), sum of squares (Jaccard), inverse of the factor (dot).

    Rows without entries have no similarity at all; 1 keeps their 0 / 0 out of the kernel.
    """
    n = matrix.shape[0]
    if similarity == "dot":
        with np.errstate(divide="ignore"):
            return csr.readonly(np.ones(n) if factor is None else np.float32(1.0) / factor, np.float32)
    rows = np.repeat(np.arange(n), np.diff(matrix.indptr))
    squares = np.bincount(rows, weights=matrix.data.astype(np.float64) ** 2, minlength=n)
    squares[squares == 0] = 1.0
    return csr.readonly(np.sqrt(squares) if similarity == "cosine" else squares, np.float32)


def gather_rows(values: F32, indices: I32, sizes: I64, n_columns: int) -> sparse.csr_matrix:
    """Put the filled parts of rows of one width into a csr matrix with sorted indices."""
    filled = np.arange(values.shape[1]) < sizes[:, None]
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    out = sparse.csr_matrix((values[filled], indices[filled], indptr), shape=(len(sizes), n_columns))
    out.sort_indices()
    return out
