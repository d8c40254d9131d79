"""What a user's nearest neighbours touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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
    "user-knn",
    family="baseline",
    deterministic=True,
    reference="Resnick et al. 1994, doi:10.1145/192844.192905; space: Ferrari Dacrema et al. 2021, doi:10.1145/3434185",
    space={
        "k": IntRange(5, 1000, log=True),
        "shrink": Range(0, 1000),
        "similarity": Choice(("cosine", "jaccard")),
        "weighting": Choice(("none", "tf-idf", "bm25")),
    },
)
@dataclass(frozen=True)
class UserKnn:
    """Sum of the similarities to the neighbours who touched an item.

    Parameters
    ----------
    k
        Neighbours kept.
    shrink
        Added to the similarity's denominator, in units of common items.
    similarity
        ``cosine`` or ``jaccard``, see `tlbench.methods.neighbours.nearest`.
    weighting
        Weights of the interactions in the similarity; users are the documents, items the terms.
    direction
        ``to-nearest``: the neighbours of a user are the k users nearest to them. ``from-nearest``: they are all those
        among whose k nearest the user is, as in the evaluation code of Ferrari Dacrema et al., which keeps the top k
        of each column.
    """

    k: int = 100
    shrink: float = 10.0
    similarity: Similarity = "cosine"
    weighting: Weighting = "none"
    direction: Literal["to-nearest", "from-nearest"] = "to-nearest"

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Find the neighbours; see `tlbench.methods.base.Recommender`."""
        touched = data.target.binary
        users = weigh(touched, self.weighting)
        kept = nearest(users, users, k=self.k, similarity=self.similarity, shrink=self.shrink)
        return ItemItemScorer(kept if self.direction == "to-nearest" else csr.transpose(kept), touched)
