"""Compiled top-n without a look at every item: scores that are zero for most items, or the same for every user."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64, Bool
from tlbench.metrics._kernels_lists import (
    LANES,
    LOWEST,
    TILE,
    Key,
    jit,
    key_of,
    push,
    replace_root,
    row_lists,
    walk_order,
    write_list,
)

_DENSE = 8
"""A row with work for more than one in so many items is treated as a dense one."""


@jit
def _offer(heap: I64, size: int, key: Key) -> int:
    """Let one key compete for the heap (its first `size` keys are set); return the new size."""
    if size < heap.size:
        push(heap, size, key)
        return size + 1
    if key > heap[0]:
        replace_root(heap, key)
    return size


@jit
def _add_and_list(
    row: F32,
    mark: Bool,
    touched: I32,
    indices: I32,
    data: F32,
    w_indptr: I64,
    w_indices: I32,
    w_data: F32,
) -> int:
    """Add the weights of a user's items to a row of zeros and list the touched items; return how many there are."""
    size = 0
    for p in range(indices.size):
        value, item = data[p], indices[p]
        for q in range(w_indptr[item], w_indptr[item + 1]):
            other = w_indices[q]
            if not mark[other]:
                mark[other] = True
                touched[size] = other
                size += 1
            row[other] += value * w_data[q]
    return size


@jit
def _take_touched(
    row: F32, mark: Bool, touched: I32, seen: I32, places: I32, item_at: I32, bits: I32, heap: I64
) -> int:
    """Let a row compete whose items are zero but for the touched ones; `mark` tells those, and seen items then too."""
    for item in seen:
        row[item] = LOWEST
        mark[item] = True
    size = 0
    for item in touched:
        value = row[item]
        if value != 0 and value != LOWEST:
            size = _offer(heap, size, key_of(bits[item], places[item]))
    # Items of score zero in their tie order, until one is worse than all that were kept.
    for place in range(item_at.size - 1, -1, -1):
        item = item_at[place]
        if mark[item] and row[item] != 0:
            continue
        if size == heap.size and heap[0] >= key_of(0, place):
            break
        size = _offer(heap, size, key_of(0, place))
    return size


@jit
def _wipe(row: F32, mark: Bool, items: I32) -> None:
    for item in items:
        row[item] = 0.0
        mark[item] = False


@jit
def _touched_lists(
    row: F32,
    mark: Bool,
    touched: I32,
    seen: I32,
    fallback: I32,
    places: I32,
    item_at: I32,
    listed: I32,
) -> tuple[bool, bool]:
    """Do what `row_lists` does for a row of zeros but for its touched items, and make it zeros again."""
    n_nan, n_zero = 0, 0
    for item in touched:
        n_nan += int(row[item] != row[item])
        n_zero += int(row[item] == 0)
    cold = n_zero == touched.size  # fewer items are touched than there are, so a constant row is one of zeros
    if n_nan == 0 and cold:
        walk_order(fallback, seen, listed)
    elif n_nan == 0:
        heap = np.empty(min(listed.size, row.size), dtype=np.int64)
        size = _take_touched(row, mark, touched, seen, places, item_at, row.view(np.int32), heap)
        write_list(heap[:size], item_at, listed)
    _wipe(row, mark, touched)
    _wipe(row, mark, seen)
    return n_nan == 0 and cold, n_nan == 0


# --- entry points: their common arguments are those of `_kernels_lists` ---------------------------------------------


@jit
def sparse_lists(
    first: int,
    step: int,
    indptr: I64,
    indices: I32,
    data: F32,
    w_indptr: I64,
    w_indices: I32,
    w_data: F32,
    users: I64,
    seen_indptr: I64,
    seen_indices: I32,
    fallback: I32,
    places: I32,
    item_at: I32,
    listed: I32,
    cold: Bool,
    sound: Bool,
) -> None:
    """Make the lists of users whose scores are sparse rows (csr) times sparse weights (csr), one row at a time.

    The work of a user is that of the sparse product: a row with much of it is made and looked at as a dense one, of
    another only the touched items are.
    """
    scratch, lanes = np.empty(TILE, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    row = np.zeros(places.size, dtype=np.float32)
    mark = np.zeros(places.size, dtype=np.bool_)
    touched = np.empty(places.size // _DENSE, dtype=np.int32)
    for i in range(first, users.size, step):
        mine = indices[indptr[users[i]] : indptr[users[i] + 1]]
        values = data[indptr[users[i]] : indptr[users[i] + 1]]
        seen = seen_indices[seen_indptr[users[i]] : seen_indptr[users[i] + 1]]
        work = 0
        for item in mine:
            work += w_indptr[item + 1] - w_indptr[item]
        if work <= touched.size:
            size = _add_and_list(row, mark, touched, mine, values, w_indptr, w_indices, w_data)
            cold[i], sound[i] = _touched_lists(row, mark, touched[:size], seen, fallback, places, item_at, listed[i])
            continue
        for p in range(mine.size):
            for q in range(w_indptr[mine[p]], w_indptr[mine[p] + 1]):
                row[w_indices[q]] += values[p] * w_data[q]
        cold[i], sound[i] = row_lists(row, seen, fallback, places, item_at, scratch, lanes, listed[i])
        row[:] = 0.0


@jit
def same_lists(
    first: int,
    step: int,
    order: I32,
    users: I64,
    seen_indptr: I64,
    seen_indices: I32,
    listed: I32,
) -> None:
    """Make the lists of users who all get the same order of items, int32, best first."""
    for i in range(first, users.size, step):
        seen = seen_indices[seen_indptr[users[i]] : seen_indptr[users[i] + 1]]
        walk_order(order, seen, listed[i])
