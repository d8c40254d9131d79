"""SLIM over the columns of all domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.gram import gram, require_room
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.slim import slim_weights
from tlbench.methods.transfer.pooling import Weight, pooled, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, LogRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "pooled-slim",
    family="data",
    needs="user-overlap",
    counterpart="slim",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Ning and Karypis 2011, doi:10.1109/ICDM.2011.134, over the columns of all domains",
    space={
        "k": IntRange(5, 1000, log=True),
        "alpha": LogRange(1e-3, 1.0),
        "l1_ratio": LogRange(1e-5, 1.0),
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class PooledSlim:
    """Each target item regressed on a few items of all domains, with weights that are not negative.

    With weight 0 the method is `slim`.

    Parameters
    ----------
    k, alpha, l1_ratio
        As in `slim`.
    weight
        Value of a source interaction where one of the target counts 1; one number, or one for each source.
    """

    k: int = 500
    alpha: float = 0.05
    l1_ratio: float = 0.01
    weight: Weight = 0.25

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Descend; see `tlbench.methods.base.Recommender`."""
        rows = pooled(data, source_weights(self.weight, len(data.sources)))
        require_room(rows.shape[1], method="pooled-slim", instead="pooled-item-knn")
        strength = self.alpha * data.target.n_active_users
        weights = slim_weights(
            gram(rows),
            l1=strength * self.l1_ratio,
            l2=strength * (1 - self.l1_ratio),
            k=self.k,
            columns=data.n_items,
        )
        return ItemItemScorer(rows, weights)
