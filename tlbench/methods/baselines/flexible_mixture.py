"""The flexible mixture model on the target's ratings: RMGM without the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.mixtures import MixtureScorer, fit_mixture, mixture_scorer, rating_levels
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, method

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "flexible-mixture",
    family="baseline",
    needs="target-ratings",
    deterministic=False,
    reference='Si and Jin 2003, "Flexible mixture model for collaborative filtering", ICML',
    space={"user_clusters": IntRange(5, 50, log=True), "item_clusters": IntRange(5, 50, log=True)},
)
@dataclass(frozen=True)
class FlexibleMixture:
    """Soft clusters of users and items with a rating distribution a pair; the score is the predicted rating."""

    user_clusters: int = 20
    item_clusters: int = 20
    rounds: int = 50

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> MixtureScorer:
        """Fit the mixture to the target's ratings."""
        values = np.unique(data.target.matrix.data).astype(np.float64)
        levels = rating_levels(data.target.matrix, values)
        size = (self.user_clusters, self.item_clusters)
        return mixture_scorer(
            fit_mixture(levels, size, rounds=self.rounds, rng=rng, progress=progress), values, data.n_items
        )
