"""Matrix factorisation of ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.ratings import RatingModel, factorise_ratings
from tlbench.methods.scorers import FactorScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, method

if TYPE_CHECKING:
    from tlbench.arrays import Bool
    from tlbench.split.training import Training


@method(
    "biased-mf",
    family="baseline",
    needs="target-ratings",
    deterministic=False,
    reference="Koren, Bell, Volinsky 2009, doi:10.1109/MC.2009.263",
    space={
        "factors": Choice((4, 8, 16, 32, 64)),
        "iterations": IntRange(5, 40),
        "l2": LogRange(1e-3, 1.0),
    },
)
@dataclass(frozen=True)
class BiasedMf:
    """Predicted rating: mean, biases of user and item, product of their vectors; learnt from known ratings alone.

    Parameters
    ----------
    factors, iterations
        Length of the vectors and number of epochs.
    l2
        Ridge penalty for each rating of a user or an item.
    """

    factors: int = 16
    iterations: int = 15
    l2: float = 0.05

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Alternate; see `tlbench.methods.base.Recommender`."""
        model = factorise_ratings(
            data.target.matrix,
            factors=self.factors,
            iterations=self.iterations,
            l2=self.l2,
            rng=rng,
            progress=progress,
        )
        return rating_scorer(model, np.diff(data.target.matrix.indptr) > 0)


def rating_scorer(model: RatingModel, known: Bool) -> FactorScorer:
    """Score by predicted ratings; users without ratings (`known` is False) get zeros, not the mean.

    Mean and biases become coordinates that meet a one on the other side.
    """
    ones = np.ones((len(model.users), 1), dtype=np.float32)
    users = np.concatenate([model.users, (model.user_bias + np.float32(model.mean))[:, None], ones], axis=1)
    items = np.concatenate(
        [model.items, np.ones((len(model.items), 1), dtype=np.float32), model.item_bias[:, None]], axis=1
    )
    return FactorScorer(users * known[:, None], items)
