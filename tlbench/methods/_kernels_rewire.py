"""Kernel that switches the ends of interactions, degrees kept."""

from __future__ import annotations

from tlbench.arrays import I64
from tlbench.methods._jit import kernel


@kernel
def _place(table: I64, key: int) -> int:
    """Slot of a key in an open hash table, or of the empty slot (-1) where it would go."""
    mask = len(table) - 1
    slot = (key * 0x9E3779B97F4A7C1) & mask
    while table[slot] >= 0 and table[slot] != key:
        slot = (slot + 1) & mask
    return slot


@kernel
def fill(table: I64, users: I64, items: I64, n_items: int) -> None:
    """Put all pairs into an empty table (all -1, a power of two long, at least twice as long as the pairs)."""
    for e in range(len(users)):
        key = users[e] * n_items + items[e]
        table[_place(table, key)] = key


@kernel
def _remove(table: I64, key: int) -> None:
    """Take a key out and close the gap, so that no later key of the run is lost."""
    mask = len(table) - 1
    hole = _place(table, key)
    table[hole] = -1
    slot = (hole + 1) & mask
    while table[slot] >= 0:
        moved = table[slot]
        table[slot] = -1
        table[_place(table, moved)] = moved
        slot = (slot + 1) & mask


@kernel
def switch(table: I64, users: I64, items: I64, n_items: int, first: I64, second: I64) -> None:
    """Exchange the items of pairs of entries wherever the two new pairs are not there yet; writes `items`."""
    for t in range(len(first)):
        a, b = first[t], second[t]
        new_a = users[a] * n_items + items[b]
        new_b = users[b] * n_items + items[a]
        if new_a == new_b or table[_place(table, new_a)] >= 0 or table[_place(table, new_b)] >= 0:
            continue
        _remove(table, users[a] * n_items + items[a])
        _remove(table, users[b] * n_items + items[b])
        table[_place(table, new_a)] = new_a
        table[_place(table, new_b)] = new_b
        items[a], items[b] = items[b], items[a]
