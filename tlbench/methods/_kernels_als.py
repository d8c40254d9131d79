"""Kernels for alternating least squares by conjugate gradients.

Sums over rows take four rows at a time: the vector that is added to is then loaded and stored a quarter as often.
"""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel


@kernel
def dot(left: F32, right: F32) -> np.float32:
    """Sum the products of two vectors."""
    total = np.float32(0.0)
    for a in range(len(left)):
        total += left[a] * right[a]
    return total


@kernel
def _add_entries(
    out: F32, vector: F32, fixed: F32, indices: I32, weight: F32, target: F32, begin: int, end: int, errors: bool
) -> None:
    """Add ``sum_p weight[p] * (y_p . vector) * y_p``; with `errors` it is ``target[p] - y_p . vector`` instead."""
    n = len(vector)
    w = 1 if len(weight) > 1 else 0
    t = 1 if len(target) > 1 else 0
    whole = end - (end - begin) % 4
    for p in range(begin, whole, 4):
        y0, y1, y2, y3 = fixed[indices[p]], fixed[indices[p + 1]], fixed[indices[p + 2]], fixed[indices[p + 3]]
        d0, d1, d2, d3 = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for a in range(n):
            d0 += vector[a] * y0[a]
            d1 += vector[a] * y1[a]
            d2 += vector[a] * y2[a]
            d3 += vector[a] * y3[a]
        if errors:
            d0, d1 = target[p * t] - d0, target[(p + 1) * t] - d1
            d2, d3 = target[(p + 2) * t] - d2, target[(p + 3) * t] - d3
        d0, d1, d2, d3 = (
            weight[p * w] * d0,
            weight[(p + 1) * w] * d1,
            weight[(p + 2) * w] * d2,
            weight[(p + 3) * w] * d3,
        )
        for a in range(n):
            out[a] += d0 * y0[a] + d1 * y1[a] + d2 * y2[a] + d3 * y3[a]
    for p in range(whole, end):
        y0 = fixed[indices[p]]
        d0 = dot(vector, y0)
        if errors:
            d0 = target[p * t] - d0
        d0 *= weight[p * w]
        for a in range(n):
            out[a] += d0 * y0[a]


@kernel
def als_rows(
    first: int,
    step: int,
    indptr: I64,
    indices: I32,
    weight: F32,
    target: F32,
    fixed: F32,
    spectrum: F32,
    ridge: F32,
    prior: F32,
    iterations: int,
    preconditioned: bool,
    solved: F32,
) -> None:
    """Improve rows of `solved` by conjugate gradients on their normal equations.

    Row u minimises, over its entries i, ``sum_i weight[u, i] (target[u, i] - x.y_i)^2 + sum_a spectrum[a] x_a^2
    + ridge[u] |x - prior[u]|^2``; the diagonal ``spectrum + ridge[u]`` is the preconditioner, if any. `weight` and
    `target` have one value for each entry or one for all; `prior` has no rows for zero.
    """
    n = fixed.shape[1]
    diagonal = np.empty(n, dtype=np.float32)
    scale = np.ones(n, dtype=np.float32)
    residual = np.empty(n, dtype=np.float32)
    scaled = np.empty(n, dtype=np.float32)
    direction = np.empty(n, dtype=np.float32)
    image = np.empty(n, dtype=np.float32)
    for u in range(first, len(indptr) - 1, step):
        x = solved[u]
        begin, end = indptr[u], indptr[u + 1]
        if begin == end and len(prior) == 0:
            x[:] = 0.0
            continue
        penalty = ridge[u]
        for a in range(n):
            diagonal[a] = spectrum[a] + penalty
            residual[a] = -diagonal[a] * x[a]
            if preconditioned:
                scale[a] = np.float32(1.0) / diagonal[a]
        if len(prior) > 0:
            for a in range(n):
                residual[a] += penalty * prior[u, a]
        _add_entries(residual, x, fixed, indices, weight, target, begin, end, True)
        for a in range(n):
            direction[a] = residual[a] * scale[a]
        size = dot(residual, direction)
        for _ in range(iterations):
            if size < 1e-20:
                break
            for a in range(n):
                image[a] = diagonal[a] * direction[a]
            _add_entries(image, direction, fixed, indices, weight, target, begin, end, False)
            curvature = dot(direction, image)
            if curvature <= 0.0:
                break
            length = size / curvature
            for a in range(n):
                x[a] += length * direction[a]
                residual[a] -= length * image[a]
                scaled[a] = residual[a] * scale[a]
            new_size = dot(residual, scaled)
            turn = new_size / size
            for a in range(n):
                direction[a] = scaled[a] + turn * direction[a]
            size = new_size
