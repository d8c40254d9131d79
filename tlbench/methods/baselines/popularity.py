"""The most popular items for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.scorers import SameScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import method

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "popularity",
    family="baseline",
    deterministic=True,
    reference="Cremonesi, Koren, Turrin 2010, doi:10.1145/1864708.1864721 (TopPop)",
)
@dataclass(frozen=True)
class Popularity:
    """Items by their number of training interactions."""

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> SameScorer:  # noqa: ARG002
        """Count; see `tlbench.methods.base.Recommender`."""
        return SameScorer(np.bincount(data.target.matrix.indices, minlength=data.n_items).astype(np.float32))
