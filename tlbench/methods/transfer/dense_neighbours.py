"""Nearest users in a space of dense vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods.products import matmul

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64, Bool

BLOCK = 512


def nearest_vectors(vectors: F32, candidates: Bool, *, k: int) -> sparse.csr_matrix:
    """Find for each row the k candidates with the highest positive cosine, itself left out.

    Parameters
    ----------
    vectors
        float32, shape (n, f); rows of zeros have no neighbours and are none.
    candidates
        bool, shape (n,): who may be a neighbour.
    k
        Neighbours kept, fewer where fewer are positive; of equals the lower row.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n, n): cosines, sorted indices. Memory: one block of `BLOCK` x candidates at a time.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    rows = np.flatnonzero(candidates & (norms[:, 0] > 0))
    others = np.ascontiguousarray(unit[rows].T)
    parts = [
        _block(matmul(unit[start : start + BLOCK], others), rows, start, k) for start in range(0, len(vectors), BLOCK)
    ]
    user, neighbour, cosine = (np.concatenate(each) for each in zip(*parts, strict=True))
    near = sparse.csr_matrix((cosine, (user, neighbour)), shape=(len(vectors), len(vectors)), dtype=np.float32)
    near.sort_indices()
    return near


def _block(cosines: F32, rows: I64, start: int, k: int) -> tuple[I64, I64, F32]:
    """Return user, neighbour and cosine of the pairs that a block keeps."""
    own = np.searchsorted(rows, np.arange(start, start + len(cosines)))
    inside = np.flatnonzero((own < len(rows)) & (rows[np.minimum(own, len(rows) - 1)] == start + np.arange(len(own))))
    cosines[inside, own[inside]] = -np.inf
    best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    value = np.take_along_axis(cosines, best, axis=1)
    line, place = np.nonzero(value > 0)
    return line + start, rows[best[line, place]], value[line, place]
