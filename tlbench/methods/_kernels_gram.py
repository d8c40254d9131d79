"""Kernels for item x item sums of products."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel


@kernel
def gram_rows(
    first: int, step: int, t_indptr: I64, t_indices: I32, t_data: F32, indptr: I64, indices: I32, data: F32, out: F32
) -> None:
    """Fill the lower triangle of ``X.T @ X``: row i is the sum over the users of item i of their rows up to i."""
    for i in range(first, len(t_indptr) - 1, step):
        row = out[i]
        for p in range(t_indptr[i], t_indptr[i + 1]):
            user = t_indices[p]
            value = t_data[p]
            for q in range(indptr[user], indptr[user + 1]):
                j = indices[q]
                if j > i:
                    break
                row[j] += value * data[q]


@kernel
def mirror_rows(first: int, step: int, out: F32) -> None:
    """Copy the lower triangle to the upper one, in tiles that stay in cache."""
    tile = 64
    n = out.shape[0]
    for tile_row in range(first, (n + tile - 1) // tile, step):
        for tile_column in range(tile_row + 1):
            for i in range(tile_row * tile, min(n, (tile_row + 1) * tile)):
                for j in range(tile_column * tile, min(i, (tile_column + 1) * tile)):
                    out[j, i] = out[i, j]


@kernel
def ease_rows(first: int, step: int, inverse: F32, diagonal: F32) -> None:
    """Turn the inverse of the ridged Gram matrix into item weights: ``-P[i, j] / P[j, j]``, zero where i = j."""
    n = inverse.shape[0]
    for i in range(first, n, step):
        for j in range(n):
            inverse[i, j] = -inverse[i, j] / diagonal[j]
        inverse[i, i] = np.float32(0.0)
