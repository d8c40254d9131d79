"""Collective matrix factorisation with shared (linked) items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods.baselines.ials import SPACE, Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.aligned import shared_columns
from tlbench.methods.transfer.collective import AlsOptions, Relation, factorise_collectively, random_start
from tlbench.methods.transfer.pooling import Weight, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Range, method

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.split.training import Training


@method(
    "cmf-items",
    family="data",
    needs="item-links",
    counterpart="ials",
    placebo="shuffled-links",
    deterministic=False,
    reference="Singh and Gordon 2008, doi:10.1145/1401890.1401969, with the loss of Hu et al. 2008, "
    "doi:10.1109/ICDM.2008.22",
    space={
        **SPACE,
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class CmfItems:
    """A linked item's vector explains its interactions in all domains; users known in several share theirs too.

    `cmf` shares users only; this shares linked items as well, so it works where no user is known in two domains.

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
    weight: Weight = 0.5

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Alternate; see `tlbench.methods.base.Recommender`."""
        weights = source_weights(self.weight, len(data.sources))
        if not any(weights):
            return Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent).fit(
                data, rng, progress=progress
            )
        columns = shared_columns(data)
        n_columns = max(data.n_items, *(int(each.max(initial=-1)) + 1 for each in columns))
        relations = [Relation(_moved(data.target.binary, np.arange(data.n_items), n_columns), 1.0)]
        for source, places, weight in zip(data.sources, columns, weights, strict=True):
            if weight > 0:
                relations.append(Relation(_moved(source.binary, places, n_columns), weight))
        start = random_start(relations[0].matrix.shape, self.factors, rng)
        options = AlsOptions(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        model = factorise_collectively(tuple(relations), options, start, progress=progress)
        return FactorScorer(model.users, np.ascontiguousarray(model.items[: data.n_items]))


def _moved(matrix: sparse.csr_matrix, places: I64, n_columns: int) -> sparse.csr_matrix:
    """Put a matrix's columns in other places of a wider one."""
    moved = sparse.csr_matrix(
        (matrix.data.copy(), places[matrix.indices], matrix.indptr), shape=(matrix.shape[0], n_columns)
    )
    moved.sort_indices()
    return moved
