"""Each item regressed on all others, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.gram import ease_weights, gram, require_room
from tlbench.methods.scorers import ItemItemScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import LogRange, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "ease",
    family="baseline",
    deterministic=True,
    reference="Steck 2019, doi:10.1145/3308558.3313710; space: Ferrari Dacrema et al. 2021, doi:10.1145/3434185",
    space={"l2": LogRange(1, 1e5)},
)
@dataclass(frozen=True)
class Ease:
    """Linear item-item model with zero diagonal, solved exactly.

    Parameters
    ----------
    l2
        Ridge penalty on the weights.
    """

    l2: float = 100.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Solve; see `tlbench.methods.base.Recommender`."""
        require_room(data.n_items, method="ease", instead="sparse-ease")
        rows = data.target.binary
        return ItemItemScorer(rows, ease_weights(gram(rows), self.l2))
