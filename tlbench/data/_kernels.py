"""A hash table from 128-bit hashes to codes, filled block by block: open addressing, linear probing."""

from __future__ import annotations

import numpy as np
from numba import njit

from tlbench.arrays import I32, I64, Array

EMPTY = np.int32(-1)


@njit(cache=True, nogil=True)
def assign(
    hashes: Array, checks: Array, keys: Array, seconds: Array, codes: I32, used: int, out: I32, fresh: I64
) -> int:
    """Give each row the code of its hash; a hash not seen before takes the next code.

    Parameters
    ----------
    hashes, checks
        uint64, shape (n,): two hashes of one id, by unlike seeds; ids are the same where both are.
    keys, seconds, codes
        uint64, uint64 and int32, shape (2**k,): the table, changed in place; `codes` is -1 where a slot is free.
    used
        Number of codes given so far; the table must have room for n more.
    out
        int32, shape (n,): filled with codes.
    fresh
        int64, shape (n,): filled with the rows of hashes not seen before, in the order of their codes.

    Returns
    -------
    int
        Number of codes given now.
    """
    mask = np.uint64(len(codes) - 1)
    one = np.uint64(1)
    first = used
    for row in range(len(hashes)):
        slot = hashes[row] & mask
        while codes[slot] != EMPTY and (keys[slot] != hashes[row] or seconds[slot] != checks[row]):
            slot = (slot + one) & mask
        if codes[slot] == EMPTY:
            keys[slot] = hashes[row]
            seconds[slot] = checks[row]
            codes[slot] = used
            fresh[used - first] = row
            used += 1
        out[row] = codes[slot]
    return used


@njit(cache=True, nogil=True)
def move(keys: Array, seconds: Array, codes: I32, new_keys: Array, new_seconds: Array, new_codes: I32) -> None:
    """Move a table into a larger, empty one."""
    mask = np.uint64(len(new_codes) - 1)
    one = np.uint64(1)
    for old in range(len(codes)):
        if codes[old] != EMPTY:
            slot = keys[old] & mask
            while new_codes[slot] != EMPTY:
                slot = (slot + one) & mask
            new_keys[slot] = keys[old]
            new_seconds[slot] = seconds[old]
            new_codes[slot] = codes[old]
