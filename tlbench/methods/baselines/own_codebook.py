"""A codebook of the target itself: codebook transfer without the transfer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.codebooks import CodebookScorer, CodebookSize, assigned, learn_codebook
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, method
from tlbench.rng import across_folds, branch

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "own-codebook",
    family="baseline",
    needs="target-ratings",
    deterministic=False,
    reference="Li, Yang and Xue 2009, IJCAI, with the target in the place of the auxiliary data; "
    "Ding et al. 2006, doi:10.1145/1150402.1150420",
    space={"user_clusters": IntRange(5, 100, log=True), "item_clusters": IntRange(5, 100, log=True)},
)
@dataclass(frozen=True)
class OwnCodebook:
    """Mean ratings between co-clusters of the target's own users and items; the score is the predicted rating."""

    user_clusters: int = 50
    item_clusters: int = 50
    users: int = 500
    items: int = 500
    iterations: int = 100
    rounds: int = 30

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> CodebookScorer:  # noqa: ARG002
        """Learn the codebook of the target's dense part and assign the whole target to it."""
        size = CodebookSize(self.user_clusters, self.item_clusters, self.users, self.items, self.iterations)
        # The start that `codebook` gives its source: a target that were its own source would be the same model.
        codebook = learn_codebook(data.target.matrix, size, branch(across_folds(rng), "source", 0))
        return assigned(codebook, data.target.matrix, rounds=self.rounds, rng=rng)
