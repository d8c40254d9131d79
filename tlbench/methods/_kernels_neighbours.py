"""Kernels for the nearest rows of a sparse matrix without an n x n matrix."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel

PRODUCT = 0
JACCARD = 1
_DROPPED = 19  # of 31 bits of a positive float: its exponent and four bits of its fraction stay
_PLACES = 1 << (31 - _DROPPED)
_FEW = 4  # times the neighbours wanted: for less, the heap alone is faster than counting first


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
def _similarity(dot: np.float32, left: np.float32, right: np.float32, kind: int, shrink: np.float32) -> np.float32:
    """Turn a dot product into a similarity; `left` and `right` are norms, sums of squares or (dot) a divisor."""
    if kind == JACCARD:
        return dot / (left + right - dot + shrink)
    return dot / (left * right + shrink)


@kernel
def _floor(values: F32, k: int, histogram: I32) -> np.float32:
    """Find a bound that the k largest values, and few others, reach; 0 where fewer than k are positive.

    The leading bits of positive floats order them, so one pass counts the values between each two bounds.
    """
    bits = values.view(np.int32)
    histogram[:] = 0
    for t in range(len(values)):
        if values[t] > 0.0:
            histogram[bits[t] >> _DROPPED] += 1
    found = 0
    for place in range(len(histogram) - 1, -1, -1):
        found += histogram[place]
        if found >= k:
            bound = np.empty(1, dtype=np.int32)
            bound[0] = place << _DROPPED
            return np.float32(bound.view(np.float32)[0])
    return np.float32(0.0)


@kernel
def _walk(
    accumulator: F32, begin: int, end: int, l_indices: I32, l_data: F32, r_indptr: I64, r_indices: I32, r_data: F32
) -> None:
    """Add up the rows of the right matrix that a row of the left one names; `r_data` may have one value for all."""
    for p in range(begin, end):
        middle = l_indices[p]
        value = l_data[p]
        if len(r_data) == 1:
            value *= r_data[0]
            for q in range(r_indptr[middle], r_indptr[middle + 1]):
                accumulator[r_indices[q]] += value
        else:
            for q in range(r_indptr[middle], r_indptr[middle + 1]):
                accumulator[r_indices[q]] += value * r_data[q]


@kernel
def _walk_and_list(
    accumulator: F32,
    touched: I32,
    begin: int,
    end: int,
    l_indices: I32,
    l_data: F32,
    r_indptr: I64,
    r_indices: I32,
    r_data: F32,
) -> int:
    """Do the same and list the columns that were touched; return their number."""
    stride = 0 if len(r_data) == 1 else 1
    size = 0
    for p in range(begin, end):
        middle = l_indices[p]
        value = l_data[p]
        for q in range(r_indptr[middle], r_indptr[middle + 1]):
            j = r_indices[q]
            if accumulator[j] == 0.0:
                touched[size] = j
                size += 1
            accumulator[j] += value * r_data[q * stride]
    return size


@kernel
def _best_of_all(
    accumulator: F32, left: np.float32, right: F32, kind: int, shrink: np.float32, own: int, values: F32, indices: I32
) -> int:
    """Fill the heap from the whole accumulator, a chunk at a time; most chunks hold nothing that is good enough."""
    n = len(accumulator)
    chunk = np.empty(64, dtype=np.float32)
    size = 0
    for start in range(0, n, 64):
        width = min(64, n - start)
        for b in range(width):
            chunk[b] = _similarity(accumulator[start + b], left, right[start + b], kind, shrink)
        bound = values[0] if size == len(values) else np.float32(0.0)
        better = 0
        for b in range(width):
            better += chunk[b] > bound
        if better:
            for b in range(width):
                if chunk[b] > 0.0 and start + b != own and (size < len(values) or chunk[b] > values[0]):
                    size = _offer(values, indices, size, chunk[b], start + b)
    return size


@kernel
def _best_of_touched(
    accumulator: F32,
    touched: I32,
    similarities: F32,
    left: np.float32,
    right: F32,
    kind: int,
    shrink: np.float32,
    own: int,
    histogram: I32,
    values: F32,
    indices: I32,
) -> int:
    """Fill the heap from the touched columns that may be among the best, and set all back to zero."""
    for t in range(len(touched)):
        j = touched[t]
        similarities[t] = _similarity(accumulator[j], left, right[j], kind, shrink) if j != own else np.float32(0.0)
        accumulator[j] = 0.0
    floor = np.float32(0.0)
    if len(touched) > _FEW * len(values):
        floor = _floor(similarities, len(values), histogram)
    size = 0
    for t in range(len(touched)):
        if similarities[t] >= floor and similarities[t] > 0.0:
            size = _offer(values, indices, size, similarities[t], touched[t])
    return size


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

    Row i adds ``left[i, u] * right[u, :]`` into one accumulator. A row with little work lists the columns it touches;
    in a row with much work that look-up would cost more than looking at every column at the end. `own` is the distance
    from i to the column that is i itself, which is left out; far below ``-n_rows`` nothing is left out.
    """
    n = len(r_scale)
    accumulator = np.zeros(n, dtype=np.float32)
    touched = np.empty(n, dtype=np.int32)
    similarities = np.empty(n, dtype=np.float32)
    histogram = np.empty(_PLACES, dtype=np.int32)
    for i in range(first, len(l_indptr) - 1, step):
        begin, end = l_indptr[i], l_indptr[i + 1]
        work = 0
        for p in range(begin, end):
            work += r_indptr[l_indices[p] + 1] - r_indptr[l_indices[p]]
        if work > n // 8:
            _walk(accumulator, begin, end, l_indices, l_data, r_indptr, r_indices, r_data)
            sizes[i] = _best_of_all(
                accumulator, l_scale[i], r_scale, kind, shrink, i + own, best_values[i], best_indices[i]
            )
            accumulator[:] = 0.0
        else:
            count = _walk_and_list(accumulator, touched, begin, end, l_indices, l_data, r_indptr, r_indices, r_data)
            sizes[i] = _best_of_touched(
                accumulator,
                touched[:count],
                similarities[:count],
                l_scale[i],
                r_scale,
                kind,
                shrink,
                i + own,
                histogram,
                best_values[i],
                best_indices[i],
            )


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
