"""Random walks on the graph of users and the items of all domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.pooling import Weight, pooled, source_weights
from tlbench.methods.walks import walk_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "pooled-rp3beta",
    family="data",
    needs="user-overlap",
    counterpart="rp3beta",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Cremonesi, Tripodi and Turrin 2011, doi:10.1109/ICDMW.2011.57 (one graph for all domains); "
    "Paudel et al. 2017, doi:10.1145/2955101",
    space={
        "k": IntRange(5, 1000, log=True),
        "alpha": Range(0, 2),
        "beta": Range(0, 2),
        "normalise": Choice((True, False)),
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class PooledRp3Beta:
    """Walks from a user over items of any domain and other users to target items, popular ones held back.

    A source interaction is an edge of weight `weight`. With weight 0 the method is `rp3beta`.

    Parameters
    ----------
    k, alpha, beta, normalise
        As in `rp3beta`.
    weight
        Weight of a source's edges; one number, or one for each source.
    """

    k: int = 100
    alpha: float = 1.0
    beta: float = 0.6
    normalise: bool = True
    weight: Weight = 0.1

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Walk; see `tlbench.methods.base.Recommender`."""
        rows = pooled(data, source_weights(self.weight, len(data.sources)))
        weights = walk_weights(
            rows,
            alpha=self.alpha,
            beta=self.beta,
            k=self.k,
            normalise=self.normalise,
            destinations=data.n_items,
        )
        return ItemItemScorer(rows, weights)
