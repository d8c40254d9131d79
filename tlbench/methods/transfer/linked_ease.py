"""EASE on the users of all domains, in the columns of linked items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.gram import ease_weights, gram, require_room
from tlbench.methods.scorers import ItemItemScorer
from tlbench.methods.transfer.aligned import stacked
from tlbench.methods.transfer.pooling import Weight, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import LogRange, Range, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "linked-ease",
    family="data",
    needs="item-links",
    counterpart="ease",
    placebo="shuffled-links",
    deterministic=True,
    reference="Steck 2019, doi:10.1145/3308558.3313710, on the users of all domains",
    space={"l2": LogRange(1, 1e5), "weight": Range(0, 1)},
)
@dataclass(frozen=True)
class LinkedEase:
    """Each target item regressed on all others, over the target's users and the sources' users alike.

    Source users count by what they did with linked items, each interaction `weight` where one of the target counts 1;
    with weight 0 the method is `ease`.

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
        require_room(data.n_items, method="linked-ease", instead="link-similarity")
        rows = stacked(data, source_weights(self.weight, len(data.sources)))
        return ItemItemScorer(data.target.binary, ease_weights(gram(rows), self.l2))
