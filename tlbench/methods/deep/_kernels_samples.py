"""Kernels that sample what a user did not touch, and lay histories out in rows of equal length."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import I32, I64
from tlbench.methods._jit import kernel


@kernel
def _mixed(seed: np.uint64, number: int) -> np.uint64:
    """Return the `number`-th output of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195)."""
    z = seed + np.uint64(number + 1) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(z ^ (z >> np.uint64(31)))


@kernel
def _missing(indices: I32, low: int, high: int, place: int) -> int:
    """Return the item that stands at `place` (from 0) among those that a sorted row lacks."""
    first = low
    while low < high:
        middle = (low + high) // 2
        if indices[middle] - (middle - first) > place:
            high = middle
        else:
            low = middle + 1
    return place + low - first


@kernel
def sample_negatives(
    users: I32, entries: I64, indptr: I64, indices: I32, n_items: int, seed: np.uint64, out: I32
) -> None:
    """Fill ``out[j, :]`` with items that ``users[j]`` did not touch, each alike, drawn with replacement.

    The draws of a row depend on ``entries[j]`` and the seed alone, so they are the same in whichever order and batch
    the entries come. A user who touched every item is not allowed. ``n_items`` must be below 2^32.
    """
    each = out.shape[1]
    for j in range(len(users)):
        low, high = indptr[users[j]], indptr[users[j] + 1]
        free = np.uint64(n_items - (high - low))
        for c in range(each):
            bits = _mixed(seed, entries[j] * each + c) >> np.uint64(32)
            out[j, c] = _missing(indices, low, high, int((bits * free) >> np.uint64(32)))


@kernel
def last_items(users: I64, indptr: I64, ordered: I32, length: int, padding: int, out: I32) -> None:
    """Fill ``out[j, :]`` with the last `length` entries of a user's ordered row, padded in front."""
    for j in range(len(users)):
        low, high = indptr[users[j]], indptr[users[j] + 1]
        start = max(low, high - length)
        gap = length - (high - start)
        for c in range(gap):
            out[j, c] = padding
        for c in range(gap, length):
            out[j, c] = ordered[start + c - gap]


@kernel
def kept_items(
    users: I64, without: I64, indptr: I64, indices: I32, rate: float, seed: np.uint64, out: I64, counts: I64
) -> int:
    """Lay the items of some users one after another and return how many there are.

    A row leaves out the item ``without[j]`` and, at a rate, others at random; ``counts[j]`` is what it kept. The draws
    of a row depend on the seed and on j alone.
    """
    n = 0
    for j in range(len(users)):
        before = n
        own = _mixed(seed, j)
        for place in range(indptr[users[j]], indptr[users[j] + 1]):
            chance = (_mixed(own, place) >> np.uint64(11)) * (1.0 / 9007199254740992.0)
            if indices[place] != without[j] and chance >= rate:
                out[n] = indices[place]
                n += 1
        counts[j] = n - before
    return n
