"""Truncated singular value decomposition of sparse data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods._kernels_scores import dense_scores
from tlbench.methods.memo import shared
from tlbench.methods.products import matmul, one_blas_thread, over_rows

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32


@dataclass(frozen=True, eq=False)
class Svd:
    """Leading singular triplets, largest first: float32 left (n, k), values (k,), right (d, k)."""

    left: F32
    values: F32
    right: F32


def product(matrix: sparse.csr_matrix, dense: F32) -> F32:
    """Multiply sparse by dense, rows over the threads; float32, shape (n, k)."""
    out = np.zeros((matrix.shape[0], dense.shape[1]), dtype=np.float32)
    rows = csr.readonly(np.arange(len(out)), np.int64)
    over_rows(dense_scores, len(out), rows, *csr.arrays(matrix), csr.readonly(dense, np.float32), out)
    return out


def truncated_svd(matrix: sparse.csr_matrix, k: int, *, rng: np.random.Generator, rounds: int = 6) -> Svd:
    """Compute the leading k singular triplets by block Krylov iteration (Musco and Musco 2015, arXiv:1504.05477).

    Parameters
    ----------
    matrix
        csr float32, shape (n, d).
    k
        Number of triplets, at most min(n, d).
    rng
        Draws the start. After a few rounds the result hardly depends on it.
    rounds
        Blocks of the Krylov space beside the first; each multiplies with the matrix and its transpose once.
    """
    found = shared("svd", matrix, k, rounds, rng, compute=lambda: _decompose(matrix, k, rng, rounds))
    return Svd(*found)


def _decompose(matrix: sparse.csr_matrix, k: int, rng: np.random.Generator, rounds: int) -> tuple[F32, F32, F32]:
    turned = csr.transpose(matrix)
    k = min(k, *matrix.shape)
    width = min(k + 10, *matrix.shape)
    block = rng.standard_normal((matrix.shape[1], width), dtype=np.float32)
    blocks = []
    for _ in range(rounds + 1):
        block = _orthonormal(product(turned, product(matrix, block)))
        blocks.append(block)
    basis = _orthonormal(np.concatenate(blocks, axis=1))
    with one_blas_thread():
        left, values, inner = np.linalg.svd(product(matrix, basis), full_matrices=False)
    return np.ascontiguousarray(left[:, :k]), values[:k], matmul(basis, np.ascontiguousarray(inner[:k].T))


def _orthonormal(block: F32) -> F32:
    with one_blas_thread():
        return np.ascontiguousarray(np.linalg.qr(block)[0])
