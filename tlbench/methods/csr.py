"""Sparse matrices as kernels want them: plain arrays of fixed types."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from tlbench.arrays import F32, I32, I64, Array


class Csr(NamedTuple):
    """The arrays of a csr matrix: int64 indptr (n_rows + 1,), int32 indices (nnz,), float32 data (nnz,)."""

    indptr: I64
    indices: I32
    data: F32


def arrays(matrix: sparse.csr_matrix) -> Csr:
    """Return the matrix's arrays, read-only: one type for kernels, whatever scipy or a memory map chose."""
    return Csr(
        readonly(matrix.indptr, np.int64),
        readonly(matrix.indices, np.int32),
        readonly(matrix.data, np.float32),
    )


def readonly(values: Array, dtype: type[np.generic]) -> Array:
    """Return a contiguous read-only view of an array, or a converted copy where the type differs."""
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view


def transpose(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Transpose into csr form with sorted indices."""
    return sparse.csr_matrix(matrix.T.tocsr())


def side_by_side(*matrices: sparse.csr_matrix) -> sparse.csr_matrix:
    """Put matrices with the same rows next to each other, the columns of the first one first."""
    return sparse.csr_matrix(sparse.hstack(matrices, format="csr", dtype=np.float32))


def empty(shape: tuple[int, int]) -> sparse.csr_matrix:
    """Make a float32 matrix without entries."""
    nothing = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int32), np.zeros(shape[0] + 1, dtype=np.int64)
    return sparse.csr_matrix(nothing, shape=shape)
