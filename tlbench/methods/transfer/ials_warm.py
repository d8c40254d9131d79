"""Implicit ALS pre-trained on the sources, then fine-tuned on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.als import BothSides, solve_rows
from tlbench.methods.baselines.ials import Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.embedding import embed, ridge_of
from tlbench.methods.transfer.mapping import history
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, method
from tlbench.rng import branch

if TYPE_CHECKING:
    from tlbench.arrays import F32
    from tlbench.split.training import Training


@method(
    "ials-warm",
    family="model",
    needs="user-overlap",
    counterpart="ials",
    placebo="shuffled-bridge",
    deterministic=False,
    reference="Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22, pre-trained on the source and fine-tuned: Pan "
    "and Yang 2010, doi:10.1109/TKDE.2009.191 (parameter transfer)",
    space={
        "factors": Choice((16, 32, 64, 128, 256)),
        "iterations": IntRange(5, 30),
        "epochs": IntRange(1, 15),
        "steps": IntRange(1, 3),
        "l2": LogRange(1e-4, 1e-1),
        "unobserved": LogRange(1e-2, 1.0),
        "exponent": Choice((0.0, 0.5, 1.0)),
    },
)
@dataclass(frozen=True)
class IalsWarm:
    """User vectors of the sources (side by side) as the start of the target's factorisation.

    Target items are fitted to the pre-trained users first; then users and items alternate on the target alone, few
    steps at a time, so that the start is not forgotten. Users without target history keep the pre-trained vector, users
    without source history start from a small random one.

    Parameters
    ----------
    factors, iterations, l2, unobserved, exponent
        As in `ials`, for pre-training and fine-tuning.
    epochs
        Epochs of fine-tuning; the fewer, the more of the source stays.
    steps
        Conjugate-gradient steps of a user in an epoch of fine-tuning, not preconditioned.
    """

    factors: int = 64
    iterations: int = 15
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0
    epochs: int = 3
    steps: int = 1

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Pre-train, then fine-tune."""
        model = Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        start = embed(data, data.source, model, rng, progress).users
        chance = branch(rng, "users").standard_normal(start.shape, dtype=np.float32)
        chance *= np.float32(0.1 / np.sqrt(self.factors))
        start = np.where(history(data.source)[:, None] > 0, start, chance)
        return self._fine_tune(data, model, start, progress)

    def _fine_tune(self, data: Training, model: Ials, start: F32, progress: Progress) -> FactorScorer:
        entries = BothSides.of(data.target.binary)
        counts = history(data.target)
        known = (counts > 0).astype(np.float32)
        ridges = ridge_of(model, counts, data.n_items), ridge_of(model, entries.by_item.counts, int(known.sum()))
        users, items = start, np.zeros((data.n_items, self.factors), dtype=np.float32)
        for _ in progress.track(range(self.epochs), "fine-tuning", total=self.epochs):
            items = solve_rows(
                entries.by_item, users, ridge=ridges[1], unobserved=known * np.float32(self.unobserved), start=items
            )
            users = solve_rows(
                entries.by_user,
                items,
                ridge=ridges[0],
                unobserved=self.unobserved,
                start=users,
                steps=self.steps,
                preconditioned=False,
            )
            users = np.where(known[:, None] > 0, users, start)
        without = (counts == 0) & (history(data.source) == 0)
        users[without] = 0.0
        return FactorScorer(users, items)
