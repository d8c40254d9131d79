"""Marks on validation -> how many epochs a transfer method needs to be as good as its counterpart."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tlbench.methods.early_stopping import best_epoch
from tlbench.registry import METHODS

if TYPE_CHECKING:
    from tlbench.evaluation import RunResult
    from tlbench.store.contents import ScenarioResults


@dataclass(frozen=True)
class EpochsToQuality:
    """What pre-training, or a source, spares a method on the target.

    Attributes
    ----------
    method, counterpart
        Names.
    folds
        Folds in which validation marked every epoch of both.
    reached
        Folds in which the method came to the counterpart's best mark.
    epochs, counterpart_epochs
        Median over those folds of the epoch, from 1, in which the method first did so, and over all folds of the one in
        which the counterpart was best; epochs on a source do not count. None where it never came there.
    """

    method: str
    counterpart: str
    folds: int
    reached: int
    epochs: float | None
    counterpart_epochs: float


def epochs_to_quality(result: ScenarioResults) -> tuple[EpochsToQuality, ...]:
    """Compare the courses of transfer methods with those of their counterparts, fold by fold, first seed.

    Methods whose number of epochs was given, and those that have none, are left out.
    """
    marked = {(run.cell.method, run.cell.fold): run.epochs for run in result.by_fold if _counts(run)}
    found = []
    for method in dict.fromkeys(name for name, _ in marked):
        counterpart = METHODS.get(method).counterpart if method in METHODS else None
        folds = [fold for name, fold in marked if name == method and (counterpart, fold) in marked]
        if counterpart is None or not folds:
            continue
        courses = [(marked[method, fold], marked[counterpart, fold]) for fold in folds]
        first = [epoch for own, other in courses if (epoch := first_as_good(own, max(other)))]
        best = median(best_epoch(other) for _, other in courses)
        found.append(
            EpochsToQuality(method, counterpart, len(folds), len(first), median(first) if first else None, best)
        )
    return tuple(found)


def first_as_good(marks: tuple[float, ...], quality: float) -> int | None:
    """Return the number, from 1, of the first epoch with at least that mark; None where there is none."""
    return next((epoch for epoch, mark in enumerate(marks, 1) if mark >= quality), None)


def _counts(run: RunResult) -> bool:
    return bool(run.epochs) and run.cell.placebo is None and run.cell.seed == 0
