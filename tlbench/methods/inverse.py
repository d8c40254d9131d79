"""The inverse of a large positive definite matrix, in place and over the threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.methods._kernels_gram import mirror_rows
from tlbench.methods.products import in_threads, one_blas_thread, over_rows

if TYPE_CHECKING:
    from tlbench.arrays import F32

TILE = 512


def invert(matrix: F32) -> None:
    """Invert a symmetric positive definite matrix in its own memory, by way of its Cholesky factor.

    Three passes over tiles, each n^3 / 3 operations: ``A = L L'``, ``W = L^-1``, ``A^-1 = W' W``, as LAPACK's potrf
    and potri have it. Every tile is one product with a long inner dimension, taken by one thread; so any number of
    threads gives the same bytes, where a threaded LAPACK does not.

    Parameters
    ----------
    matrix
        float32, shape (n, n), C order, symmetric; **overwritten** with its inverse.

    Raises
    ------
    TlbenchError
        If the matrix is not positive definite in float32.
    """
    starts = range(0, len(matrix), TILE)
    with one_blas_thread():
        diagonal = [_factor_column(matrix, start) for start in starts]
        for start, tile in zip(starts, diagonal, strict=True):
            _invert_factor_row(matrix, start, tile)
        for start in starts:
            _multiply_row(matrix, start)
    over_rows(mirror_rows, -(-len(matrix) // 64), matrix)


def _factor_column(matrix: F32, start: int) -> F32:
    """Replace a column of tiles by the Cholesky factor's, and return the inverse of the factor's diagonal tile."""
    here = slice(start, start + TILE)

    def subtract(first: int) -> None:
        rows = slice(first, first + TILE)
        matrix[rows, here] -= matrix[rows, :start] @ matrix[here, :start].T

    in_threads(subtract, range(start, len(matrix), TILE), heavy=True)
    inverse = _inverse_factor(matrix[here, here])

    def divide(first: int) -> None:
        rows = slice(first, first + TILE)
        matrix[rows, here] = matrix[rows, here] @ inverse.T

    in_threads(divide, range(start + TILE, len(matrix), TILE), heavy=True)
    return inverse


def _inverse_factor(tile: F32) -> F32:
    """Invert the Cholesky factor of one tile; lower triangle."""
    from scipy.linalg.lapack import spotrf, strtri

    factor, failed = spotrf(tile, lower=1)
    if failed:
        raise TlbenchError(
            "the Gram matrix of the items cannot be inverted with so small a penalty", hint="raise the penalty `l2`"
        )
    inverse, _ = strtri(factor, lower=1)
    return np.ascontiguousarray(np.tril(inverse))


def _invert_factor_row(matrix: F32, start: int, diagonal: F32) -> None:
    """Replace a row of tiles of the factor by its inverse's; the rows above are done."""
    here = slice(start, start + TILE)
    row = np.empty((len(diagonal), start), dtype=np.float32)

    def solve(first: int) -> None:
        columns = slice(first, first + TILE)
        row[:, columns] = diagonal @ (matrix[here, first:start] @ matrix[first:start, columns])

    in_threads(solve, range(0, start, TILE), heavy=True)
    np.negative(row, out=matrix[here, :start])
    # Tiles on the diagonal are read whole by later products, so what is above the diagonal must be zero.
    matrix[here, here] = diagonal


def _multiply_row(matrix: F32, start: int) -> None:
    """Replace a row of tiles of ``W`` by the lower triangle of ``W' W``; the rows below are still W's."""
    here = slice(start, start + TILE)
    turned = matrix[start:, here].T
    row = np.empty((turned.shape[0], min(start + TILE, len(matrix))), dtype=np.float32)

    def multiply(first: int) -> None:
        columns = slice(first, first + TILE)
        row[:, columns] = turned @ matrix[start:, columns][:, : row.shape[1] - first]

    in_threads(multiply, range(0, start + 1, TILE), heavy=True)
    matrix[here, : row.shape[1]] = row
