"""Weights of entries of a sparse matrix, taken over from text retrieval: rows are documents, columns are terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from tlbench.arrays import F64

Weighting = Literal["none", "tf-idf", "bm25"]
_SATURATION = 1.2
_LENGTH_SHARE = 0.75


def weigh(matrix: sparse.csr_matrix, weighting: Weighting) -> sparse.csr_matrix:
    """Weigh a matrix's entries by how telling they are.

    With n rows, ``df`` entries in the column and ``idf = max(0, log(n / (1 + df)))``: tf-idf is ``sqrt(value) * idf``;
    BM25 is ``value * 2.2 / (value + 1.2 * (0.25 + 0.75 * row sum / mean row sum)) * idf`` (Robertson and Zaragoza
    2009, doi:10.1561/1500000019).

    Parameters
    ----------
    matrix
        csr float32, shape (n, d), values not negative; not written to.
    weighting
        ``none`` returns the matrix itself.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from tlbench.methods.weighting import weigh
    >>> items = sparse.csr_matrix(np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1]], dtype=np.float32))
    >>> weigh(items, "tf-idf").toarray().round(3).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    if weighting == "none":
        return matrix
    values = matrix.data.astype(np.float64)
    if weighting == "tf-idf":
        term = np.sqrt(values)
    else:
        lengths = np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
        relative = np.repeat(lengths / max(lengths.mean(), np.finfo(float).tiny), np.diff(matrix.indptr))
        norm = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * relative)
        term = values * (_SATURATION + 1) / (values + norm)
    data = (term * _inverse_frequency(matrix)[matrix.indices]).astype(np.float32)
    return sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _inverse_frequency(matrix: sparse.csr_matrix) -> F64:
    n, width = matrix.shape
    frequency = np.bincount(matrix.indices, minlength=width)
    idf: F64 = np.maximum(0.0, np.log(max(n, 1) / (1.0 + frequency)))
    return idf
