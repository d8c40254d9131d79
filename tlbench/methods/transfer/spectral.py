"""Singular vectors of the sources, and the directions in which two sets of vectors correlate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.products import one_blas_thread
from tlbench.methods.svd import truncated_svd
from tlbench.methods.transfer.mapping import history
from tlbench.rng import stream

if TYPE_CHECKING:
    from tlbench.arrays import F32, F64
    from tlbench.split.training import Training

TINY = 1e-12


def source_vectors(data: Training, factors: int) -> F32:
    """Singular vectors of the users of each source, scaled by the singular values, side by side.

    float32, shape (n_users, sum of factors); the start of the decomposition is always the same.
    """
    parts = []
    for source in data.sources:
        svd = truncated_svd(source.binary, factors, rng=stream(0, "pure-svd", "start"))
        users = svd.left * svd.values
        users[history(source) == 0] = 0.0
        parts.append(users)
    return np.concatenate(parts, axis=1)


@dataclass(frozen=True, eq=False)
class Canonical:
    """Pairs of directions with the highest correlation.

    Attributes
    ----------
    left, right
        float64, shapes (f, k) and (g, k): weights, so that ``X left`` and ``Y right`` have unit variance and pairwise
        correlations `correlation`, highest first.
    correlation
        float64, shape (k,).
    left_mean, right_mean
        float64, shapes (f,) and (g,): what is subtracted first.
    """

    left: F64
    right: F64
    correlation: F64
    left_mean: F64
    right_mean: F64


def canonical_correlation(left: F32, right: F32, *, ridge: float) -> Canonical:
    """Find the directions in which rows of two matrices correlate most (Hotelling 1936, doi:10.1093/biomet/28.3-4.321).

    Parameters
    ----------
    left, right
        float32, shapes (n, f) and (n, g): rows of the same users.
    ridge
        Added to every variance, as a share of the mean variance, so that few users cannot make correlations of 1
        (Vinod 1976, doi:10.1016/0304-4076(76)90010-5).
    """
    x, y = left.astype(np.float64), right.astype(np.float64)
    left_mean, right_mean = x.mean(axis=0), y.mean(axis=0)
    x, y = x - left_mean, y - right_mean
    with one_blas_thread():
        to_left, to_right = _whitener(x.T @ x / len(x), ridge), _whitener(y.T @ y / len(y), ridge)
        a, correlation, b = np.linalg.svd(to_left @ (x.T @ y / len(x)) @ to_right, full_matrices=False)
        return Canonical(to_left @ a, to_right @ b.T, correlation, left_mean, right_mean)


def honest_correlation(correlation: F64, n: int, f: int, g: int) -> F64:
    """Shrink canonical correlations by the largest that n independent pairs of vectors show.

    For f and g variables in n rows the squared sample correlations of independent vectors reach up to
    ``edge = a + b - 2ab + 2 sqrt(ab(1 - a)(1 - b))``, a = f/n, b = g/n (Wachter 1980, doi:10.1214/aos/1176345134;
    Bouchaud et al. 2007, doi:10.1140/epjb/e2006-00204-4). What exceeds it is kept: ``(rho^2 - edge) / (1 - edge)``.
    """
    a, b = f / n, g / n
    if a + b >= 1:
        return np.zeros_like(correlation)
    edge = a + b - 2 * a * b + 2 * np.sqrt(a * b * (1 - a) * (1 - b))
    excess = np.maximum(correlation**2 - edge, 0.0) / max(1.0 - edge, TINY)
    return np.asarray(np.sqrt(excess))


def _whitener(covariance: F64, ridge: float) -> F64:
    """Inverse square root of a covariance with a ridge."""
    size = max(float(np.trace(covariance)) / len(covariance), TINY)
    values, vectors = np.linalg.eigh(covariance + ridge * size * np.eye(len(covariance)))
    whitener: F64 = (vectors / np.sqrt(values)) @ vectors.T
    return whitener
