"""Kernels for pairwise ranking by stochastic gradients, without two threads in one row."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel


@kernel
def sort_into_cells(
    indptr: I64, indices: I32, user_part: I32, item_part: I32, n_parts: int, users: I32, items: I32
) -> I64:
    """Write the entries cell by cell (user part, item part); return where each cell starts, (n_parts^2 + 1,)."""
    starts = np.zeros(n_parts * n_parts + 1, dtype=np.int64)
    for u in range(len(indptr) - 1):
        for p in range(indptr[u], indptr[u + 1]):
            starts[user_part[u] * n_parts + item_part[indices[p]] + 1] += 1
    for cell in range(n_parts * n_parts):
        starts[cell + 1] += starts[cell]
    place = starts.copy()
    for u in range(len(indptr) - 1):
        for p in range(indptr[u], indptr[u + 1]):
            cell = user_part[u] * n_parts + item_part[indices[p]]
            users[place[cell]] = u
            items[place[cell]] = indices[p]
            place[cell] += 1
    return starts


@kernel
def _next(state: np.uint64) -> np.uint64:
    """Advance the counter of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195)."""
    return np.uint64(state + np.uint64(0x9E3779B97F4A7C15))


@kernel
def _below(state: np.uint64, bound: int) -> int:
    """Mix the counter into a whole number from 0 to below the bound."""
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return int((z >> np.uint64(32)) * np.uint64(bound) >> np.uint64(32))


@kernel
def _touched(indptr: I64, indices: I32, user: int, item: int) -> bool:
    """Look an item up in a user's sorted row."""
    low, high = indptr[user], indptr[user + 1]
    while low < high:
        middle = (low + high) // 2
        if indices[middle] < item:
            low = middle + 1
        else:
            high = middle
    return bool(low < indptr[user + 1] and indices[low] == item)


@kernel
def bpr_cell(
    cell_users: I32,
    cell_items: I32,
    others: I32,
    indptr: I64,
    indices: I32,
    seed: np.uint64,
    rate: np.float32,
    l2: np.float32,
    users: F32,
    items: F32,
    bias: F32,
) -> None:
    """Do as many gradient steps as the cell has entries, each on an entry and an item that its user did not touch.

    Only rows of the cell's users and of `others`, the items of its part, are read and written, so cells with neither
    in common can run at the same time and give what they would give one after the other.
    """
    n = users.shape[1]
    state = seed
    for _ in range(len(cell_users)):
        state = _next(state)
        entry = _below(state, len(cell_users))
        user, liked = cell_users[entry], cell_items[entry]
        state = _next(state)
        other = others[_below(state, len(others))]
        if _touched(indptr, indices, user, other):
            continue
        x, y, z = users[user], items[liked], items[other]
        margin = bias[liked] - bias[other]
        for a in range(n):
            margin += x[a] * (y[a] - z[a])
        pull = np.float32(1.0) / (np.float32(1.0) + np.exp(margin))
        for a in range(n):
            old = x[a]
            x[a] += rate * (pull * (y[a] - z[a]) - l2 * old)
            y[a] += rate * (pull * old - l2 * y[a])
            z[a] += rate * (-pull * old - l2 * z[a])
        bias[liked] += rate * (pull - l2 * bias[liked])
        bias[other] += rate * (-pull - l2 * bias[other])
