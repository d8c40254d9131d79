"""Vectors of shared users, or of linked items, in the sources and in the target -> a map from the one to the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from tlbench.methods.products import matmul
from tlbench.methods.transfer.mlp import learn_perceptron
from tlbench.rng import branch

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64, Bool
    from tlbench.split.training import Domain, Training

MapKind = Literal["linear", "mlp"]
EPOCHS = 100
TINY = 1e-12
PENALTIES = tuple(float(f"1e{power}") for power in range(-2, 7))


@dataclass(frozen=True)
class MapOptions:
    """Which map, and its ridge penalty; None lets the linear map choose it by leave-one-out.

    The perceptron's hidden layer is twice as wide as a vector (Man et al.); without a penalty it takes 1.
    """

    kind: MapKind
    l2: float | None


@dataclass(frozen=True, eq=False)
class Mapped:
    """What the sources say of the target vectors of users (or items; the paper maps whichever are shared).

    Attributes
    ----------
    mean
        float32, shape (g,): mean target vector of the users on whom the map was learned.
    deviation
        float32, shape (n, g): how far each user is expected from that mean; zero for users without source history.
    in_source
        bool, shape (n,): who has source history (nobody where the map could not be learned).
    """

    mean: F32
    deviation: F32
    in_source: Bool


def alone(data: Training, domain: Domain) -> Training:
    """Return a training that has one domain only, as the target, so that a baseline can be fitted to it."""
    nobody = np.empty(0, dtype=np.int64)
    return replace(data, target=domain, sources=(), overlap=nobody, item_alignments=())


def history(domain: Domain) -> I64:
    """Number of interactions of each user, int64, shape (n_users,)."""
    return np.diff(domain.matrix.indptr).astype(np.int64)


def map_vectors(source: F32, target: F32, known: I64, options: MapOptions, rng: np.random.Generator) -> Mapped:
    """Learn a map on users (or items) with vectors in both spaces and apply it to all that have a source vector.

    Parameters
    ----------
    source, target
        float32, shapes (n, f) and (n, g); a row without history is zero.
    known
        int64, number of target interactions of each row, shape (n,).
    options
        The map.
    rng
        Drawn from by the perceptron only.
    """
    in_source: Bool = np.asarray(source.any(axis=1))
    both = np.flatnonzero(in_source & (known > 0))
    deviation = np.zeros_like(target)
    if len(both) < 2:
        return Mapped(np.zeros(target.shape[1], dtype=np.float32), deviation, np.zeros(len(target), dtype=np.bool_))
    middle, mean = source[both].mean(axis=0), target[both].mean(axis=0)
    left, right = source[both] - middle, target[both] - mean
    if options.kind == "linear":
        penalty = best_penalty(left, right) if options.l2 is None else options.l2
        deviation[in_source] = matmul(source[in_source] - middle, linear_map(left, right, l2=penalty))
    else:
        penalty = 1.0 if options.l2 is None else options.l2
        learned = learn_perceptron(
            left, right, l2=penalty, hidden=2 * target.shape[1], epochs=EPOCHS, rng=branch(rng, "map")
        )
        deviation[in_source] = learned(source[in_source] - middle)
    return Mapped(mean, deviation, in_source)


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


def best_penalty(source: F32, target: F32) -> float:
    """Choose the penalty of `PENALTIES` with the least squared error when each user is left out in turn.

    The error of user u is ``|t_u - s_u M| / (1 - h_u)`` with h_u the diagonal of the hat matrix (Golub, Heath and Wahba
    1979, doi:10.1080/00401706.1979.10489751). Where the source tells nothing the largest penalty wins and the map is
    all but zero.
    """
    left, values, _ = np.linalg.svd(source.astype(np.float64), full_matrices=False)
    projected = left.T @ target.astype(np.float64)
    errors = []
    for penalty in PENALTIES:
        shrink = values**2 / (values**2 + penalty)
        residual = target - left @ (shrink[:, None] * projected)
        leverage = (left**2) @ shrink
        errors.append(float(((residual / np.maximum(1.0 - leverage, TINY)[:, None]) ** 2).sum()))
    return PENALTIES[int(np.argmin(errors))]


def blend(own: F32, mapped: Mapped, counts: I64, strength: float) -> F32:
    """Add what the sources say to users' own vectors.

    A user with n target interactions gets ``(n own + strength deviation) / (n + strength)``: the mean user is left out,
    because it is knowledge of the target that the counterpart could use as well. A user without target interactions
    gets ``mean + deviation``, one without source history keeps its own vector.
    """
    cold = mapped.in_source & (counts == 0)
    warm = mapped.in_source & (counts > 0)
    out = own.copy()
    share = (strength / (counts[warm] + strength)).astype(np.float32)[:, None]
    out[warm] = (1 - share) * own[warm] + share * mapped.deviation[warm]
    out[cold] = mapped.mean + mapped.deviation[cold]
    return out
