"""Search x budget -> Tuning: fit on the training part, mark on the validation part, see nothing of the test part."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tlbench.errors import in_words
from tlbench.evaluation import Cell, fit_stream, measure, placebo_stream
from tlbench.methods.base import Staged
from tlbench.methods.early_stopping import guarded
from tlbench.metrics.base import parse_metrics
from tlbench.progress import SILENT, Progress
from tlbench.registry import PLACEBOS, Choice
from tlbench.split.integrity import OwnDefect, is_own, lent
from tlbench.split.withheld import fitting
from tlbench.tune.search import SEED, Search
from tlbench.tune.study import distributions_of, make_study, sampler_of, tell
from tlbench.tune.trials import Budget, Trial, Tuning

if TYPE_CHECKING:
    import optuna

    from tlbench.methods.base import Scorer
    from tlbench.split.training import Split, Training

PATIENCE = 5


def tune(
    split: Split,
    search: Search,
    budget: Budget,
    *,
    known: Sequence[Trial] = (),
    keep: Callable[[Trial], None] = lambda trial: None,  # noqa: ARG005
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> Tuning:
    """Try settings of a method until the budget is used up.

    Trial i depends on the trials before it and on a seed of its own alone, so a search that goes on from its first
    trials gives what it would have given in one go.

    Parameters
    ----------
    split
        What is chosen on: the ``selection`` of the split that is judged on test, which knows nothing of the test part.
    search
        What is tuned.
    budget
        Trials and seconds.
    known
        Trials of the same search that are there already, in order.
    keep
        Called with each new trial.
    block_size
        Users scored at a time; None chooses.
    progress
        Told of each trial.
    """
    name = search.entry.name
    trials = list(known[: budget.trials])
    exam = _Exam(_with_placebo(split, search), search, block_size)
    study = make_study(search, trials)

    def so_far() -> Tuning:
        return Tuning(name, search.placebo, budget, tuple(trials))

    for number in progress.track(range(len(trials), budget.trials), f"tune {so_far().label}"):
        if so_far().finished:
            break
        left = math.inf if budget.seconds is None else budget.seconds - so_far().seconds
        trial = _attempt(study, number, exam, left)
        trials.append(trial)
        keep(trial)
    return so_far()


def _with_placebo(split: Split, search: Search) -> Split:
    if search.placebo is None:
        return split
    rng = placebo_stream(split, _cell(split, search))
    training: Training = PLACEBOS.get(search.placebo).apply(split.training, rng)
    return split.with_training(training)


def _cell(split: Split, search: Search) -> Cell:
    """Name what is fitted while tuning."""
    return Cell(split.scenario.name, search.entry.name, {}, SEED, search.placebo, split.fold)


# --- one trial ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Exam:
    """A method is fitted to the training part and marked on the validation part."""

    split: Split
    search: Search
    block_size: int | None

    def scorers(self, parameters: Mapping[str, Any]) -> Iterator[Scorer]:
        """Fit; an iterative method shows what it has after each epoch."""
        recommender = self.search.entry.build(**parameters)
        rng = fit_stream(self.split, _cell(self.split, self.search))
        if isinstance(recommender, Staged):
            yield from guarded(recommender.stages(self.split.training, rng))
        else:
            with fitting():
                scorer = recommender.fit(self.split.training, rng)
            yield scorer

    def lent(self) -> AbstractContextManager[None]:
        """See that the split is the same after a trial."""
        return lent(self.split, borrower=self.search.label, trusted=is_own([self.search.entry.build.__module__]))

    def mark(self, scorer: Scorer) -> float:
        """Mean of the metric over the validation users."""
        specs = parse_metrics((self.search.metric,))
        cell = _cell(self.split, self.search)
        return measure(self.split, scorer, cell, specs, block_size=self.block_size).means()[self.search.metric]


def _attempt(study: optuna.Study, number: int, exam: _Exam, seconds: float) -> Trial:
    """Draw a setting and try it; what goes wrong is recorded and costs one trial of the budget."""
    start = time.perf_counter()
    study.sampler = sampler_of(exam.search, number)
    asked = study.ask(distributions_of(exam.search.space))
    drawn = dict(asked.params)
    parameters: dict[str, Any] = drawn
    epochs: list[float] = []
    state: Literal["complete", "pruned", "failed"] = "complete"
    reason = None
    try:
        parameters = exam.search.complete(drawn)
        with exam.lent():
            for scorer in exam.scorers(parameters):
                epochs.append(exam.mark(scorer))
                asked.report(epochs[-1], len(epochs))
                if asked.should_prune():
                    state = "pruned"
                if state == "pruned" or _stale(epochs) or time.perf_counter() - start > seconds:
                    break
    except (KeyboardInterrupt, OwnDefect):
        raise
    except BaseException as error:  # `SystemExit` too: it is the method's failure
        state, reason = "failed", in_words(error)
    trial = Trial(
        number=number,
        parameters=_with_epochs(parameters, epochs, exam.search),
        drawn=drawn,
        state=state,
        value=max(epochs) if epochs and state != "failed" else None,
        epochs=tuple(epochs) if len(epochs) > 1 else (),
        reason=reason,
        seconds=time.perf_counter() - start,
    )
    tell(study, asked, trial)
    return trial


def _stale(epochs: Sequence[float]) -> bool:
    """Whether the last epochs brought nothing better."""
    return len(epochs) > PATIENCE and max(epochs[-PATIENCE:]) <= max(epochs[:-PATIENCE])


def _with_epochs(parameters: dict[str, Any], epochs: Sequence[float], search: Search) -> dict[str, Any]:
    name = search.epochs_field
    if name is None or not epochs:
        return parameters
    dimension = search.entry.space[name]
    best = int(np.argmax(epochs)) + 1
    least = min(dimension.values) if isinstance(dimension, Choice) else dimension.low
    return {**parameters, name: max(best, int(least))}
