"""EASE for catalogues whose item x item matrix does not fit the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.local import local_ease
from tlbench.methods.scorers import ItemItemScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, LogRange, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "sparse-ease",
    family="baseline",
    deterministic=True,
    reference="Steck 2019, arXiv:1910.09645 (sparse approximation of its inverse by blocks)",
    space={"l2": LogRange(1, 1e5), "neighbours": Choice((100, 200, 400))},
)
@dataclass(frozen=True)
class SparseEase:
    """EASE in which each item is regressed on its nearest ones by cosine instead of all.

    Parameters
    ----------
    l2
        Ridge penalty on the weights.
    neighbours
        Number of items that each item is regressed on.
    """

    l2: float = 100.0
    neighbours: int = 400

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Solve; see `tlbench.methods.base.Recommender`."""
        rows = data.target.binary
        weights = local_ease(rows, l2=self.l2, neighbours=self.neighbours)
        return ItemItemScorer(rows, weights)
