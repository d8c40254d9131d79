"""What all deep methods have in common: how they are fitted, shown epoch by epoch, and stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.training import Descent, Run, epochs_of, last_of
from tlbench.progress import SILENT, Progress
from tlbench.registry import Dimension, IntRange, LogRange

if TYPE_CHECKING:
    import numpy as np

    from tlbench.methods.base import Scorer
    from tlbench.split.training import Training

MOST_EPOCHS = 200
UNGUIDED_EPOCHS = 20
SPACE: dict[str, Dimension] = {"epochs": IntRange(1, MOST_EPOCHS), "rate": LogRange(1e-4, 1e-2)}
"""Searched by every deep method, so that a method and its counterpart are tuned alike."""


@dataclass(frozen=True, kw_only=True)
class DeepMethod:
    """A recommender that is trained epoch by epoch; a method says in `run` what is trained.

    Parameters
    ----------
    epochs
        Passes over the training part. None lets the house choose, on validation, up to 200; a direct call of `fit`,
        which sees no validation, then takes 20.
    patience
        Epochs without a better mark on validation after which the house stops.
    rate
        Learning rate of Adam.
    batch_size
        Interactions (or users, where a model takes users) in a step.
    """

    epochs: int | None = None
    patience: int = 5
    rate: float = 1e-3
    batch_size: int = 2048

    epochs_field: ClassVar[str] = "epochs"

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Return what is to be trained on a training."""
        raise NotImplementedError

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> Scorer:
        """Train; see `tlbench.methods.base.Recommender`."""
        run = self.run(data, Draws(rng), progress)
        n_epochs = UNGUIDED_EPOCHS if self.epochs is None else self.epochs
        return run.model.scorer(last_of(epochs_of(run, n_epochs, progress=progress)).parameters)

    def stages(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> Iterator[Scorer]:
        """Train and show each epoch; see `tlbench.methods.base.Staged`."""
        run = self.run(data, Draws(rng), progress)
        for epoch in epochs_of(run, MOST_EPOCHS if self.epochs is None else self.epochs, progress=progress):
            yield run.model.scorer(epoch.parameters)

    @property
    def descent(self) -> Descent:
        """How steps are taken."""
        return Descent(self.rate)
