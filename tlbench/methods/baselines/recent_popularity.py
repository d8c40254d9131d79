"""The items that were popular lately, for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.methods.scorers import SameScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import LogRange, method

if TYPE_CHECKING:
    from tlbench.split.training import Training

_DAY = 86_400.0


@method(
    "recent-popularity",
    family="baseline",
    needs="time",
    deterministic=True,
    reference="Ji et al. 2020, doi:10.1145/3397271.3401233 (DecayPop)",
    space={"half_life": LogRange(1, 1000)},
)
@dataclass(frozen=True)
class RecentPopularity:
    """Items by their training interactions, each worth less the older it is.

    Parameters
    ----------
    half_life
        Days before the last training interaction after which an interaction counts half.
    """

    half_life: float = 90.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> SameScorer:  # noqa: ARG002
        """Count with decay; see `tlbench.methods.base.Recommender`."""
        times = data.target.timestamps
        if times is None:
            raise TlbenchError(
                f"`recent-popularity` needs timestamps, `{data.target.name}` has none", hint="use `popularity`"
            )
        age = (times.max(initial=0) - times) / (_DAY * self.half_life)
        counts = np.bincount(data.target.matrix.indices, weights=0.5**age, minlength=data.n_items)
        return SameScorer(counts.astype(np.float32))
