"""Popularity in all domains, carried over by item links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.scorers import SameScorer
from tlbench.methods.transfer.aligned import linked_popularity
from tlbench.methods.transfer.pooling import Weight, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Range, method

if TYPE_CHECKING:
    from tlbench.arrays import F32, F64
    from tlbench.split.training import Training


@method(
    "pooled-popularity",
    family="data",
    needs="item-links",
    counterpart="popularity",
    placebo="shuffled-links",
    deterministic=True,
    reference="Cremonesi, Koren and Turrin 2010, doi:10.1145/1864708.1864721 (TopPop), over linked items of all "
    "domains",
    space={"weight": Range(0, 1)},
)
@dataclass(frozen=True)
class PooledPopularity:
    """Interactions of an item in the target, and of the items linked to it in the sources.

    A source can only move popularity among its linked items: their source counts are scaled to the interactions that
    the same items have in the target, so that having a link is no advantage. With weight 0 the method is `popularity`.

    Parameters
    ----------
    weight
        Share of a linked item's score that comes from the source (all sources alike where there are several, or one
        weight for each); 1 trusts the source alone.
    """

    weight: Weight = 0.5

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> SameScorer:  # noqa: ARG002
        """Count; see `tlbench.methods.base.Recommender`."""
        own = np.bincount(data.target.matrix.indices, minlength=data.n_items).astype(np.float64)
        score = own
        for source, weight in enumerate(source_weights(self.weight, len(data.sources))):
            score = score + _moved(own, *linked_popularity(data, source)) * weight / len(data.sources)
        return SameScorer(score.astype(np.float32))


def _moved(own: F64, counts: F32, linked: F32) -> F64:
    """Difference between the source's distribution over linked items, at the target's total, and the target's own."""
    total = counts.sum(dtype=np.float64)
    if total == 0:
        return np.zeros_like(own)
    scaled: F64 = linked * (counts * (own @ linked / total) - own)
    return scaled
