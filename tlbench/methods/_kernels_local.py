"""Kernels for regressions of each item on a few others."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel
from tlbench.methods._kernels_als import dot


@kernel
def _gather(
    matrix: F32,
    chosen: I32,
    indptr: I64,
    users: I32,
    data: F32,
    diagonal: F32,
    ridge: np.float32,
    last: I32,
    before: I32,
    column: I32,
    value: F32,
) -> None:
    """Compute the Gram matrix of the chosen items, with the ridge on its diagonal.

    Item after item, each of its users' lists of earlier chosen items gives products, then the item joins the list:
    entry e of a list is item ``column[e]`` with ``value[e]``, ``before[e]`` is the entry before it, and ``last[u]`` the
    newest entry of user u. All of `last` is -1 before and after.
    """
    size = len(chosen)
    matrix[:size, :size] = 0.0
    entry = 0
    for a in range(size):
        for p in range(indptr[chosen[a]], indptr[chosen[a] + 1]):
            u = users[p]
            e = last[u]
            while e >= 0:
                matrix[a, column[e]] += data[p] * value[e]
                e = before[e]
            column[entry] = a
            value[entry] = data[p]
            before[entry] = last[u]
            last[u] = entry
            entry += 1
    for a in range(size):
        for b in range(a):
            matrix[b, a] = matrix[a, b]
        matrix[a, a] = diagonal[chosen[a]] + ridge
        for p in range(indptr[chosen[a]], indptr[chosen[a] + 1]):
            last[users[p]] = -1


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
    users: I32,
    data: F32,
    diagonal: F32,
    ridge: np.float32,
    n_users: int,
    gram: F32,
    most: int,
    steps: int,
    out: F32,
) -> None:
    """Regress each item on its chosen ones; `out` is aligned with `chosen_data`, the products of the pairs.

    Products of chosen items are looked up in `gram`, or computed for each item where that has no rows.
    """
    longest = 0
    for j in range(len(diagonal)):
        entries = 0
        for p in range(chosen_indptr[j], chosen_indptr[j + 1]):
            entries += indptr[chosen_indices[p] + 1] - indptr[chosen_indices[p]]
        longest = max(longest, entries)
    last = np.full(n_users, -1, dtype=np.int32)
    before = np.empty(longest, dtype=np.int32)
    column = np.empty(longest, dtype=np.int32)
    value = np.empty(longest, dtype=np.float32)
    matrix = np.empty((most, most), dtype=np.float32)
    for j in range(first, len(diagonal), step):
        begin, end = chosen_indptr[j], chosen_indptr[j + 1]
        chosen = chosen_indices[begin:end]
        if len(gram) > 0:
            for a in range(len(chosen)):
                for b in range(len(chosen)):
                    matrix[a, b] = gram[chosen[a], chosen[b]]
                matrix[a, a] += ridge
        else:
            _gather(matrix, chosen, indptr, users, data, diagonal, ridge, last, before, column, value)
        _solve(matrix, chosen_data[begin:end], end - begin, steps, out[begin:end])
