"""Similarities of linked source items, used for the target's items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods import csr
from tlbench.methods.neighbours import Similarity, nearest, strongest
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.aligned import translated
from tlbench.methods.transfer.pooling import Weight, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np
    from scipy import sparse

    from tlbench.split.training import Training


@method(
    "link-similarity",
    family="knowledge",
    needs="item-links",
    counterpart="item-knn",
    placebo="shuffled-links",
    deterministic=True,
    reference="Sarwar et al. 2001, doi:10.1145/371920.372071, with similarities of both domains; Fernandez-Tobias et "
    "al. 2012 survey links of this kind, doi:10.1007/978-1-4899-7637-6_27",
    space={
        "k": IntRange(5, 1000, log=True),
        "shrink": Range(0, 1000),
        "similarity": Choice(("cosine", "jaccard")),
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class LinkSimilarity:
    """Item neighbours by the mean of what the target's and the source's users say.

    The similarity of two target items is ``(1 - weight) * target + weight * source``, the latter that of the source
    items linked to them, and zero where one of them has no link. With weight 0 the method is `item-knn`.

    Parameters
    ----------
    k, shrink, similarity
        As in `item-knn`.
    weight
        Share of the source's similarities (all sources alike where there are several, or one weight for each).
    """

    k: int = 100
    shrink: float = 10.0
    similarity: Similarity = "cosine"
    weight: Weight = 0.5

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Find the neighbours; see `tlbench.methods.base.Recommender`."""
        weights = source_weights(self.weight, len(data.sources))
        mean = sum(weights) / len(weights)
        total = self._near(csr.transpose(data.target.binary)) * (1.0 - mean)
        for source, weight in enumerate(weights):
            total = total + self._near(csr.transpose(translated(data, source))) * (weight / len(weights))
        return ItemItemScorer(data.target.binary, csr.transpose(strongest(total, self.k)))

    def _near(self, items: sparse.csr_matrix) -> sparse.csr_matrix:
        return nearest(items, items, k=self.k, similarity=self.similarity, shrink=self.shrink)
