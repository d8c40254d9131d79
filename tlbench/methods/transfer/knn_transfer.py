"""Neighbours found in the source, recommendations from their target history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scipy import sparse

from tlbench.methods.neighbours import Similarity, nearest
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.dense_neighbours import nearest_vectors
from tlbench.methods.transfer.mapping import history
from tlbench.methods.transfer.pooling import only
from tlbench.methods.transfer.spectral import source_vectors
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.arrays import Bool
    from tlbench.split.training import Training


@method(
    "knn-transfer",
    family="knowledge",
    needs="user-overlap",
    counterpart="user-knn",
    placebo="shuffled-bridge",
    deterministic=True,
    reference='Berkovsky, Kuflik and Ricci 2007, "Cross-domain mediation in collaborative filtering", '
    "doi:10.1007/978-3-540-73078-1_44",
    space={
        "k": IntRange(5, 1000, log=True),
        "shrink": Range(0, 1000),
        "similarity": Choice(("cosine", "jaccard")),
        "features": Choice(("items", "factors")),
        "factors": IntRange(1, 350),
    },
)
@dataclass(frozen=True)
class KnnTransfer:
    """Sum of the similarities to the k users most alike in the sources, over those who touched a target item.

    Only users with target history can be neighbours. A user without source history gets its neighbours from the target,
    as the counterpart does.

    Parameters
    ----------
    k, shrink, similarity
        As in `user-knn`; the last two do not apply to factors, which take the cosine.
    features
        What users are compared by: ``items``, their source histories, or ``factors``, their singular vectors in each
        source side by side.
    factors
        Number of singular vectors of each source.
    """

    k: int = 100
    shrink: float = 10.0
    similarity: Similarity = "cosine"
    features: Literal["items", "factors"] = "items"
    factors: int = 50

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Find the neighbours; see `tlbench.methods.base.Recommender`."""
        known = history(data.target) > 0
        in_source = history(data.source) > 0
        near = self._in_sources(data, known)
        rest = only(data.target.binary, ~in_source)
        near = near + nearest(rest, data.target.binary, k=self.k, similarity=self.similarity, shrink=self.shrink, own=0)
        return ItemItemScorer(sparse.csr_matrix(near), data.target.binary)

    def _in_sources(self, data: Training, known: Bool) -> sparse.csr_matrix:
        if self.features == "factors":
            return nearest_vectors(source_vectors(data, self.factors), known, k=self.k)
        source = data.source.binary
        return nearest(source, only(source, known), k=self.k, similarity=self.similarity, shrink=self.shrink, own=0)
