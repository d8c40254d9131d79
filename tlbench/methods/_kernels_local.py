"""Kernels for regressions of each item on a few others."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel
from tlbench.methods._kernels_als import dot


@kernel
def _gather(
    matrix: F32,
    place: I32,
    chosen: I32,
    indptr: I64,
    indices: I32,
    data: F32,
    diagonal: F32,
    expected: F32,
    ridge: np.float32,
) -> None:
    """Copy the chosen items' part of a sparse Gram matrix together.

    An entry in either triangle counts for both; where there is none, the product of `expected` stands.
    """
    size = len(chosen)
    for a in range(size):
        for b in range(size):
            matrix[a, b] = expected[chosen[a]] * expected[chosen[b]]
    for a in range(size):
        i = chosen[a]
        for p in range(indptr[i], indptr[i + 1]):
            b = place[indices[p]]
            if b >= 0:
                matrix[a, b] = data[p]
                matrix[b, a] = data[p]
        matrix[a, a] = diagonal[i] + ridge


@kernel
def _solve(matrix: F32, right: F32, size: int, steps: int, out: F32) -> None:
    """Solve a positive definite system by conjugate gradients, scaled by the diagonal, until little is left."""
    residual = right[:size].copy()
    scaled = np.empty(size, dtype=np.float32)
    image = np.empty(size, dtype=np.float32)
    out[:size] = 0.0
    for a in range(size):
        scaled[a] = residual[a] / matrix[a, a]
    direction = scaled.copy()
    length = dot(residual, scaled)
    enough = np.float32(1e-9) * length
    for _ in range(steps):
        if length <= enough:
            break
        for a in range(size):
            image[a] = dot(matrix[a, :size], direction)
        curvature = dot(direction, image)
        if curvature <= 0.0:
            break
        step = length / curvature
        for a in range(size):
            out[a] += step * direction[a]
            residual[a] -= step * image[a]
            scaled[a] = residual[a] / matrix[a, a]
        new_length = dot(residual, scaled)
        turn = new_length / length
        for a in range(size):
            direction[a] = scaled[a] + turn * direction[a]
        length = new_length


@kernel
def local_rows(
    first: int,
    step: int,
    chosen_indptr: I64,
    chosen_indices: I32,
    chosen_data: F32,
    indptr: I64,
    indices: I32,
    data: F32,
    diagonal: F32,
    expected: F32,
    ridge: np.float32,
    most: int,
    steps: int,
    out: F32,
) -> None:
    """Regress each item on its chosen ones; `out` is aligned with `chosen_data`, the Gram entries of the pairs."""
    place = np.full(len(diagonal), -1, dtype=np.int32)
    matrix = np.empty((most, most), dtype=np.float32)
    for j in range(first, len(diagonal), step):
        begin, end = chosen_indptr[j], chosen_indptr[j + 1]
        chosen = chosen_indices[begin:end]
        for a in range(len(chosen)):
            place[chosen[a]] = a
        _gather(matrix, place, chosen, indptr, indices, data, diagonal, expected, ridge)
        _solve(matrix, chosen_data[begin:end], len(chosen), steps, out[begin:end])
        for a in range(len(chosen)):
            place[chosen[a]] = -1
