"""Kernels for sparse linear models by coordinate descent on the Gram matrix."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel
from tlbench.methods._kernels_neighbours import _offer


@kernel
def _descend(
    sub: F32, slack: F32, weight: F32, size: int, l1: np.float32, l2: np.float32, tolerance: np.float32
) -> int:
    """Sweep over the active weights until none moves the fit by more than the tolerance; return the sweeps."""
    for sweep in range(500):
        largest = np.float32(0.0)
        for a in range(size):
            row = sub[a]
            old = weight[a]
            new = (slack[a] + row[a] * old - l1) / (row[a] + l2)
            new = max(new, np.float32(0.0))
            change = new - old
            if change != 0.0:
                weight[a] = new
                for b in range(size):
                    slack[b] -= change * row[b]
                largest = max(largest, change * change * row[a])
        if largest <= tolerance:
            return sweep
    return 500


@kernel
def _choose(slack: F32, gram: F32, state: I32, own: int, room: int, l1: np.float32, values: F32, indices: I32) -> int:
    """Choose inactive weights that want to grow, those first that would lower the loss most."""
    size = 0
    for i in range(len(slack)):
        excess = slack[i] - l1
        if state[i] == 0 and i != own and excess > 0.0:
            size = _offer(values[:room], indices[:room], size, excess * excess / gram[i, i], i)
    return size


@kernel
def slim_columns(
    first: int,
    step: int,
    gram: F32,
    l1: np.float32,
    l2: np.float32,
    tolerance: np.float32,
    best_values: F32,
    best_indices: I32,
    sizes: I64,
) -> None:
    """Regress each item on all others with weights that are not negative, and keep the largest weights.

    Column j minimises ``1/2 |x_j - X w|^2 + l1 |w|_1 + l2/2 |w|^2``. Few weights are active at a time; their part of
    the Gram matrix is copied together, so that a sweep stays in cache, and the rest is looked at between.
    """
    n = len(gram)
    state = np.zeros(n, dtype=np.int32)
    slack = np.empty(n, dtype=np.float32)
    active = np.empty(n, dtype=np.int32)
    weight = np.empty(n, dtype=np.float32)
    sub_slack = np.empty(n, dtype=np.float32)
    new_values = np.empty(n, dtype=np.float32)
    new_indices = np.empty(n, dtype=np.int32)
    for j in range(first, len(sizes), step):
        slack[:] = gram[j]
        size = 0
        enough = tolerance * gram[j, j]
        for _ in range(100):
            room = min(n - size, max(64, size))
            added = _choose(slack, gram, state, j, room, l1, new_values, new_indices)
            gain = np.float32(0.0)
            for a in range(added):
                active[size] = new_indices[a]
                weight[size] = 0.0
                state[new_indices[a]] = 1
                size += 1
                gain = max(gain, new_values[a])
            if gain <= enough:
                break
            sub = np.empty((size, size), dtype=np.float32)
            for a in range(size):
                sub_slack[a] = slack[active[a]]
                for b in range(size):
                    sub[a, b] = gram[active[a], active[b]]
            _descend(sub, sub_slack, weight, size, l1, l2, enough)
            slack[:] = gram[j]
            kept = 0
            for a in range(size):
                i = active[a]
                if weight[a] > 0.0:
                    row = gram[i]
                    for b in range(n):
                        slack[b] -= weight[a] * row[b]
                    active[kept] = i
                    weight[kept] = weight[a]
                    kept += 1
                else:
                    state[i] = 0
            size = kept
        count = 0
        for a in range(size):
            state[active[a]] = 0
            if weight[a] > 0.0:
                count = _offer(best_values[j], best_indices[j], count, weight[a], active[a])
        sizes[j] = count
