"""Sums of whole numbers under random signs, by byte table: numba kernels of `tlbench.stats.signflip`.

Users come in groups of eight. The 256 signed sums of a group are made once; a flip of the group is then one random byte
and one look-up. Whole numbers make every sum exact, so that the number of threads cannot change a result. Random words
are a function of (key, draw, word) alone: a hash of a counter, SplitMix64 (Steele, Lea and Flood 2014,
doi:10.1145/2660193.2660195).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from tlbench.arrays import I32, I64

CHUNKS = 16
"""Parts of the users that threads share; partial sums of whole numbers add up to the same in any order."""

GROUP = 8
WORD = 64
LANES = 8
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_BYTE = np.uint64(255)
_S8 = np.uint64(8)
_S27 = np.uint64(27)
_S30 = np.uint64(30)
_S31 = np.uint64(31)


@njit(cache=True, nogil=True, inline="always")
def _word(counter: np.uint64) -> np.uint64:
    """Hash a counter into 64 random bits."""
    bits = counter * _STEP
    bits = (bits ^ (bits >> _S30)) * _MIX1
    bits = (bits ^ (bits >> _S27)) * _MIX2
    return bits ^ (bits >> _S31)


@njit(cache=True, nogil=True)
def _signed_sums(values: I32, start: int, table: I32) -> None:
    """Fill table[byte] with the sum of eight values, bit k of the byte saying whether value k keeps its sign."""
    total = np.int32(0)
    for k in range(GROUP):
        total -= values[start + k]
    table[0] = total
    for k in range(GROUP):
        width = 1 << k
        twice = np.int32(2) * values[start + k]
        for byte in range(width):
            table[width + byte] = table[byte] + twice


@njit(cache=True, nogil=True)
def _signed_sums_lanes(values: I32, start: int, table: I32) -> None:
    """Do the same for eight columns."""
    for lane in range(LANES):
        total = np.int32(0)
        for k in range(GROUP):
            total -= values[start + k, lane]
        table[0, lane] = total
    for k in range(GROUP):
        width = 1 << k
        for byte in range(width):
            for lane in range(LANES):
                table[width + byte, lane] = table[byte, lane] + np.int32(2) * values[start + k, lane]


@njit(cache=True, nogil=True, parallel=True)
def flip_sums(values: I32, n_draws: int, key: np.uint64) -> I64:
    """Sum whole numbers under random signs.

    Parameters
    ----------
    values
        int32, shape (64 m,), each within ±2^24; padded with zeros to whole words of 64 users.
    n_draws
        Number of draws.
    key
        uint64 start of the counter.

    Returns
    -------
    int64, shape (n_draws,).
    """
    n_words = len(values) // WORD
    parts = np.zeros((CHUNKS, n_draws), dtype=np.int64)
    for chunk in prange(CHUNKS):
        table = np.empty((GROUP, 256), dtype=np.int32)
        sums = parts[chunk]
        for word in range(chunk * n_words // CHUNKS, (chunk + 1) * n_words // CHUNKS):
            for group in range(GROUP):
                start = word * WORD + group * GROUP
                _signed_sums(values, start, table[group])
            counter = key + np.uint64(word) * np.uint64(n_draws)
            for draw in range(n_draws):
                bits = _word(counter + np.uint64(draw))
                total = np.int32(0)
                for group in range(GROUP):
                    total += table[group, (bits >> (_S8 * np.uint64(group))) & _BYTE]
                sums[draw] += total
    totals: I64 = parts.sum(axis=0)
    return totals


@njit(cache=True, nogil=True, parallel=True)
def flip_sums_lanes(values: I32, n_draws: int, key: np.uint64) -> I32:
    """Sum eight columns of whole numbers under the same random signs.

    Parameters
    ----------
    values
        int32, shape (64 m, 8), C order; the absolute values of a column add up to less than 2^31.
    n_draws, key
        As for `flip_sums`; the same signs for the same length, key and number of draws.

    Returns
    -------
    int32, shape (n_draws, 8).
    """
    n_words = len(values) // WORD
    n_parts = (n_draws + 1023) // 1024
    sums = np.zeros((n_draws, LANES), dtype=np.int32)
    for part in prange(n_parts):
        first, last = part * 1024, min((part + 1) * 1024, n_draws)
        table = np.empty((256, LANES), dtype=np.int32)
        bits = np.empty(1024, dtype=np.uint64)
        for word in range(n_words):
            counter = key + np.uint64(word) * np.uint64(n_draws)
            for draw in range(first, last):
                bits[draw - first] = _word(counter + np.uint64(draw))
            for group in range(GROUP):
                start = word * WORD + group * GROUP
                _signed_sums_lanes(values, start, table)
                shift = _S8 * np.uint64(group)
                for draw in range(first, last):
                    byte = (bits[draw - first] >> shift) & _BYTE
                    for lane in range(LANES):
                        sums[draw, lane] += table[byte, lane]
    return sums
