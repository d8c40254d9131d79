"""Item neighbours among the items of all domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods import csr
from tlbench.methods.neighbours import Similarity, nearest
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.pooling import Weight, pooled, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "pooled-item-knn",
    family="data",
    needs="user-overlap",
    counterpart="item-knn",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Sarwar et al. 2001, doi:10.1145/371920.372071, over the columns of all domains; "
    "Cremonesi, Tripodi and Turrin 2011, doi:10.1109/ICDMW.2011.57",
    space={
        "k": IntRange(5, 1000, log=True),
        "shrink": Range(0, 1000),
        "similarity": Choice(("cosine", "jaccard")),
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class PooledItemKnn:
    """Sum of the similarities between an item and the user's items, over the item's k nearest in each domain.

    Similarities are counted over the users that domains share; those to source items are multiplied by `weight`. Each
    domain has a list of its own, because in one list for all the more similar target items crowd the source out. With
    weight 0 the method is `item-knn`.

    Parameters
    ----------
    k, shrink, similarity
        As in `item-knn`, in each domain.
    weight
        Factor on similarities to source items; one number, or one for each source.
    """

    k: int = 100
    shrink: float = 10.0
    similarity: Similarity = "cosine"
    weight: Weight = 0.25

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Find the neighbours; see `tlbench.methods.base.Recommender`."""
        weights = source_weights(self.weight, len(data.sources))
        items = csr.transpose(data.target.binary)
        lists = [nearest(items, items, k=self.k, similarity=self.similarity, shrink=self.shrink)]
        for source, weight in zip(data.sources, weights, strict=True):
            if weight > 0:
                others = csr.transpose(source.binary)
                near = nearest(items, others, k=self.k, similarity=self.similarity, shrink=self.shrink, own=None)
                lists.append(near * weight)
        rows = pooled(data, tuple(float(weight > 0) for weight in weights))
        return ItemItemScorer(rows, csr.transpose(csr.side_by_side(*lists)))
