"""Products of matrices over threads, whose bits do not depend on how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.io.threads import in_threads, one_blas_thread, over_rows, thread_count

if TYPE_CHECKING:
    from tlbench.arrays import F32

__all__ = ["in_threads", "inner", "matmul", "one_blas_thread", "over_rows", "thread_count"]

_BLOCK = 256
_LONG = 2**26
"""Operations from which a block of a product is worth a thread of its own: some milliseconds."""


def matmul(left: F32, right: F32, out: F32 | None = None) -> F32:
    """Multiply two matrices, a fixed number of rows at a time over the threads.

    Parameters
    ----------
    left, right
        float32, shapes (n, k) and (k, m).
    out
        float32, shape (n, m), where the product goes; it may be `left` itself. None makes an array.

    Returns
    -------
    numpy.ndarray
        float32, shape (n, m), C order.
    """
    import numpy as np

    product: F32 = np.empty((left.shape[0], right.shape[1]), dtype=np.float32) if out is None else out

    def block(start: int) -> None:
        np.matmul(left[start : start + _BLOCK], right, out=product[start : start + _BLOCK])

    operations = 2 * _BLOCK * left.shape[1] * right.shape[1]
    with one_blas_thread():
        in_threads(block, range(0, left.shape[0], _BLOCK), heavy=operations > _LONG)
    return product


def inner(matrix: F32, weight: F32 | None = None) -> F32:
    """Sum the outer products of a matrix's rows, ``matrix.T @ diag(weight) @ matrix``.

    Parameters
    ----------
    matrix
        float32, shape (n, k), k small.
    weight
        float32, shape (n,), a weight for each row; None is 1 for all.

    Returns
    -------
    numpy.ndarray
        float32, shape (k, k). Blocks of fixed size are added in order and in float64, so the sum is always the same.
    """
    import numpy as np

    size = 8192
    starts = range(0, matrix.shape[0], size)
    parts = np.zeros((len(starts), matrix.shape[1], matrix.shape[1]), dtype=np.float32)

    def block(number: int) -> None:
        rows = matrix[number * size : (number + 1) * size]
        left = rows if weight is None else rows * weight[number * size : (number + 1) * size, None]
        parts[number] = left.T @ rows

    with one_blas_thread():
        in_threads(block, range(len(starts)))
    total: F32 = parts.sum(axis=0, dtype=np.float64).astype(np.float32)
    return total
