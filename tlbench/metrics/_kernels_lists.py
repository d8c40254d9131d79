"""Compiled top-n: scores pass by in tiles that stay in the cache, and the best unseen items of each user are kept.

How a tile is taken: its seen items are set to minus infinity in scratch memory; one sweep finds the maxima of `LANES`
interleaved lanes; only lanes whose maximum reaches the worst item kept are looked into. Before the list is full, a
floor that n items are known to reach stands for the worst item kept. An item is one 64-bit key, the ordered bits of
its score above its place in the tie order, so that a comparison is one instruction and ties need no thought.
"""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64, Bool
from tlbench.kernels import compiled_at_first_call
from tlbench.metrics._kernels_walk import holds

TILE = 2048
LANES = 256
TOGETHER = 128
"""Users whose factors are multiplied at once: the shape of the product, and so its bits, never change."""

Key = int | np.int64

jit = compiled_at_first_call()
LOWEST = np.float32(-np.inf)
_HIGHEST = np.float32(np.inf)
_MAGNITUDE = np.int32(0x7FFFFFFF)


# --- keys --------------------------------------------------------------------------------------------------------


@jit
def key_of(bits: int, place: int) -> Key:
    """Join a score's bits and an item's place (from the end of the tie order); higher is better."""
    ordered = np.int32(bits)
    if ordered < 0:
        ordered ^= _MAGNITUDE
    return (np.int64(ordered) << 32) | np.int64(place)


@jit
def _score(key: Key) -> np.float32:
    """Return the score of a key."""
    ordered = np.int32(key >> 32)
    if ordered < 0:
        ordered ^= _MAGNITUDE
    return np.int32(ordered).view(np.float32)


@jit
def push(heap: I64, size: int, key: Key) -> None:
    """Add a key to a heap with the worst at its root."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= key:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = key


@jit
def replace_root(heap: I64, key: Key) -> None:
    """Put a key in the place of the worst."""
    at, child = 0, 1
    while child < heap.size:
        if child + 1 < heap.size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
        child = 2 * at + 1
    heap[at] = key


# --- tiles -------------------------------------------------------------------------------------------------------


@compiled_at_first_call(fastmath=frozenset({"nnan", "nsz"}))
def _lane_maxima(values: F32, lanes: F32) -> None:
    """Write the maximum of the values j, j + LANES, j + 2 LANES, ... to lane j; no value is NaN."""
    lanes[:] = LOWEST
    for start in range(0, values.size, LANES):
        part = values[start : start + LANES]
        for j in range(part.size):
            lanes[j] = part[j] if part[j] > lanes[j] else lanes[j]


@jit
def _has_nan(values: F32) -> bool:
    bad = 0
    for value in values:
        bad |= int(value != value)
    return bad != 0


@jit
def _is_constant(values: F32, first: float) -> bool:
    for start in range(0, values.size, 32):
        unlike = 0
        for value in values[start : start + 32]:
            unlike |= int(value != first)
        if unlike:
            return False
    return True


@jit
def _floor(lanes: F32, n: int) -> np.float32:
    """Return a score that at least n items reach: the least of the maxima of n groups of lanes."""
    width = lanes.size // n
    if width == 0:
        return LOWEST
    floor = _HIGHEST
    for group in range(n):
        best = LOWEST
        for value in lanes[group * width : (group + 1) * width]:
            best = max(best, value)
        floor = min(floor, best)
    return floor


@jit
def _mask(values: F32, first_item: int, seen: I32, at: int) -> int:
    """Set the seen items of a tile to minus infinity, from position `at` of them; return the next position."""
    stop = first_item + values.size
    while at < seen.size and seen[at] < stop:
        values[seen[at] - first_item] = LOWEST
        at += 1
    return at


@jit
def _take(values: F32, bits: I32, places: I32, lanes: F32, heap: I64, size: int) -> int:
    """Let the tile's items compete for the heap (its first `size` keys are set); return the new size."""
    _lane_maxima(values, lanes)
    worst = _score(heap[0]) if size == heap.size else _floor(lanes, heap.size)
    for lane in range(min(LANES, values.size)):
        if lanes[lane] < worst or lanes[lane] == LOWEST:
            continue
        for j in range(lane, values.size, LANES):
            value = values[j]
            if value < worst or value == LOWEST:
                continue
            key = key_of(bits[j] if value != 0 else 0, places[j])  # the two zeros are equal
            if size < heap.size:
                push(heap, size, key)
                size += 1
            elif key > heap[0]:
                replace_root(heap, key)
            if size == heap.size:
                worst = max(worst, _score(heap[0]))
    return size


