"""Singular vectors of each domain, and a linear map of users from the sources to the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.baselines.pure_svd import PureSvd
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.mapping import MapOptions, alone, blend, history, map_vectors
from tlbench.methods.transfer.spectral import source_vectors
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, LogRange, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "svd-map",
    family="model",
    needs="user-overlap",
    counterpart="pure-svd",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Cremonesi, Koren and Turrin 2010, doi:10.1145/1864708.1864721, with the linear map of Man et al. 2017, "
    "doi:10.24963/ijcai.2017/343",
    space={"factors": IntRange(1, 350), "strength": LogRange(1e-1, 1e2)},
)
@dataclass(frozen=True)
class SvdMap:
    """PureSVD in each domain and a ridge regression of target user vectors on source user vectors.

    A user with n target interactions gets ``(n own + strength deviation) / (n + strength)``, as in `emcdr`.

    Parameters
    ----------
    factors
        Singular vectors of each domain.
    map_l2
        Ridge penalty on the map; None lets it be chosen by leave-one-out.
    strength
        How many target interactions the mapped vector counts for.
    """

    factors: int = 50
    map_l2: float | None = None
    strength: float = 5.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Decompose, map, average."""
        target = PureSvd(self.factors).fit(alone(data, data.target), rng, progress=progress)
        sources, counts = source_vectors(data, self.factors), history(data.target)
        mapped = map_vectors(sources, target.users, counts, MapOptions("linear", self.map_l2), rng)
        return FactorScorer(blend(target.users, mapped, counts, self.strength), target.items)
