"""BPR pre-trained on the sources, then fine-tuned on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.bpr import BprModel, bpr, random_start
from tlbench.methods.memo import shared
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.embedding import source_stream
from tlbench.methods.transfer.mapping import history
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, method

if TYPE_CHECKING:
    from tlbench.arrays import F32
    from tlbench.split.training import Domain, Training


@method(
    "bpr-warm",
    family="model",
    needs="user-overlap",
    counterpart="bpr-mf",
    placebo="shuffled-bridge",
    deterministic=False,
    reference="Rendle et al. 2009, arXiv:1205.2618, pre-trained on the source and fine-tuned: Pan and Yang 2010, "
    "doi:10.1109/TKDE.2009.191 (parameter transfer)",
    space={
        "factors": Choice((16, 32, 64, 128, 256)),
        "pretraining": IntRange(20, 300, log=True),
        "epochs": IntRange(20, 300, log=True),
        "rate": LogRange(1e-3, 1e-1),
        "l2": LogRange(1e-5, 1e-1),
    },
)
@dataclass(frozen=True)
class BprWarm:
    """User vectors that rank the sources' items (side by side) as the start of ranking the target's.

    Users without target history keep the pre-trained vector; users without source history start at random.

    Parameters
    ----------
    factors, rate, l2
        As in `bpr-mf`, in both stages.
    pretraining, epochs
        Epochs on the sources, and on the target.
    """

    factors: int = 64
    pretraining: int = 50
    epochs: int = 100
    rate: float = 0.05
    l2: float = 0.01

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Pre-train, then fine-tune."""
        there = self._pretrained(data, source_stream(data, data.source, rng), progress)
        chance = random_start(data.n_users, data.n_items, self.factors, rng)
        users = np.where(history(data.source)[:, None] > 0, there, chance.users)
        start = BprModel(users, chance.items, chance.bias)
        model = self._learn(data.target, self.epochs, start, rng, progress)
        cold = history(data.target) == 0
        model.users[cold] = there[cold]
        return FactorScorer(model.users, model.items, model.bias)

    def _pretrained(self, data: Training, rng: np.random.Generator, progress: Progress) -> F32:
        """User vectors of the sources, float32, shape (n_users, f); read-only."""
        (users,) = shared(
            "bpr",
            data.source.matrix,
            (self.factors, self.pretraining, self.rate, self.l2),
            rng,
            compute=lambda: (self._learn(data.source, self.pretraining, None, rng, progress).users,),
        )
        return users

    def _learn(
        self, domain: Domain, epochs: int, start: BprModel | None, rng: np.random.Generator, progress: Progress
    ) -> BprModel:
        return bpr(
            domain.matrix,
            factors=self.factors,
            epochs=epochs,
            rate=self.rate,
            l2=self.l2,
            rng=rng,
            start=start,
            progress=progress,
        )
