"""Three steps of a walk on the graph of users and items, popular items held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.walks import walk_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "rp3beta",
    family="baseline",
    deterministic=True,
    reference="Paudel et al. 2017, doi:10.1145/2955101; space: Ferrari Dacrema et al. 2021, doi:10.1145/3434185",
    space={
        "k": IntRange(5, 1000, log=True),
        "alpha": Range(0, 2),
        "beta": Range(0, 2),
        "normalise": Choice((True, False)),
    },
)
@dataclass(frozen=True)
class Rp3Beta:
    """Probability of a three-step walk from the user to an item, divided by a power of the item's popularity.

    Parameters
    ----------
    k
        Ways kept, out of and into an item.
    alpha
        Exponent of the probabilities.
    beta
        Exponent of the popularity that divides.
    normalise
        Whether the ways out of an item are scaled to sum 1.
    """

    k: int = 100
    alpha: float = 1.0
    beta: float = 0.6
    normalise: bool = True

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Walk; see `tlbench.methods.base.Recommender`."""
        rows = data.target.binary
        weights = walk_weights(rows, alpha=self.alpha, beta=self.beta, k=self.k, normalise=self.normalise)
        return ItemItemScorer(rows, weights)
