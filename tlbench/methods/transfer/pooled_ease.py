"""EASE over the columns of all domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.gram import ease_weights, gram
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.pooling import Weight, pooled, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import LogRange, Range, method

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "pooled-ease",
    family="data",
    needs="user-overlap",
    counterpart="ease",
    placebo="shuffled-bridge",
    deterministic=True,
    reference="Steck 2019, doi:10.1145/3308558.3313710, over the columns of all domains",
    space={"l2": LogRange(1, 1e5), "weight": Range(0, 1)},
)
@dataclass(frozen=True)
class PooledEase:
    """Each target item regressed on all other items of all domains, in closed form.

    A source interaction counts `weight` where a target interaction counts 1, which is the same as a penalty of
    ``l2 / weight^2`` on what source items contribute; with weight 0 the method is `ease`.

    Parameters
    ----------
    l2
        Ridge penalty on the weights.
    weight
        Value of a source interaction; one number, or one for each source.
    """

    l2: float = 100.0
    weight: Weight = 0.5

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Solve; see `tlbench.methods.base.Recommender`."""
        rows = pooled(data, source_weights(self.weight, len(data.sources)))
        weights = ease_weights(gram(rows), self.l2)
        return ItemItemScorer(rows, np.ascontiguousarray(weights[:, : data.n_items]))
