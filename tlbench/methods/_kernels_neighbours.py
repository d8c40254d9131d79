"""Kernels for the nearest rows of a sparse matrix without an n x n matrix."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel

DOT = 0
COSINE = 1
JACCARD = 2


@kernel
def _worse(value: np.float32, index: int, than_value: np.float32, than_index: int) -> bool:
    """Order candidates: by value, and of equals the one with the higher index is worse."""
    return bool(value < than_value or (value == than_value and index > than_index))


@kernel
def _sift(values: F32, indices: I32, size: int, value: np.float32, index: int) -> None:
    """Put a candidate in place of the worst one, at the root of the heap, and let it sink."""
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and _worse(values[child + 1], indices[child + 1], values[child], indices[child]):
            child += 1
        if not _worse(values[child], indices[child], value, index):
            break
        values[hole] = values[child]
        indices[hole] = indices[child]
        hole = child
    values[hole] = value
    indices[hole] = index


@kernel
def _offer(values: F32, indices: I32, size: int, value: np.float32, index: int) -> int:
    """Offer a candidate to a heap that keeps the best ``len(values)`` with the worst at its root; return its size."""
    if size == len(values):
        if _worse(values[0], indices[0], value, index):
            _sift(values, indices, size, value, index)
        return size
    hole = size
    while hole > 0:
        parent = (hole - 1) // 2
        if not _worse(value, index, values[parent], indices[parent]):
            break
        values[hole] = values[parent]
        indices[hole] = indices[parent]
        hole = parent
    values[hole] = value
    indices[hole] = index
    return size + 1


@kernel
def _similarity(kind: int, dot: np.float32, left: np.float32, right: np.float32, shrink: np.float32) -> np.float32:
    """Turn a dot product into a similarity; `left` and `right` are norms (cosine) or sums of squares (Jaccard)."""
    if kind == COSINE:
        return dot / (left * right + shrink)
    if kind == JACCARD:
        return dot / (left + right - dot + shrink)
    return dot * right


@kernel
def neighbour_rows(
    first: int,
    step: int,
    l_indptr: I64,
    l_indices: I32,
    l_data: F32,
    r_indptr: I64,
    r_indices: I32,
    r_data: F32,
    l_scale: F32,
    r_scale: F32,
    kind: int,
    shrink: np.float32,
    own: int,
    best_values: F32,
    best_indices: I32,
    sizes: I64,
) -> None:
    """For each row of the left matrix, keep the columns of the right one with the highest similarity above zero.

    Row i adds ``left[i, u] * right[u, :]`` into one accumulator and remembers which columns it touched; the heap then
    looks at those alone. `own` is the distance from i to the column that is i itself, which is left out; below
    ``-n_rows`` nothing is left out.
    """
    accumulator = np.zeros(len(r_scale), dtype=np.float32)
    touched = np.empty(len(r_scale), dtype=np.int32)
    for i in range(first, len(l_indptr) - 1, step):
        n_touched = 0
        for p in range(l_indptr[i], l_indptr[i + 1]):
            middle = l_indices[p]
            value = l_data[p]
            for q in range(r_indptr[middle], r_indptr[middle + 1]):
                j = r_indices[q]
                if accumulator[j] == 0.0:
                    touched[n_touched] = j
                    n_touched += 1
                accumulator[j] += value * r_data[q]
        size = 0
        for t in range(n_touched):
            j = touched[t]
            dot = accumulator[j]
            accumulator[j] = 0.0
            if j == i + own:
                continue
            similarity = np.float32(_similarity(kind, dot, l_scale[i], r_scale[j], shrink))
            if similarity > 0.0:
                size = _offer(best_values[i], best_indices[i], size, similarity, j)
        sizes[i] = size


@kernel
def strongest_rows(
    first: int, step: int, indptr: I64, indices: I32, data: F32, best_values: F32, best_indices: I32, sizes: I64
) -> None:
    """Keep the largest values of each row, of equals the lower column."""
    for i in range(first, len(indptr) - 1, step):
        size = 0
        for p in range(indptr[i], indptr[i + 1]):
            size = _offer(best_values[i], best_indices[i], size, data[p], indices[p])
        sizes[i] = size
