"""Kernels that score a block of users from their rows and item x item weights."""

from __future__ import annotations

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel


@kernel
def sparse_scores(
    first: int,
    step: int,
    users: I64,
    indptr: I64,
    indices: I32,
    data: F32,
    w_indptr: I64,
    w_indices: I32,
    w_data: F32,
    out: F32,
) -> None:
    """Add the weight rows of each user's items, sparse weights."""
    for b in range(first, len(users), step):
        row = out[b]
        for p in range(indptr[users[b]], indptr[users[b] + 1]):
            item = indices[p]
            value = data[p]
            for q in range(w_indptr[item], w_indptr[item + 1]):
                row[w_indices[q]] += value * w_data[q]


@kernel
def dense_scores(
    first: int, step: int, users: I64, indptr: I64, indices: I32, data: F32, weights: F32, out: F32
) -> None:
    """Add the weight rows of each user's items, dense weights."""
    for b in range(first, len(users), step):
        row = out[b]
        for p in range(indptr[users[b]], indptr[users[b] + 1]):
            value = data[p]
            weight = weights[indices[p]]
            for j in range(len(row)):
                row[j] += value * weight[j]
