"""Codebook transfer: the source's rating pattern between clusters explains the target's ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.codebooks import CodebookScorer, CodebookSize, assigned, learn_codebook, rescale
from tlbench.methods.transfer.embedding import source_stream
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, method

if TYPE_CHECKING:
    from tlbench.split.training import Training


@method(
    "codebook",
    family="knowledge",
    needs=("target-ratings", "source-ratings"),
    counterpart="own-codebook",
    placebo="permuted-ratings",
    deterministic=False,
    reference='Li, Yang and Xue 2009, "Can movies and books collaborate? Cross-domain collaborative filtering for '
    'sparsity reduction", IJCAI, ijcai.org/Proceedings/09/Papers/341.pdf',
    space={"user_clusters": IntRange(5, 100, log=True), "item_clusters": IntRange(5, 100, log=True)},
)
@dataclass(frozen=True)
class Codebook:
    """Rating pattern of source clusters transferred to target users and items, who need not be the same (CBT).

    The densest part of the source is co-clustered, the mean ratings of its clusters are the codebook, and target users
    and items are assigned to the clusters that explain their ratings best. The score of an item is its predicted
    rating, so items of one cluster tie. The counterpart makes the codebook of the target itself.
    """

    user_clusters: int = 50
    item_clusters: int = 50
    users: int = 500
    items: int = 500
    iterations: int = 100
    rounds: int = 30

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> CodebookScorer:  # noqa: ARG002
        """Learn the codebook of the sources (side by side) and assign the target to it."""
        size = CodebookSize(self.user_clusters, self.item_clusters, self.users, self.items, self.iterations)
        codebook = learn_codebook(data.source.matrix, size, source_stream(data, data.source, rng))
        if data.source.rating_scale is not None and data.target.rating_scale is not None:
            codebook = rescale(codebook, data.source.rating_scale, data.target.rating_scale)
        return assigned(codebook, data.target.matrix, rounds=self.rounds, rng=rng)
