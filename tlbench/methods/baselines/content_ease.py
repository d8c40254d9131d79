"""Each item regressed on all others, over users and over the words of the items' texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods import csr
from tlbench.methods.gram import ease_weights, gram, require_room
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.text import target_texts, tfidf
from tlbench.progress import SILENT, Progress
from tlbench.registry import LogRange, method

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "content-ease",
    family="baseline",
    needs="target-text",
    deterministic=True,
    reference="Jeunen, Van Balen, Goethals 2020, doi:10.1145/3383313.3418480 (collective EASE)",
    space={"l2": LogRange(1, 1e5), "weight": LogRange(1e-1, 1e4)},
)
@dataclass(frozen=True)
class ContentEase:
    """EASE over interactions and item texts: a word counts like a user who touched the items that have it.

    Parameters
    ----------
    l2
        Ridge penalty on the weights.
    weight
        Weight of the squared errors in reconstructing the texts (tf-idf vectors of length 1) beside those of the
        interactions.
    """

    l2: float = 500.0
    weight: float = 100.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Solve; see `tlbench.methods.base.Recommender`."""
        require_room(data.n_items, method="content-ease", instead="sparse-ease")
        rows = data.target.binary
        words = csr.transpose(tfidf(target_texts(data, "content-ease")))
        stacked = sparse.vstack([rows, words * np.float32(np.sqrt(self.weight))], format="csr", dtype=np.float32)
        return ItemItemScorer(rows, ease_weights(gram(stacked), self.l2))
