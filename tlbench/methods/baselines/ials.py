"""Implicit matrix factorisation by alternating least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tlbench.methods.als import BothSides, factorise, frequency_ridge
from tlbench.methods.memo import shared
from tlbench.methods.scorers import FactorScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, Dimension, IntRange, LogRange, method

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from tlbench.arrays import F32, I64
    from tlbench.split.training import Training


SPACE: dict[str, Dimension] = {
    "factors": Choice((16, 32, 64, 128, 256)),
    "iterations": IntRange(5, 30),
    "l2": LogRange(1e-4, 1e-1),
    "unobserved": LogRange(1e-2, 1.0),
    "exponent": Choice((0.0, 0.5, 1.0)),
}
"""Searched here and by every method that is built on this one, so that a method and its counterpart are tuned alike."""


@method(
    "ials",
    family="baseline",
    deterministic=False,
    reference="Hu, Koren, Volinsky 2008, doi:10.1109/ICDM.2008.22; penalty and space: Rendle et al. 2022, "
    "doi:10.1145/3523227.3548486",
    space=SPACE,
)
@dataclass(frozen=True)
class Ials:
    """Users' and items' vectors, fitted to ones where interactions are and, weakly, to zeros everywhere.

    Minimises ``sum_observed (1 - x_u.y_i)^2 + unobserved * sum_all (x_u.y_i)^2 + l2 * (sum_u s_u |x_u|^2 +
    sum_i s_i |y_i|^2)`` with ``s_u = (n_u + unobserved * n_items)^exponent`` and ``s_i`` alike.

    Parameters
    ----------
    factors, iterations
        Length of the vectors and number of epochs.
    l2
        Ridge penalty before it is scaled with frequency.
    unobserved
        Weight of every pair's distance from zero (the paper's alpha_0).
    exponent
        How far the penalty grows with frequency (the paper's nu); 0 is the plain penalty.
    """

    factors: int = 64
    iterations: int = 15
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0

    epochs_field: ClassVar[str] = "iterations"

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Alternate; see `tlbench.methods.base.Recommender`."""

        def compute() -> tuple[F32, F32]:
            *_, last = self.stages(data, rng, progress=progress)
            return last.users, last.items

        return FactorScorer(*shared("ials", data.target.binary, self, rng, compute=compute))

    def stages(
        self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT
    ) -> Iterator[FactorScorer]:
        """Alternate and show each epoch; see `tlbench.methods.base.Staged`."""
        entries = BothSides.of(data.target.binary)
        models = factorise(
            entries,
            factors=self.factors,
            iterations=self.iterations,
            user_ridge=self._ridge(entries.by_user.counts, data.n_items),
            item_ridge=self._ridge(entries.by_item.counts, int((entries.by_user.counts > 0).sum())),
            user_unobserved=self.unobserved,
            item_unobserved=self.unobserved,
            rng=rng,
            progress=progress,
        )
        return (FactorScorer(model.users, model.items) for model in models)

    def _ridge(self, counts: I64, others: int) -> F32:
        return frequency_ridge(counts, others, l2=self.l2, unobserved=self.unobserved, exponent=self.exponent)
