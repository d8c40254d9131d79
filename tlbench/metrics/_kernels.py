"""Compiled loops of ranking and measuring: rows in parallel, no shared writes, so threads never move a bit."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from tlbench.arrays import F32, F64, I32, I64, Array, Bool

Real = float | np.float32
Whole = int | np.int32

CHUNK = 32
LAST_TIE = np.iinfo(np.int32).max


@njit(cache=True, nogil=True)
def _is_constant(row: F32) -> bool:
    """Tell whether every value equals the first; NaN equals nothing."""
    first = row[0]
    for start in range(0, row.size, CHUNK):
        unlike = 0
        for value in row[start : start + CHUNK]:
            unlike |= int(value != first)
        if unlike:
            return False
    return True


@njit(cache=True, nogil=True)
def _may_enter(chunk: F32, ties: I32, worst: Real, worst_tie: Whole) -> bool:
    """Tell whether a chunk holds a value that beats the worst one kept (or is NaN), without a branch a value."""
    above = 0
    for value in chunk:
        above |= int(not (value < worst))
    if not above:
        return False
    above = 0
    for j in range(chunk.size):
        above |= int(not (chunk[j] <= worst)) | (int(chunk[j] == worst) & int(ties[j] < worst_tie))
    return above != 0


@njit(cache=True, nogil=True)
def _worse(score: Real, tie: Whole, other: Real, other_tie: Whole) -> bool:
    """Order of the lists: lower scores are worse; of equal scores, the later one in the random item order is."""
    return bool(score < other or (score == other and tie > other_tie))


@njit(cache=True, nogil=True)
def _sift_down(scores: F32, ties: I32, items: I32, at: int, size: int) -> None:
    """Restore the heap (worst at the root) below a position."""
    score, tie, item = scores[at], ties[at], items[at]
    child = 2 * at + 1
    while child < size:
        if child + 1 < size and _worse(scores[child + 1], ties[child + 1], scores[child], ties[child]):
            child += 1
        if not _worse(scores[child], ties[child], score, tie):
            break
        scores[at], ties[at], items[at] = scores[child], ties[child], items[child]
        at = child
        child = 2 * at + 1
    scores[at], ties[at], items[at] = score, tie, item


@njit(cache=True, nogil=True)
def _sift_up(scores: F32, ties: I32, items: I32, at: int) -> None:
    """Restore the heap (worst at the root) above a position."""
    score, tie, item = scores[at], ties[at], items[at]
    while at > 0:
        parent = (at - 1) // 2
        if not _worse(score, tie, scores[parent], ties[parent]):
            break
        scores[at], ties[at], items[at] = scores[parent], ties[parent], items[parent]
        at = parent
    scores[at], ties[at], items[at] = score, tie, item


@njit(cache=True, nogil=True)
def _sort_heap(scores: F32, ties: I32, items: I32, size: int) -> None:
    """Turn the heap into a list, best first: the worst goes to the end, again and again."""
    for last in range(size - 1, 0, -1):
        scores[0], scores[last] = scores[last], scores[0]
        ties[0], ties[last] = ties[last], ties[0]
        items[0], items[last] = items[last], items[0]
        _sift_down(scores, ties, items, 0, last)


@njit(cache=True, nogil=True)
def _top_of_row(row: F32, seen: I32, tie_rank: I32, out: I32) -> bool:
    """Write the best unseen items of a row to `out`, -1 behind them; False where a NaN stood in the way.

    Chunks without a value above the worst one kept are skipped whole. The seen items are ascending, so one pointer that
    only moves forward tells whether a candidate is among them; no score is overwritten.
    """
    n = out.size
    scores = np.empty(n, dtype=np.float32)
    ties = np.empty(n, dtype=np.int32)
    size = 0
    at = 0
    worst = np.float32(-np.inf)
    worst_tie = np.int32(LAST_TIE)
    for start in range(0, row.size, CHUNK):
        stop = min(start + CHUNK, row.size)
        if not _may_enter(row[start:stop], tie_rank[start:stop], worst, worst_tie):
            continue
        for item in range(start, stop):
            value = row[item]
            if np.isnan(value):
                return False
            if not _worse(worst, worst_tie, value, tie_rank[item]):
                continue
            while at < seen.size and seen[at] < item:
                at += 1
            if at < seen.size and seen[at] == item:
                continue
            if size < n:
                scores[size], ties[size], out[size] = value, tie_rank[item], item
                _sift_up(scores, ties, out, size)
                size += 1
            else:
                scores[0], ties[0], out[0] = value, tie_rank[item], item
                _sift_down(scores, ties, out, 0, size)
            if size == n:
                worst, worst_tie = scores[0], ties[0]
    _sort_heap(scores, ties, out, size)
    out[size:] = -1
    return True


@njit(cache=True, nogil=True, parallel=True)
def top_items(
    scores: F32,
    rows: I64,
    users: I64,
    seen_indptr: I64,
    seen_indices: I32,
    fallback: F32,
    tie_rank: I32,
    out: I32,
    cold: Bool,
    sound: Bool,
) -> None:
    """Rank ``scores[rows]`` into `out`; see `tlbench.metrics.ranking.rank` for the arguments.

    `cold` says whose row was constant, `sound` whose row held no NaN.
    """
    for i in prange(rows.size):
        seen = seen_indices[seen_indptr[users[i]] : seen_indptr[users[i] + 1]]
        row = scores[rows[i]]
        cold[i] = _is_constant(row)
        if cold[i]:
            row = fallback
        sound[i] = _top_of_row(row, seen, tie_rank, out[i])


@njit(cache=True, nogil=True)
def _position(items: I32, item: Whole) -> int:
    """Position of an item in ascending items, -1 where it is not among them."""
    low, high = 0, items.size
    while low < high:
        middle = (low + high) >> 1
        if items[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low if low < items.size and items[low] == item else -1


@njit(cache=True, nogil=True, parallel=True)
def walk_lists(
    items: I32,
    indptr: I64,
    indices: I32,
    discount: F64,
    depths: I64,
    hits: Array,
    first: Array,
    dcg: F64,
    precisions: F64,
) -> None:
    """Walk down every list once and note at each depth what `tlbench.metrics.base.Counts` holds.

    `items` is (b, n) padded with -1, `indptr` and `indices` the held-out items (ascending in a row) of the b users,
    `depths` ascending; the outputs are (n_depths, b).
    """
    n = items.shape[1]
    for i in prange(items.shape[0]):
        relevant = indices[indptr[i] : indptr[i + 1]]
        n_hits, first_hit, gained, precision_sum = 0, 0, 0.0, 0.0
        depth = 0
        for position in range(n):
            item = items[i, position]
            if item < 0:
                break
            while depth < depths.size and depths[depth] == position:
                hits[depth, i], first[depth, i] = n_hits, first_hit
                dcg[depth, i], precisions[depth, i] = gained, precision_sum
                depth += 1
            if _position(relevant, item) >= 0:
                n_hits += 1
                if first_hit == 0:
                    first_hit = position + 1
                gained += discount[position]
                precision_sum += n_hits / (position + 1)
        for rest in range(depth, depths.size):
            hits[rest, i], first[rest, i] = n_hits, first_hit
            dcg[rest, i], precisions[rest, i] = gained, precision_sum
