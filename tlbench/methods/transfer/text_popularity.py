"""What kind of text is popular in the source, asked of the target's items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.scorers import SameScorer
from tlbench.methods.transfer.texts import ridge_on_text, texts_of
from tlbench.progress import SILENT, Progress
from tlbench.registry import LogRange, method

if TYPE_CHECKING:
    from tlbench.split.training import Training

TINY = 1e-12


@method(
    "text-popularity",
    family="knowledge",
    needs=("target-text", "source-text"),
    counterpart="popularity",
    placebo="shuffled-text",
    deterministic=True,
    reference="popularity of cold items from their content: Ding et al. 2021, arXiv:2105.08318; ridge regression: "
    "Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634",
    space={"l2": LogRange(1e-1, 1e3), "strength": LogRange(1e-1, 1e2)},
)
@dataclass(frozen=True)
class TextPopularity:
    """Interactions of an item plus those that an item with its text would have in the source.

    A ridge regression of log(1 + count) on tf-idf, learned on the source's items, predicts a popularity for every
    target item; it is scaled to mean 1 and counts as `strength` interactions of an average item.

    Parameters
    ----------
    l2
        Ridge penalty of the regression.
    strength
        How many interactions the prediction counts for.
    """

    l2: float = 10.0
    strength: float = 5.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> SameScorer:  # noqa: ARG002
        """Count and predict; see `tlbench.methods.base.Recommender`."""
        there = np.bincount(data.source.matrix.indices, minlength=data.source.n_items)
        values = np.log1p(there).astype(np.float32)[:, None]
        weight = np.ones(len(there), dtype=np.float32)
        logs = ridge_on_text(texts_of(data, "text-popularity"), values, weight=weight, l2=self.l2)[:, 0]
        predicted = np.expm1(np.maximum(logs, 0.0))
        own = np.bincount(data.target.matrix.indices, minlength=data.n_items)
        scale = self.strength / max(float(predicted.mean()), TINY)
        return SameScorer((own + scale * predicted).astype(np.float32))
