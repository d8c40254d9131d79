"""Singular vectors of each domain, and canonical correlation as the map of users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.baselines.pure_svd import PureSvd
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.mapping import Mapped, alone, blend, history
from tlbench.methods.transfer.spectral import canonical_correlation, honest_correlation, source_vectors
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, LogRange, method

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64, Bool
    from tlbench.split.training import Training


@method(
    "cca-map",
    family="model",
    needs="user-overlap",
    counterpart="pure-svd",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Hotelling 1936, doi:10.1093/biomet/28.3-4.321, on the vectors of Cremonesi, Koren and Turrin 2010, "
    "doi:10.1145/1864708.1864721; as in Sahebi and Brusilovsky 2015, doi:10.1145/2792838.2800188",
    space={
        "factors": IntRange(1, 350),
        "components": IntRange(1, 100),
        "ridge": LogRange(1e-3, 1e1),
        "strength": LogRange(1e-1, 1e2),
    },
)
@dataclass(frozen=True)
class CcaMap:
    """PureSVD in each domain; a target vector is predicted through the pairs of directions that correlate most.

    With canonical weights A, B and correlations rho of the overlap users' vectors, the best linear prediction of the
    target vector of rank `components` is ``mean_t + (s - mean_s) A diag(rho) B' C_t``, C_t the covariance of target
    vectors. Correlations are shrunk by what independent vectors would show (`honest_correlation`). A user with n target
    interactions gets ``(n own + strength deviation) / (n + strength)``, as in `emcdr`.

    Parameters
    ----------
    factors
        Singular vectors of each domain.
    components
        Pairs of directions.
    ridge
        Added to the variances, as a share of their mean.
    strength
        How many target interactions the mapped vector counts for.
    """

    factors: int = 50
    components: int = 10
    ridge: float = 0.1
    strength: float = 5.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Decompose, correlate, predict, average."""
        target = PureSvd(self.factors).fit(alone(data, data.target), rng, progress=progress)
        sources, counts = source_vectors(data, self.factors), history(data.target)
        mapped = self._mapped(sources, target.users, counts)
        return FactorScorer(blend(target.users, mapped, counts, self.strength), target.items)

    def _mapped(self, sources: F32, users: F32, counts: I64) -> Mapped:
        """Predict how far the target vector of every user with source history is from the mean."""
        in_source: Bool = np.asarray(sources.any(axis=1))
        both = np.flatnonzero(in_source & (counts > 0))
        deviation = np.zeros_like(users)
        if len(both) < 2:
            return Mapped(deviation[0], deviation, np.zeros(len(users), dtype=np.bool_))
        pairs = canonical_correlation(sources[both], users[both], ridge=self.ridge)
        centred = users[both] - pairs.right_mean
        kept = slice(0, self.components)
        back = pairs.right[:, kept].T @ (centred.T @ centred / len(both))
        there = (sources[in_source] - pairs.left_mean) @ pairs.left[:, kept]
        trusted = honest_correlation(pairs.correlation[kept], len(both), sources.shape[1], users.shape[1])
        deviation[in_source] = ((there * trusted) @ back).astype(np.float32)
        return Mapped(pairs.right_mean.astype(np.float32), deviation, in_source)
