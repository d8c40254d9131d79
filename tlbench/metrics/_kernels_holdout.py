"""Compiled look at every held-out item: what beats it among all items that the list could have shown."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, F64, I32, I64, Bool
from tlbench.kernels import compiled_at_first_call

_jit = compiled_at_first_call()


@_jit
def _beaten_by(row: F32, places: I32, score: float, place: int) -> tuple[int, int, int]:
    """Count items of a higher score, of the same score, and of the same score earlier in the tie order."""
    above, tied, earlier = 0, 0, 0
    for j in range(row.size):
        above += int(row[j] > score)
        tied += int(row[j] == score)
        earlier += int(row[j] == score) & int(places[j] > place)
    return above, tied, earlier


@_jit
def holdout_ranks(
    first: int,
    step: int,
    scores: F32,
    users: I64,
    seen_indptr: I64,
    seen_indices: I32,
    fallback: F32,
    places: I32,
    cold: Bool,
    held_indptr: I64,
    held_indices: I32,
    position: I32,
    above: I32,
    tied: I32,
    score: F32,
) -> None:
    """Fill what `tlbench.metrics.holdout.Holdout` has for rows ``first, first + step, ...``.

    The first arguments are those of `_kernels_lists.dense_lists`; `held_indptr` and `held_indices` are the rows'
    held-out items, with which the outputs are aligned. Seen items are no candidates, so what they add is taken off.
    """
    for i in range(first, users.size, step):
        row = fallback if cold[i] else scores[i]
        seen = seen_indices[seen_indptr[users[i]] : seen_indptr[users[i] + 1]]
        held = held_indices[held_indptr[i] : held_indptr[i + 1]]
        for p in range(held.size):
            own, place = row[held[p]], places[held[p]]
            higher, same, earlier = _beaten_by(row, places, own, place)
            off = _beaten_by(row[seen], places[seen], own, place)
            higher, same, earlier = higher - off[0], same - off[1], earlier - off[2]
            off = _beaten_by(row[held], places[held], own, place)
            at = held_indptr[i] + p
            position[at] = higher + earlier + 1
            above[at] = higher - off[0]
            tied[at] = same - off[1]
            score[at] = scores[i, held[p]]


@_jit
def graded_gains(items: I32, indptr: I64, indices: I32, gains: F64, discount: F64, gained: F64, best: F64) -> None:
    """Sum the discounted gains of every list, and those of the best list.

    `items` is (b, n), `indptr`, `indices` and `gains` the held-out items of the b users, `discount` the weights of the
    positions that count; gains below 0 count as 0.
    """
    for i in range(items.shape[0]):
        relevant = indices[indptr[i] : indptr[i + 1]]
        own = np.maximum(gains[indptr[i] : indptr[i + 1]], 0.0)
        gained[i] = 0.0
        for position in range(min(discount.size, items.shape[1])):
            item = items[i, position]
            if item < 0:
                break
            at = np.searchsorted(relevant, item)
            if at < relevant.size and relevant[at] == item:
                gained[i] += own[at] * discount[position]
        ordered = np.sort(own)[::-1]
        best[i] = 0.0
        for position in range(min(discount.size, ordered.size)):
            best[i] += ordered[position] * discount[position]