@jit
def _take_row(row: F32, seen: I32, places: I32, scratch: F32, lanes: F32, heap: I64) -> int:
    """Let a whole row compete, tile by tile in scratch memory, so that the row is not written to."""
    bits = scratch.view(np.int32)
    size, at = 0, 0
    for start in range(0, row.size, scratch.size):
        part = row[start : start + scratch.size]
        tile = scratch[: part.size]
        tile[:] = part
        at = _mask(tile, start, seen, at)
        size = _take(tile, bits[: part.size], places[start : start + part.size], lanes, heap, size)
    return size


@jit
def write_list(keys: I64, item_at: I32, listed: I32) -> None:
    """Turn keys (in any order) into a list, best first, -1 behind them."""
    keys.sort()
    for position in range(keys.size):
        listed[position] = item_at[keys[keys.size - 1 - position] & 0xFFFFFFFF]
    listed[keys.size :] = -1


@jit
def walk_order(order: I32, seen: I32, listed: I32) -> None:
    """Make one user's list of the first unseen items of an order, -1 behind them."""
    size = 0
    for item in order:
        if size == listed.size:
            break
        if not holds(seen, item):
            listed[size] = item
            size += 1
    listed[size:] = -1


@jit
def row_lists(
    row: F32,
    seen: I32,
    fallback: I32,
    places: I32,
    item_at: I32,
    scratch: F32,
    lanes: F32,
    listed: I32,
) -> tuple[bool, bool]:
    """Make one user's list; say whether the row was constant, and whether it was free of NaN."""
    if _has_nan(row):
        return False, False
    if _is_constant(row, row[0]):
        walk_order(fallback, seen, listed)
        return True, True
    heap = np.empty(min(listed.size, row.size), dtype=np.int64)
    size = _take_row(row, seen, places, scratch, lanes, heap)
    write_list(heap[:size], item_at, listed)
    return False, True


# --- entry points ------------------------------------------------------------------------------------------------
# Common arguments: `users` int64 (b,); seen items, csr over all users; `fallback` int32, the items that users with
# constant scores get, best first; `places` int32 (n_items,), place of each item from the end of the tie order, and
# `item_at`, its inverse; outputs `listed` int32 (b, n), `cold` and `sound` bool (b,).


@jit
def dense_lists(
    first: int,
    step: int,
    scores: F32,
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
    """Make the lists of rows ``first, first + step, ...`` of dense scores, float32 (b, n_items)."""
    scratch, lanes = np.empty(TILE, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    for i in range(first, users.size, step):
        seen = seen_indices[seen_indptr[users[i]] : seen_indptr[users[i] + 1]]
        cold[i], sound[i] = row_lists(scores[i], seen, fallback, places, item_at, scratch, lanes, listed[i])


@jit
def factor_lists(
    start: int,
    user_factors: F32,
    item_factors: F32,
    item_bias: F32,
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
    """Make the lists of users ``start .. start + TOGETHER - 1``, multiplying their factors a tile of items at a time.

    `item_bias` is float32 (n_items,) or empty; it does not reach users whose vector is zero.
    """
    mine = users[start : start + TOGETHER]
    vectors = np.zeros((TOGETHER, user_factors.shape[1]), dtype=np.float32)
    known = np.zeros(mine.size, dtype=np.bool_)
    for i in range(mine.size):
        vectors[i] = user_factors[mine[i]]
        known[i] = vectors[i].any()
    heaps = np.empty((mine.size, min(listed.shape[1], places.size)), dtype=np.int64)
    sizes, at, firsts = np.zeros(mine.size, np.int64), np.zeros(mine.size, np.int64), np.empty(mine.size, np.float32)
    cold[start : start + mine.size] = True
    sound[start : start + mine.size] = True
    product = np.empty(TOGETHER * TILE, dtype=np.float32)
    lanes = np.empty(LANES, dtype=np.float32)
    for item in range(0, item_factors.shape[0], TILE):
        factors = item_factors[item : item + TILE]
        n = factors.shape[0]
        scores = product[: TOGETHER * n].reshape(TOGETHER, n)
        bits = product.view(np.int32)[: TOGETHER * n].reshape(TOGETHER, n)
        np.dot(vectors, factors.T, scores)
        for i in range(mine.size):
            row = scores[i]
            if item_bias.size and known[i]:
                row += item_bias[item : item + n]
            if item == 0:
                firsts[i] = row[0]
            sound[start + i] &= not _has_nan(row)
            cold[start + i] = cold[start + i] and _is_constant(row, firsts[i])
            if sound[start + i]:
                at[i] = _mask(row, item, seen_indices[seen_indptr[mine[i]] : seen_indptr[mine[i] + 1]], at[i])
                sizes[i] = _take(row, bits[i], places[item : item + n], lanes, heaps[i], sizes[i])
    for i in range(mine.size):
        if cold[start + i]:
            seen = seen_indices[seen_indptr[mine[i]] : seen_indptr[mine[i] + 1]]
            walk_order(fallback, seen, listed[start + i])
        else:
            write_list(heaps[i, : sizes[i]], item_at, listed[start + i])
