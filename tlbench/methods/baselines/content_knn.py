"""Items whose texts are like those of the items that a user touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods import csr
from tlbench.methods.neighbours import nearest
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.text import target_texts, tfidf
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, LogRange, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "content-knn",
    family="baseline",
    needs="target-text",
    deterministic=True,
    reference="Lops, de Gemmis, Semeraro 2011, doi:10.1007/978-0-387-85820-3_3; space: Ferrari Dacrema et al. 2021, "
    "doi:10.1145/3434185",
    space={"k": IntRange(5, 1000, log=True), "shrink": LogRange(1e-3, 10)},
)
@dataclass(frozen=True)
class ContentKnn:
    """Sum of the cosines between an item's text and the texts of the user's items, over the item's k nearest.

    Parameters
    ----------
    k
        Neighbours kept for each item that is recommended.
    shrink
        Added to the cosine's denominator; tf-idf vectors have length 1.
    """

    k: int = 100
    shrink: float = 0.01

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Compare texts; see `tlbench.methods.base.Recommender`."""
        texts = tfidf(target_texts(data, "content-knn"))
        kept = nearest(texts, texts, k=self.k, shrink=self.shrink)
        return ItemItemScorer(data.target.binary, csr.transpose(kept))
