"""Matrix factorisation that learns from pairs of items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.bpr import bpr
from tlbench.methods.scorers import FactorScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "bpr-mf",
    family="baseline",
    deterministic=False,
    reference="Rendle et al. 2009, arXiv:1205.2618; space: Ferrari Dacrema et al. 2021, doi:10.1145/3434185",
    space={
        "factors": Choice((16, 32, 64, 128, 256)),
        "epochs": IntRange(20, 300, log=True),
        "rate": LogRange(1e-3, 1e-1),
        "l2": LogRange(1e-5, 1e-1),
    },
)
@dataclass(frozen=True)
class BprMf:
    """Users' and items' vectors that rank touched items above others.

    Parameters
    ----------
    factors, epochs
        Length of the vectors; passes over as many pairs as there are interactions.
    rate, l2
        Learning rate and ridge penalty.
    """

    factors: int = 64
    epochs: int = 100
    rate: float = 0.05
    l2: float = 0.01

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Descend; see `tlbench.methods.base.Recommender`."""
        model = bpr(
            data.target.matrix,
            factors=self.factors,
            epochs=self.epochs,
            rate=self.rate,
            l2=self.l2,
            rng=rng,
            progress=progress,
        )
        return FactorScorer(model.users, model.items, model.bias)
