"""Neighbours of the items that a user touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods import csr
from tlbench.methods.neighbours import Similarity, nearest
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.weighting import Weighting, weigh
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "item-knn",
    family="baseline",
    deterministic=True,
    reference="Sarwar et al. 2001, doi:10.1145/371920.372071; space: Ferrari Dacrema et al. 2021, doi:10.1145/3434185",
    space={
        "k": IntRange(5, 1000, log=True),
        "shrink": Range(0, 1000),
        "similarity": Choice(("cosine", "jaccard")),
        "weighting": Choice(("none", "tf-idf", "bm25")),
    },
)
@dataclass(frozen=True)
class ItemKnn:
    """Sum of the similarities between an item and the user's items, over the item's k nearest.

    Parameters
    ----------
    k
        Neighbours kept for each item that is recommended.
    shrink
        Added to the similarity's denominator, in units of common users.
    similarity
        ``cosine`` or ``jaccard``, see `tlbench.methods.neighbours.nearest`.
    weighting
        Weights of the interactions in the similarity; items are the documents, users the terms.
    """

    k: int = 100
    shrink: float = 10.0
    similarity: Similarity = "cosine"
    weighting: Weighting = "none"

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Find the neighbours; see `tlbench.methods.base.Recommender`."""
        rows = data.target.binary
        items = weigh(csr.transpose(rows), self.weighting)
        kept = nearest(items, items, k=self.k, similarity=self.similarity, shrink=self.shrink)
        return ItemItemScorer(rows, csr.transpose(kept))
