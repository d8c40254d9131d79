"""A map from item text to item vectors, learned on the source and applied to the target's items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.als import BothSides, solve_rows
from tlbench.methods.baselines.ials import SPACE, Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.embedding import embed, ridge_of
from tlbench.methods.transfer.mapping import history
from tlbench.methods.transfer.texts import ridge_on_text, texts_of
from tlbench.progress import SILENT, Progress
from tlbench.registry import LogRange, method

if TYPE_CHECKING:
    from tlbench.arrays import F32
    from tlbench.split.training import Training


@method(
    "text-factors",
    family="knowledge",
    needs=("target-text", "source-text"),
    counterpart="ials",
    placebo="shuffled-text",
    deterministic=False,
    reference="a map from content to item factors: Gantner et al. 2010, doi:10.1109/ICDM.2010.129, learned on another "
    "domain (zero-shot: Ding et al. 2021, arXiv:2105.08318)",
    space={
        **SPACE,
        "text_l2": LogRange(1e-2, 1e2),
        "strength": LogRange(1e-1, 1e2),
    },
)
@dataclass(frozen=True)
class TextFactors:
    """Implicit ALS whose items are pulled to what the source knows of their text instead of to zero.

    Implicit ALS of the sources gives vectors of source items; a ridge regression from tf-idf to these vectors predicts
    vectors of target items, which start the target's factorisation and stay the prior mean of every item. An item
    that nobody touched keeps the prediction. Users need not be the same.

    Parameters
    ----------
    factors, iterations, l2, unobserved, exponent
        As in `ials`, in both domains.
    text_l2
        Ridge penalty of the map from text.
    strength
        How much harder the pull to the predicted vector is than the pull of `ials` to zero.
    """

    factors: int = 64
    iterations: int = 15
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0
    text_l2: float = 1.0
    strength: float = 1.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Factorise the source, learn the map, factorise the target around its predictions."""
        model = Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        source = embed(data, data.source, model, rng, progress).items
        touched = (np.bincount(data.source.matrix.indices, minlength=data.source.n_items) > 0).astype(np.float32)
        predicted = ridge_on_text(texts_of(data, "text-factors"), source, weight=touched, l2=self.text_l2)
        return self._factorise(data, model, predicted, progress)

    def _factorise(self, data: Training, model: Ials, predicted: F32, progress: Progress) -> FactorScorer:
        entries = BothSides.of(data.target.binary)
        known = history(data.target) > 0
        user_ridge = ridge_of(model, entries.by_user.counts, data.n_items)
        item_ridge = ridge_of(model, entries.by_item.counts, int(known.sum())) * np.float32(self.strength)
        untouched = entries.by_item.counts == 0
        users, items = np.zeros((data.n_users, self.factors), dtype=np.float32), predicted
        for _ in progress.track(range(self.iterations), "factorising around the text", total=self.iterations):
            users = solve_rows(entries.by_user, items, ridge=user_ridge, unobserved=self.unobserved, start=users)
            items = solve_rows(
                entries.by_item, users, ridge=item_ridge, unobserved=self.unobserved, start=items, prior=predicted
            )
            items[untouched] = predicted[untouched]
        return FactorScorer(users, items)
