"""User neighbours in the histories of all domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.neighbours import Similarity, nearest
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.mapping import history
from tlbench.methods.transfer.pooling import Weight, only, pooled, source_weights
from tlbench.methods.weighting import Weighting, weigh
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "pooled-user-knn",
    family="data",
    needs="user-overlap",
    counterpart="user-knn",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Resnick et al. 1994, doi:10.1145/192844.192905, over the columns of all domains; "
    "Berkovsky, Kuflik and Ricci 2007, doi:10.1007/978-3-540-73078-1_44 (centralised prediction)",
    space={
        "k": IntRange(5, 1000, log=True),
        "shrink": Range(0, 1000),
        "similarity": Choice(("cosine", "jaccard")),
        "weighting": Choice(("none", "tf-idf", "bm25")),
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class PooledUserKnn:
    """Sum of the similarities to the k users most alike in all domains, over those who touched a target item.

    Only users with target history can be neighbours. With weight 0 the method is `user-knn`.

    Parameters
    ----------
    k, shrink, similarity, weighting
        As in `user-knn`.
    weight
        Value of a source interaction where one of the target counts 1; one number, or one for each source.
    """

    k: int = 100
    shrink: float = 10.0
    similarity: Similarity = "cosine"
    weighting: Weighting = "none"
    weight: Weight = 0.25

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Find the neighbours; see `tlbench.methods.base.Recommender`."""
        weights = source_weights(self.weight, len(data.sources))
        rows = pooled(data, weights, lambda matrix: weigh(matrix, self.weighting))
        candidates = only(rows, history(data.target) > 0)
        kept = nearest(rows, candidates, k=self.k, similarity=self.similarity, shrink=self.shrink)
        return ItemItemScorer(kept, data.target.binary)
