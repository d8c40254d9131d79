"""Rating-matrix generative model: one mixture of rating patterns for all domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods.codebooks import rescale
from tlbench.methods.mixtures import MixtureScorer, fit_mixture, mixture_scorer, rating_levels
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, method

if TYPE_CHECKING:
    from tlbench.split.training import Domain, Training


@method(
    "rmgm",
    family="knowledge",
    needs=("target-ratings", "source-ratings"),
    counterpart="flexible-mixture",
    placebo="permuted-ratings",
    deterministic=False,
    reference='Li, Yang and Xue 2009, "Transfer learning for collaborative filtering via a rating-matrix generative '
    'model", ICML, doi:10.1145/1553374.1553454',
    space={"user_clusters": IntRange(5, 50, log=True), "item_clusters": IntRange(5, 50, log=True)},
)
@dataclass(frozen=True)
class Rmgm:
    """Soft clusters whose rating distributions are learned on the ratings of all domains together.

    Users and items of the domains need not be the same; a user known in several domains has one membership, so users
    without target history are scored as well. The score is the predicted rating.
    """

    user_clusters: int = 20
    item_clusters: int = 20
    rounds: int = 50

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> MixtureScorer:
        """Fit the mixture to target and sources side by side, source ratings mapped to the target's levels."""
        values = np.unique(data.target.matrix.data).astype(np.float64)
        matrices = [data.target.matrix, *(_on_scale(source, data.target) for source in data.sources)]
        parts = [rating_levels(matrix, values) for matrix in matrices]
        levels = tuple(sparse.csr_matrix(sparse.hstack(level)) for level in zip(*parts, strict=True))
        size = (self.user_clusters, self.item_clusters)
        return mixture_scorer(
            fit_mixture(levels, size, rounds=self.rounds, rng=rng, progress=progress), values, data.n_items
        )


def _on_scale(source: Domain, target: Domain) -> sparse.csr_matrix:
    """Return the source's ratings on the target's scale."""
    if source.rating_scale is None or target.rating_scale is None or source.rating_scale == target.rating_scale:
        return source.matrix

    ratings = rescale(source.matrix.data.astype(np.float64), source.rating_scale, target.rating_scale)
    return sparse.csr_matrix((ratings, source.matrix.indices, source.matrix.indptr), shape=source.matrix.shape)
