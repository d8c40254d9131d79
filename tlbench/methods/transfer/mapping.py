"""Vectors of overlap users in the sources and in the target -> a map from the one to the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from tlbench.methods import csr
from tlbench.methods.threads import matmul
from tlbench.methods.transfer.mlp import learn_perceptron

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.split.training import Domain, Training

MapKind = Literal["linear", "mlp"]
EPOCHS = 100


@dataclass(frozen=True)
class MapOptions:
    """Which map, and its ridge penalty; the perceptron's hidden layer is twice as wide as a vector (Man et al.)."""

    kind: MapKind
    l2: float


def alone(data: Training, domain: Domain) -> Training:
    """Return a training that has one domain only, as the target, so that a baseline can be fitted to it."""
    nobody = np.empty(0, dtype=np.int64)
    nothing = csr.empty(domain.matrix.shape)
    return replace(data, target=domain, sources=(), overlap=nobody, item_links=(), validation=nothing)


def history(domain: Domain) -> I64:
    """Number of interactions of each user, int64, shape (n_users,)."""
    return np.diff(domain.matrix.indptr).astype(np.int64)


def map_users(source: F32, target: F32, known: I64, options: MapOptions, rng: np.random.Generator) -> F32:
    """Learn a map on users with vectors in both spaces and apply it to all who have a source vector.

    Parameters
    ----------
    source, target
        float32, shapes (n_users, f) and (n_users, g); a user without history has a zero vector.
    known
        int64, number of target interactions of each user, shape (n_users,).
    options
        The map.
    rng
        Drawn from by the perceptron only.

    Returns
    -------
    numpy.ndarray
        float32, shape (n_users, g); zero for users without source history.
    """
    bridged = source.any(axis=1)
    both = np.flatnonzero(bridged & (known > 0))
    out = np.zeros_like(target)
    if len(both) == 0:
        return out
    if options.kind == "linear":
        out[bridged] = matmul(source[bridged], linear_map(source[both], target[both], l2=options.l2))
        return out
    width = 2 * target.shape[1]
    learned = learn_perceptron(source[both], target[both], l2=options.l2, hidden=width, epochs=EPOCHS, rng=rng)
    out[bridged] = learned(source[bridged])
    return out


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
