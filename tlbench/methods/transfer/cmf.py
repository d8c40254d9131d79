"""Collective matrix factorisation with shared users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.baselines.ials import SPACE, Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.collective import AlsOptions, Relation, factorise_collectively, random_start
from tlbench.methods.transfer.pooling import Weight, padded, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Range, method

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "cmf",
    family="data",
    needs="user-overlap",
    counterpart="ials",
    placebo="shuffled-bridge",
    deterministic=False,
    reference="Singh and Gordon 2008, doi:10.1145/1401890.1401969, with the loss of Hu et al. 2008, "
    "doi:10.1109/ICDM.2008.22",
    space={
        **SPACE,
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class Cmf:
    """A user's vector explains its interactions in all domains; every domain has item vectors of its own.

    Parameters
    ----------
    factors, iterations, l2, unobserved, exponent
        As in `ials`.
    weight
        Weight of a source's loss against the target's; one number, or one for each source. With 0 the method is `ials`.
    """

    factors: int = 64
    iterations: int = 15
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0
    weight: Weight = 0.1

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Alternate; see `tlbench.methods.base.Recommender`."""
        weights = (1.0, *source_weights(self.weight, len(data.sources)))
        if not any(weights[1:]):
            return Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent).fit(
                data, rng, progress=progress
            )
        domains = (data.target, *data.sources)
        relations = tuple(
            Relation(padded(domains, place), weight) for place, weight in enumerate(weights) if weight > 0
        )
        start = random_start(relations[0].matrix.shape, self.factors, rng)
        options = AlsOptions(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        model = factorise_collectively(relations, options, start, progress=progress)
        return FactorScorer(model.users, np.ascontiguousarray(model.items[: data.n_items]))
