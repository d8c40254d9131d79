"""The best low-rank approximation of the interactions, zeros included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.scorers import FactorScorer
from tlbench.methods.svd import truncated_svd
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, method
from tlbench.rng import stream

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "pure-svd",
    family="baseline",
    deterministic=True,
    reference="Cremonesi, Koren, Turrin 2010, doi:10.1145/1864708.1864721; space: Ferrari Dacrema et al. 2021, "
    "doi:10.1145/3434185",
    space={"factors": IntRange(1, 350)},
)
@dataclass(frozen=True)
class PureSvd:
    """Leading singular vectors of the interactions, missing ones taken as zero.

    Parameters
    ----------
    factors
        Number of singular vectors.
    """

    factors: int = 50

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:  # noqa: ARG002
        """Decompose, from a start that is always the same; see `tlbench.methods.base.Recommender`."""
        svd = truncated_svd(data.target.binary, self.factors, rng=stream(0, "pure-svd", "start"))
        users = svd.left * svd.values
        # The orthogonal factors of users without interactions are zero up to rounding; make it exact.
        users[np.diff(data.target.matrix.indptr) == 0] = 0.0
        return FactorScorer(users, svd.right)
