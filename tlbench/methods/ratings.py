"""Factorisation of ratings: a mean, biases of users and items, and vectors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.als import BothSides, Observed, solve_rows
from tlbench.progress import SILENT, Progress
from tlbench.rng import branch

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32


@dataclass(frozen=True, eq=False)
class RatingModel:
    """A rating is ``mean + user_bias + item_bias + users . items``.

    float32, shapes (n_users, f), (n_items, f), (n_users,), (n_items,).
    """

    mean: float
    users: F32
    items: F32
    user_bias: F32
    item_bias: F32


def factorise_ratings(
    matrix: sparse.csr_matrix,
    *,
    factors: int,
    iterations: int,
    l2: float,
    rng: np.random.Generator,
    steps: int = 5,
    progress: Progress = SILENT,
) -> RatingModel:
    """Fit ratings by alternating least squares over the known ones alone.

    Minimises ``sum (r - mean - b_u - b_i - x_u.y_i)^2 + l2 (sum_u n_u (|x_u|^2 + b_u^2) + sum_i n_i (|y_i|^2 +
    b_i^2))``: the biased model of Koren, Bell, Volinsky 2009, doi:10.1109/MC.2009.263, with the penalty of Zhou et al.
    2008, doi:10.1007/978-3-540-68880-8_32.

    Parameters
    ----------
    matrix
        csr float32, shape (n_users, n_items), sorted indices: ratings.
    factors, iterations, steps
        Length of the vectors, epochs, conjugate-gradient steps a half-epoch.
    l2
        Ridge penalty for each rating of a row.
    rng
        Draws the start.
    progress
        Told of every epoch.
    """
    mean = np.float32(matrix.data.mean(dtype=np.float64)) if matrix.nnz else np.float32(0.0)
    entries = BothSides.of(matrix, target=matrix.data - mean)
    users, items = (
        np.concatenate(
            [
                branch(rng, side).standard_normal((n, factors), dtype=np.float32) * np.float32(0.1),
                np.zeros((n, 1), np.float32),
            ],
            axis=1,
        )
        for side, n in zip(("users", "items"), matrix.shape, strict=True)
    )
    for _ in progress.track(range(iterations), "factorise ratings", total=iterations):
        users = _half(entries.by_user, users, items, l2, steps)
        items = _half(entries.by_item, items, users, l2, steps)
    return RatingModel(float(mean), users[:, :-1], items[:, :-1], users[:, -1], items[:, -1])


def _half(observed: Observed, solved: F32, fixed: F32, l2: float, steps: int) -> F32:
    """Solve one side's vectors and biases; the last column of both arrays is the bias."""
    with_one = fixed.copy()
    with_one[:, -1] = 1.0
    return solve_rows(
        replace(observed, target=observed.target - fixed[observed.indices, -1]),
        with_one,
        ridge=(l2 * np.maximum(observed.counts, 1)).astype(np.float32),
        unobserved=0.0,
        start=solved,
        steps=steps,
    )
