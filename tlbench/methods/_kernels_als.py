"""Kernels for alternating least squares by conjugate gradients."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F32, I32, I64
from tlbench.methods._jit import kernel


@kernel
def _add_product(out: F32, gram: F32, vector: F32, sign: np.float32) -> None:
    """Add ``sign * gram @ vector`` for a symmetric matrix, a row at a time, which needs no sums across a register."""
    n = len(vector)
    for b in range(n):
        factor = sign * vector[b]
        row = gram[b]
        for a in range(n):
            out[a] += factor * row[a]


@kernel
def _dot(left: F32, right: F32) -> np.float32:
    total = np.float32(0.0)
    for a in range(len(left)):
        total += left[a] * right[a]
    return total


@kernel
def als_rows(
    first: int,
    step: int,
    indptr: I64,
    indices: I32,
    weight: F32,
    target: F32,
    fixed: F32,
    gram: F32,
    ridge: F32,
    prior: F32,
    iterations: int,
    solved: F32,
) -> None:
    """Improve rows of `solved` by conjugate gradients on their normal equations.

    Row u minimises ``sum_i weight[u, i] (target[u, i] - x.y_i)^2 + x' gram x + ridge[u] |x - prior[u]|^2`` over its
    entries i. `weight` and `target` have one value for each entry or one for all; `prior` has no rows for zero.
    """
    n = fixed.shape[1]
    residual = np.empty(n, dtype=np.float32)
    direction = np.empty(n, dtype=np.float32)
    image = np.empty(n, dtype=np.float32)
    weights = 1 if len(weight) > 1 else 0
    targets = 1 if len(target) > 1 else 0
    for u in range(first, len(indptr) - 1, step):
        x = solved[u]
        begin, end = indptr[u], indptr[u + 1]
        if begin == end and len(prior) == 0:
            x[:] = 0.0
            continue
        penalty = ridge[u]
        for a in range(n):
            residual[a] = -penalty * x[a]
        if len(prior) > 0:
            for a in range(n):
                residual[a] += penalty * prior[u, a]
        _add_product(residual, gram, x, np.float32(-1.0))
        for p in range(begin, end):
            y = fixed[indices[p]]
            factor = weight[p * weights] * (target[p * targets] - _dot(x, y))
            for a in range(n):
                residual[a] += factor * y[a]
        direction[:] = residual
        size = _dot(residual, residual)
        for _ in range(iterations):
            if size < 1e-20:
                break
            for a in range(n):
                image[a] = penalty * direction[a]
            _add_product(image, gram, direction, np.float32(1.0))
            for p in range(begin, end):
                y = fixed[indices[p]]
                factor = weight[p * weights] * _dot(direction, y)
                for a in range(n):
                    image[a] += factor * y[a]
            curvature = _dot(direction, image)
            if curvature <= 0.0:
                break
            length = size / curvature
            for a in range(n):
                x[a] += length * direction[a]
                residual[a] -= length * image[a]
            new_size = _dot(residual, residual)
            turn = new_size / size
            for a in range(n):
                direction[a] = residual[a] + turn * direction[a]
            size = new_size


@kernel
def loss_rows(
    first: int, step: int, indptr: I64, indices: I32, weight: F32, target: F32, left: F32, right: F32, out: F32
) -> None:
    """Sum the weighted squared errors over each row's entries."""
    weights = 1 if len(weight) > 1 else 0
    targets = 1 if len(target) > 1 else 0
    for u in range(first, len(indptr) - 1, step):
        total = 0.0
        for p in range(indptr[u], indptr[u + 1]):
            error = target[p * targets] - _dot(left[u], right[indices[p]])
            total += weight[p * weights] * error * error
        out[u] = total
