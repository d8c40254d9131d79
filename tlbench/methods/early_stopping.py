"""Validation -> how many epochs a method gets: the house stops it, the method itself sees no held-out interaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tlbench.methods.base import Staged
from tlbench.methods.checkpoints import current_checkpoints
from tlbench.progress import SILENT, Progress
from tlbench.split.withheld import fitting

if TYPE_CHECKING:
    import numpy as np

    from tlbench.methods.base import Recommender, Scorer
    from tlbench.split.training import Training

PATIENCE = 5
"""Epochs without a better mark after which training stops, where a method names no number of its own."""


@dataclass(frozen=True)
class Stopped:
    """A recommender that knows its number of epochs.

    Attributes
    ----------
    recommender
        With the number filled in; the same as before where it had one.
    marks
        Validation's mark after each epoch; empty where nothing had to be chosen.
    """

    recommender: Recommender
    marks: tuple[float, ...] = ()


def choose_epochs(
    recommender: Recommender,
    data: Training,
    rng: np.random.Generator,
    mark: Callable[[Scorer], float],
    *,
    progress: Progress = SILENT,
) -> Stopped:
    """Fill in the number of epochs that validation likes best, where a method leaves it open.

    A method leaves it open by being `tlbench.methods.base.Staged` with None in its field of epochs.

    Parameters
    ----------
    recommender, data, rng
        What is fitted, on what, from which stream; epochs are marked on the training part's model.
    mark
        Scorer -> one number, higher is better: all that reaches this choice of what is held out.
    progress
        Told of every epoch.
    """
    if not isinstance(recommender, Staged) or not is_open(recommender):
        return Stopped(recommender)
    patience = int(getattr(recommender, "patience", PATIENCE))
    place = current_checkpoints()
    known = place.read_marks() if place else []
    marks: list[float] = known if stale(known, patience) else []
    if not marks:
        for scorer in guarded(recommender.stages(data, rng, progress=progress)):
            if place and not marks:
                marks = known[: place.resumed]
            marks.append(mark(scorer))
            if place:
                place.write_marks(marks)
            if stale(marks, patience):
                break
    changed: Any = replace(recommender, **{recommender.epochs_field: best_epoch(marks)})  # type: ignore[type-var]
    return Stopped(changed, tuple(marks))


def guarded(stages: Iterator[Scorer]) -> Iterator[Scorer]:
    """Yield the stages of a fit; what is held out cannot be read while one is made."""
    while True:
        with fitting():
            scorer = next(stages, None)
        if scorer is None:
            return
        yield scorer


def is_open(recommender: Recommender) -> bool:
    """Whether a method leaves its number of epochs to validation."""
    return isinstance(recommender, Staged) and getattr(recommender, recommender.epochs_field) is None


def stale(marks: Sequence[float], patience: int = PATIENCE) -> bool:
    """Whether the last `patience` epochs brought nothing better."""
    return len(marks) > patience and max(marks[-patience:]) <= max(marks[:-patience])


def best_epoch(marks: Sequence[float]) -> int:
    """Return the number, from 1, of the epoch with the highest mark, the first of equal ones."""
    return max(range(len(marks)), key=lambda epoch: (marks[epoch], -epoch)) + 1
