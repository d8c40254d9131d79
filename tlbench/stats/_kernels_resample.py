"""Sums over users drawn with replacement: numba kernels of `tlbench.stats.bootstrap`.

Every draw has its own stretch of a counter that is hashed into random words (SplitMix64, as in
`tlbench.stats._kernels_flips`), and one thread sums one draw, so results do not depend on the number of threads. Half a
word, multiplied with the number of users, gives one user; none is more likely than another by more than one part in
2^32 / n_users.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from tlbench.arrays import F32, F64, I32, I64
from tlbench.stats._kernels_flips import _word

_LOW = np.uint64(0xFFFFFFFF)
_S32 = np.uint64(32)


@njit(cache=True, nogil=True, parallel=True)
def resample_sums(values: I32, sizes: I64, key: np.uint64) -> I64:
    """Sum `sizes[b]` values drawn with replacement, for each draw b.

    `values` is int32, shape (n,), n < 2^32; `sizes` int64, shape (n_draws,); the result int64, shape (n_draws,).
    """
    n = np.uint64(len(values))
    sums = np.zeros(len(sizes), dtype=np.int64)
    for draw in prange(len(sizes)):
        counter = key + (np.uint64(draw) << _S32)
        total = np.int64(0)
        size = sizes[draw]
        for step in range(size >> 1):
            bits = _word(counter + np.uint64(step))
            total += values[((bits & _LOW) * n) >> _S32]
            total += values[((bits >> _S32) * n) >> _S32]
        if size & 1:
            total += values[((_word(counter + np.uint64(size)) & _LOW) * n) >> _S32]
        sums[draw] = total
    return sums


@njit(cache=True, nogil=True, parallel=True)
def resample_moments(values: F32, sizes: I64, key: np.uint64) -> F64:
    """Sum x and x^2 over `sizes[b]` values drawn with replacement, for each draw b.

    `values` is float32 (half the memory to jump about in), shape (n,); the sums are float64, shape (n_draws, 2).
    """
    n = np.uint64(len(values))
    sums = np.zeros((len(sizes), 2))
    for draw in prange(len(sizes)):
        counter = key + (np.uint64(draw) << _S32)
        first, second, size = 0.0, 0.0, sizes[draw]
        for step in range(size >> 1):
            bits = _word(counter + np.uint64(step))
            x = float(values[((bits & _LOW) * n) >> _S32])
            y = float(values[((bits >> _S32) * n) >> _S32])
            first += x + y
            second += x * x + y * y
        if size & 1:
            x = float(values[((_word(counter + np.uint64(size)) & _LOW) * n) >> _S32])
            first += x
            second += x * x
        sums[draw, 0], sums[draw, 1] = first, second
    return sums


@njit(cache=True, nogil=True, parallel=True)
def resample_two_way(table: F64, seed_counts: F64, key: np.uint64) -> F64:
    """Sum a users x seeds table over users drawn with replacement, each seed as often as it was drawn.

    `table` is float64, shape (n_users, n_seeds), C order; `seed_counts` float64, shape (n_draws, n_seeds); the result
    float64, shape (n_draws,).
    """
    n_users, n_seeds = table.shape
    n = np.uint64(n_users)
    sums = np.zeros(len(seed_counts))
    for draw in prange(len(seed_counts)):
        counter = key + (np.uint64(draw) << _S32)
        total = 0.0
        for step in range(n_users):
            user = ((_word(counter + np.uint64(step)) >> _S32) * n) >> _S32
            for seed in range(n_seeds):
                total += table[user, seed] * seed_counts[draw, seed]
        sums[draw] = total
    return sums
