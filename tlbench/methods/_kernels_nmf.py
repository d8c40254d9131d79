"""Kernels for non-negative matrix factorisation."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32
from tlbench.methods._jit import kernel


@kernel
def nmf_rows(first: int, step: int, product: F32, gram: F32, l1: np.float32, l2: np.float32, solved: F32) -> None:
    """Move each coordinate of each row to its best value above zero, once, the others standing still."""
    n = len(gram)
    for u in range(first, len(solved), step):
        x = solved[u]
        for a in range(n):
            row = gram[a]
            slope = product[u, a] - l1
            for b in range(n):
                slope -= row[b] * x[b]
            curvature = row[a] + l2
            if curvature > 0.0:
                x[a] = max(np.float32(0.0), (slope + row[a] * x[a]) / curvature)
