"""What a method is: hyper-parameters that turn a training into a function from users to scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from tlbench.progress import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from tlbench.arrays import F32, I64
    from tlbench.split.training import Training


class Scorer(Protocol):
    """A fitted model. It does not mask seen items, break ties or cut a list: `tlbench.metrics.ranking` does.

    A scorer whose scores are ratings on the target's scale says so by an attribute ``predicts_ratings = True``; the
    errors of the ratings are measured of such scorers only.
    """

    def __call__(self, users: I64) -> F32:
        """Score every target item for some users.

        Parameters
        ----------
        users
            int64 rows of the training's matrices, shape (b,).

        Returns
        -------
        numpy.ndarray
            float32, shape (b, n_target_items), finite, higher is better. A row that is constant says that the method
            knows nothing of that user; the user is then ranked by training popularity, for every method alike.
        """
        ...


class Recommender(Protocol):
    """A frozen dataclass of hyper-parameters, registered with `tlbench.registry.method`."""

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> Scorer:
        """Learn from a training and return the fitted scorer.

        Must not write to `data`, must draw every random number from `rng`, and must give the same bytes for the same
        input whatever the number of threads.
        """
        ...


@runtime_checkable
class Staged(Protocol):
    """An iterative recommender that shows what it has after each epoch, so that tuning can stop it early.

    Attributes
    ----------
    epochs_field
        Name of the field that holds the number of epochs; None in it leaves the number to validation (see
        `tlbench.methods.early_stopping`). Of what is held out a method learns nothing but when to stop.
    """

    epochs_field: ClassVar[str]

    def stages(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> Iterator[Scorer]:
        """Yield the scorer after 1, 2, ... epochs; the last one is what `fit` returns, and n epochs give the n-th."""
        ...
