"""Three steps of a walk on the graph of users and items."""

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
    "p3alpha",
    family="baseline",
    deterministic=True,
    reference="Cooper et al. 2014, doi:10.1145/2567948.2579244; space: Ferrari Dacrema et al. 2021, "
    "doi:10.1145/3434185",
    space={"k": IntRange(5, 1000, log=True), "alpha": Range(0, 2), "normalise": Choice((True, False))},
)
@dataclass(frozen=True)
class P3Alpha:
    """Probability of a three-step walk from the user to an item, each step's probability raised to a power.

    Parameters
    ----------
    k
        Ways kept, out of and into an item.
    alpha
        Exponent of the probabilities.
    normalise
        Whether the ways out of an item are scaled to sum 1.
    """

    k: int = 100
    alpha: float = 1.0
    normalise: bool = False

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Walk; see `tlbench.methods.base.Recommender`."""
        rows = data.target.binary
        return ItemItemScorer(rows, walk_weights(rows, alpha=self.alpha, k=self.k, normalise=self.normalise))
