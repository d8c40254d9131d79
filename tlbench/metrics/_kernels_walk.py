"""Compiled walk down the lists: every list once, nothing sorted, all that the accuracy metrics divide counted."""

from __future__ import annotations

from tlbench.arrays import F64, I32, I64, Bool
from tlbench.kernels import compiled_at_first_call

_jit = compiled_at_first_call()


@_jit
def holds(items: I32, item: int) -> bool:
    """Tell whether an item is among ascending items."""
    low, high = 0, items.size
    while low < high:
        middle = (low + high) >> 1
        if items[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low < items.size and items[low] == item


@_jit
def walk_lists(
    start: int,
    stop: int,
    items: I32,
    indptr: I64,
    indices: I32,
    discount: F64,
    depths: I64,
    hits: I64,
    first: I64,
    dcg: F64,
    precisions: F64,
) -> None:
    """Walk down the lists of users ``start .. stop - 1`` and note at each depth what `base.Counts` holds.

    `items` is (b, n) padded with -1, `indptr` and `indices` the held-out items (ascending in a row) of the b users,
    `depths` ascending; the outputs are (n_depths, b).
    """
    for i in range(start, stop):
        relevant = indices[indptr[i] : indptr[i + 1]]
        n_hits, first_hit, gained, precision_sum = 0, 0, 0.0, 0.0
        depth = 0
        for position in range(items.shape[1]):
            item = items[i, position]
            if item < 0:
                break
            while depth < depths.size and depths[depth] == position:
                hits[depth, i], first[depth, i] = n_hits, first_hit
                dcg[depth, i], precisions[depth, i] = gained, precision_sum
                depth += 1
            if holds(relevant, item):
                n_hits += 1
                if first_hit == 0:
                    first_hit = position + 1
                gained += discount[position]
                precision_sum += n_hits / (position + 1)
        for rest in range(depth, depths.size):
            hits[rest, i], first[rest, i] = n_hits, first_hit
            dcg[rest, i], precisions[rest, i] = gained, precision_sum


@_jit
def first_unseen(order: I32, users: I64, indptr: I64, indices: I32, out: I32) -> None:
    """Write the first items of an order that each user was not seen with to `out`, int32 (b, k)."""
    for i in range(users.size):
        seen = indices[indptr[users[i]] : indptr[users[i] + 1]]
        size = 0
        for item in order:
            if size == out.shape[1]:
                break
            if not holds(seen, item):
                out[i, size] = item
                size += 1


@_jit
def shared_items(lists: I32, others: I32, out: Bool) -> None:
    """Tell of each listed item whether another list of the same user, int32 (b, m), has it too."""
    for i in range(lists.shape[0]):
        for position in range(lists.shape[1]):
            for item in others[i]:
                if item == lists[i, position]:
                    out[i, position] = True
