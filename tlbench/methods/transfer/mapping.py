"""Vectors of overlap users in the sources and in the target -> a map from the one to the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.split.training import Domain, Training


def alone(data: Training, domain: Domain) -> Training:
    """Return a training that has one domain only, as the target, so that a baseline can be fitted to it."""
    nobody = np.empty(0, dtype=np.int64)
    nothing = csr.empty(domain.matrix.shape)
    return replace(data, target=domain, sources=(), overlap=nobody, item_links=(), validation=nothing)


def history(domain: Domain) -> I64:
    """Number of interactions of each user, int64, shape (n_users,)."""
    return np.diff(domain.matrix.indptr).astype(np.int64)


def linear_map(source: F32, target: F32, *, l2: float) -> F32:
    """Solve ``min_M sum_u |t_u - s_u M|^2 + l2 |M|^2``.

    Parameters
    ----------
    source, target
        float32, shapes (n, f) and (n, g): rows of the same users.
    l2
        Ridge penalty, positive.

    Returns
    -------
    numpy.ndarray
        float32, shape (f, g).
    """
    left = source.astype(np.float64)
    gram = left.T @ left + l2 * np.eye(left.shape[1])
    return np.linalg.solve(gram, left.T @ target).astype(np.float32)


def blend(own: F32, mapped: F32, counts: I64, strength: float) -> F32:
    """Average own and mapped vectors as if the map were `strength` further interactions.

    ``(n own + strength mapped) / (n + strength)`` with n the user's target interactions; a user whose mapped vector is
    zero (no source history) keeps its own.
    """
    weight = np.where(mapped.any(axis=1), strength, 0.0) / np.maximum(counts + strength, np.finfo(np.float64).tiny)
    share = np.where(counts == 0, 1.0, weight)[:, None].astype(np.float32)
    return (1 - share) * own + share * mapped
