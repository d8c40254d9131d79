"""Similarities of source items with like texts, used for the target's items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy import sparse

from tlbench.methods import csr
from tlbench.methods.neighbours import Similarity, nearest, strongest
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.texts import nearest_by_text, texts_of
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "text-knn",
    family="knowledge",
    needs=("target-text", "source-text"),
    counterpart="item-knn",
    placebo="shuffled-text",
    deterministic=True,
    reference="zero-shot recommendation from content: Ding et al. 2021, arXiv:2105.08318, with the neighbours of "
    "Sarwar et al. 2001, doi:10.1145/371920.372071",
    space={
        "k": IntRange(5, 1000, log=True),
        "shrink": Range(0, 1000),
        "similarity": Choice(("cosine", "jaccard")),
        "texts": IntRange(1, 50, log=True),
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class TextKnn:
    """Item neighbours by what target users do and by what source users do with items of like text.

    Each target item stands for its nearest source items by text (T, rows sum 1); with S the similarities of source
    items by their users, the similarity of two target items is ``(1 - weight) * own + weight * (T S T')``, so items
    that nobody in the target touched have neighbours too. With weight 0 the method is `item-knn`.

    Parameters
    ----------
    k, shrink, similarity
        As in `item-knn`, in both domains.
    texts
        Source items that a target item stands for.
    weight
        Share of the source's similarities.
    """

    k: int = 100
    shrink: float = 10.0
    similarity: Similarity = "cosine"
    texts: int = 5
    weight: float = 0.5

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Find the neighbours; see `tlbench.methods.base.Recommender`."""
        stand_for = nearest_by_text(texts_of(data, "text-knn"), self.texts)
        there = self._near(data.source.binary) + sparse.identity(data.source.n_items, dtype="float32", format="csr")
        carried = sparse.csr_matrix(stand_for @ there @ stand_for.T)
        carried.setdiag(0)
        carried.eliminate_zeros()
        own = self._near(data.target.binary)
        total = sparse.csr_matrix(own * (1.0 - self.weight) + carried * self.weight)
        total.sort_indices()
        return ItemItemScorer(data.target.binary, csr.transpose(strongest(total, self.k)))

    def _near(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        items = csr.transpose(rows)
        return nearest(items, items, k=self.k, similarity=self.similarity, shrink=self.shrink)
