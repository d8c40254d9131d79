"""Each item regressed on a few others, with weights that are not negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.gram import gram, require_room
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.slim import slim_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, LogRange, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "slim",
    family="baseline",
    deterministic=True,
    reference="Ning, Karypis 2011, doi:10.1109/ICDM.2011.134; space: Ferrari Dacrema et al. 2021, doi:10.1145/3434185",
    space={"k": IntRange(5, 1000, log=True), "alpha": LogRange(1e-3, 1.0), "l1_ratio": LogRange(1e-5, 1.0)},
)
@dataclass(frozen=True)
class Slim:
    """Linear item-item model with few weights, none negative, by an elastic net.

    The penalties are those of scikit-learn's ``ElasticNet(alpha, l1_ratio, positive=True)``, which counts the squared
    error as a mean over users: ``l1 = n * alpha * l1_ratio`` and ``l2 = n * alpha * (1 - l1_ratio)``, where n is the
    number of users with an interaction in the target.

    Parameters
    ----------
    k
        Weights kept for each item that is recommended.
    alpha
        Strength of both penalties together.
    l1_ratio
        Share of the penalty that makes weights zero.
    """

    k: int = 500
    alpha: float = 0.05
    l1_ratio: float = 0.01

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Descend; see `tlbench.methods.base.Recommender`."""
        rows = data.target.binary
        require_room(data.n_items, method="slim", instead="item-knn")
        strength = self.alpha * data.target.n_active_users
        weights = slim_weights(gram(rows), l1=strength * self.l1_ratio, l2=strength * (1 - self.l1_ratio), k=self.k)
        return ItemItemScorer(rows, weights)
