"""Search space x budget -> parameters, by optuna, on the validation part only, with the same budget for everybody."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.evaluate import Cell, evaluate
from tlbench.methods.base import Staged
from tlbench.progress import SILENT, Progress
from tlbench.registry import PLACEBOS, Choice, Dimension, IntRange, LogRange, MethodEntry
from tlbench.rng import stream

if TYPE_CHECKING:
    import optuna

    from tlbench.methods.base import Scorer
    from tlbench.split.training import Split, Training

SEED = 1_000_003
"""Seed of fits while tuning: none of the seeds that are judged, so that no parameters suit a judged seed by luck."""

FIRST_AT_RANDOM = 10
PATIENCE = 5
_PRUNE_AFTER_TRIALS, _PRUNE_AFTER_EPOCHS = 5, 3
NEAR = 0.01


@dataclass(frozen=True)
class Budget:
    """How much one method may try: the same for every baseline, transfer method and placebo.

    Attributes
    ----------
    trials
        Number of trials; the first one is the defaults.
    seconds
        Time for all trials together; none starts after it. None is no limit.
    """

    trials: int
    seconds: float | None = None


@dataclass(frozen=True)
class Trial:
    """One setting and what it gave on validation.

    Attributes
    ----------
    number
        Place in the order of trials, from 0.
    parameters
        Hyper-parameters, complete; for an iterative method with the number of epochs that was best.
    drawn
        Those among them that the search chose, as it chose them.
    state
        ``complete``; ``pruned`` where early epochs were worse than the median of earlier trials; ``failed``.
    value
        Mean of the primary metric over the validation users; None where it failed.
    epochs
        The same after each epoch of an iterative method.
    reason
        Why it failed.
    seconds
        How long it took.
    """

    number: int
    parameters: Mapping[str, Any]
    drawn: Mapping[str, Any]
    state: Literal["complete", "pruned", "failed"]
    value: float | None
    epochs: tuple[float, ...] = ()
    reason: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Tuning:
    """All trials of one method in one scenario, or of one method on its placebo.

    Attributes
    ----------
    method, placebo
        What was tuned.
    budget
        What it was allowed.
    trials
        In the order of their numbers.
    """

    method: str
    placebo: str | None
    budget: Budget
    trials: tuple[Trial, ...]

    @property
    def label(self) -> str:
        """Method, with the placebo's name where there is one."""
        return self.method if self.placebo is None else f"{self.method}~{self.placebo}"

    @property
    def seconds(self) -> float:
        """Time used."""
        return sum(trial.seconds for trial in self.trials)

    @property
    def best(self) -> Trial | None:
        """The trial with the highest value, the first of equal ones; None where all failed."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return max(complete, key=lambda trial: trial.value or 0.0, default=None)

    @property
    def finished(self) -> bool:
        """Whether the budget is used up."""
        late = self.budget.seconds is not None and self.seconds >= self.budget.seconds
        return late or len(self.trials) >= self.budget.trials

    @property
    def near_best(self) -> int:
        """Complete trials within 1 % of the best value: many mean a flat optimum."""
        best = self.best
        if best is None or best.value is None:
            return 0
        least = best.value - NEAR * abs(best.value)
        return sum(trial.state == "complete" and (trial.value or 0.0) >= least for trial in self.trials)


def blind(split: Split) -> Split:
    """Return a split in which nothing is held out for test and nobody is judged on it; tuning gets no other.

    Sampled candidates go as well, because some belong to test users: tuning ranks the whole catalogue.
    """
    from scipy import sparse

    none = np.empty(0, dtype=np.int32)
    empty_rows = np.zeros(split.test.shape[0] + 1, dtype=np.int32)
    nothing = sparse.csr_matrix((none.astype(np.float32), none, empty_rows), shape=split.test.shape)
    nobody = np.empty(0, dtype=np.int64)
    blinded = replace(split, test=nothing, users=nobody, candidates=None)
    vars(blinded)["digest"] = "blind"  # a sum over all data for each trial would be time lost
    return blinded


@dataclass(frozen=True)
class Search:
    """What is tuned, and how.

    Attributes
    ----------
    entry, placebo
        The method, and the placebo where its sources are destroyed.
    metric
        Name of the metric that is maximised.
    fixed
        Hyper-parameters that the user chose; they are not searched.
    """

    entry: MethodEntry
    placebo: str | None
    metric: str
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Method, with the placebo's name where there is one."""
        return self.entry.name if self.placebo is None else f"{self.entry.name}~{self.placebo}"

    @property
    def epochs_field(self) -> str | None:
        """The field of an iterative method that early stopping chooses; None for other methods."""
        build: Any = self.entry.build
        name = getattr(build, "epochs", None) if hasattr(build, "stages") else None
        return name if name in self.entry.space and name not in self.fixed else None

    @property
    def space(self) -> dict[str, Dimension]:
        """What the search draws."""
        skipped = {*self.fixed, self.epochs_field}
        return {name: dimension for name, dimension in self.entry.space.items() if name not in skipped}

    def complete(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Return all hyper-parameters; an iterative method gets as many epochs as its space allows."""
        chosen = {**self.fixed, **drawn}
        name = self.epochs_field
        if name is not None:
            chosen[name] = _most(self.entry.space[name])
        recommender = self.entry.build(**chosen)
        return {f.name: getattr(recommender, f.name) for f in fields(recommender)}


def _most(dimension: Dimension) -> Any:
    return max(dimension.values) if isinstance(dimension, Choice) else dimension.high


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
        Only its training and validation parts are used; see `blind`.
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
    exam = _Exam(_with_placebo(blind(split), search.placebo), search, block_size)
    study = _study(search, trials)

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


def _with_placebo(split: Split, placebo: str | None) -> Split:
    if placebo is None:
        return split
    training: Training = PLACEBOS.get(placebo).apply(split.training, stream(SEED, "placebo", placebo))
    changed = replace(split, training=training)
    vars(changed)["digest"] = split.digest
    return changed


# --- one trial ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fitted:
    """A recommender that was fitted before."""

    scorer: Scorer

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> Scorer:  # noqa: ARG002
        return self.scorer


@dataclass(frozen=True, eq=False)
class _Exam:
    """A method is fitted on the training part and marked on the validation part."""

    split: Split
    search: Search
    block_size: int | None

    def scorers(self, parameters: Mapping[str, Any]) -> Iterator[Scorer]:
        """Fit; an iterative method shows what it has after each epoch."""
        recommender = self.search.entry.build(**parameters)
        rng = stream(SEED, "fit", self.search.entry.name)
        if isinstance(recommender, Staged):
            yield from recommender.stages(self.split.training, rng)
        else:
            yield recommender.fit(self.split.training, rng)

    def mark(self, scorer: Scorer) -> float:
        """Mean of the metric over the validation users."""
        entry = replace(self.search.entry, build=lambda: _Fitted(scorer))
        cell = Cell(self.split.scenario.name, entry.name, {}, SEED)
        metrics = (self.search.metric,)
        found = evaluate(self.split, cell, entry=entry, metrics=metrics, block_size=self.block_size)
        return found.validation[self.search.metric]


def _attempt(study: optuna.Study, number: int, exam: _Exam, seconds: float) -> Trial:
    """Draw a setting and try it; what goes wrong is recorded and costs one trial of the budget."""
    start = time.perf_counter()
    study.sampler = _sampler(exam.search, number)
    asked = study.ask(_distributions(exam.search.space))
    drawn = dict(asked.params)
    parameters: dict[str, Any] = drawn
    epochs: list[float] = []
    state: Literal["complete", "pruned", "failed"] = "complete"
    reason = None
    try:
        parameters = exam.search.complete(drawn)
        for scorer in exam.scorers(parameters):
            epochs.append(exam.mark(scorer))
            asked.report(epochs[-1], len(epochs))
            if asked.should_prune():
                state = "pruned"
            if state == "pruned" or _stale(epochs) or time.perf_counter() - start > seconds:
                break
    except Exception as error:
        state, reason = "failed", _why(error)
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
    _tell(study, asked, trial)
    return trial


def _why(error: Exception) -> str:
    if isinstance(error, TlbenchError):
        return error.message
    return "out of memory" if isinstance(error, MemoryError) else f"{type(error).__name__}: {error}"


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


# --- optuna ------------------------------------------------------------------------------------------------------


def _study(search: Search, trials: Sequence[Trial]) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=_PRUNE_AFTER_TRIALS, n_warmup_steps=_PRUNE_AFTER_EPOCHS)
    study = optuna.create_study(direction="maximize", sampler=_sampler(search, 0), pruner=pruner)
    if not trials:
        defaults = search.entry.build(**search.fixed)
        study.enqueue_trial({name: getattr(defaults, name) for name in search.space})
    for trial in trials:
        study.add_trial(_frozen(trial, search))
    return study


def _sampler(search: Search, number: int) -> optuna.samplers.BaseSampler:
    """Make the sampler of one trial, whose numbers do not depend on how many trials this process made before."""
    from optuna.samplers import TPESampler

    rng = stream(SEED, "tune", search.entry.name, search.placebo or "", number)
    return TPESampler(n_startup_trials=FIRST_AT_RANDOM, seed=int(rng.integers(2**31)))


def _distributions(space: Mapping[str, Dimension]) -> dict[str, optuna.distributions.BaseDistribution]:
    return {name: _distribution(dimension) for name, dimension in space.items()}


def _distribution(dimension: Dimension) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    match dimension:
        case Choice():
            return CategoricalDistribution(dimension.values)
        case IntRange():
            return IntDistribution(dimension.low, dimension.high, log=dimension.log)
        case _:
            return FloatDistribution(dimension.low, dimension.high, log=isinstance(dimension, LogRange))


def _state(trial: Trial) -> Any:
    from optuna.trial import TrialState

    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
    return states[trial.state]


def _frozen(trial: Trial, search: Search) -> Any:
    import optuna

    return optuna.create_trial(
        state=_state(trial),
        value=trial.value if trial.state == "complete" else None,
        params=dict(trial.drawn),
        distributions=_distributions(search.space),
        intermediate_values=dict(enumerate(_reported(trial), 1)),
    )


def _reported(trial: Trial) -> tuple[float, ...]:
    return trial.epochs or (() if trial.value is None else (trial.value,))


def _tell(study: optuna.Study, asked: optuna.Trial, trial: Trial) -> None:
    study.tell(asked, trial.value if trial.state == "complete" else None, state=_state(trial))


# --- what the report says ----------------------------------------------------------------------------------------


def at_edges(tuning: Tuning, entry: MethodEntry) -> tuple[str, ...]:
    """Name the parameters whose best value lies on the edge of its space, where a wider one may hold a better value."""
    best = tuning.best
    if best is None:
        return ()
    return tuple(
        name
        for name, dimension in entry.space.items()
        if (name in best.drawn or name == Search(entry, None, "").epochs_field)
        and _on_edge(best.parameters[name], dimension)
    )


def _on_edge(value: Any, dimension: Dimension) -> bool:
    """Whether a value lies within a hundredth of the width from an end; of a list of numbers, whether it is an end."""
    if isinstance(dimension, Choice):
        numbers = [v for v in dimension.values if isinstance(v, int | float) and not isinstance(v, bool)]
        return len(numbers) == len(dimension.values) > 2 and value in (min(numbers), max(numbers))
    low, high = float(dimension.low), float(dimension.high)
    if isinstance(dimension, IntRange):
        return value in (dimension.low, dimension.high)
    place = float(value)
    if isinstance(dimension, LogRange):
        low, high, place = math.log(low), math.log(high), math.log(place)
    return min(place - low, high - place) <= NEAR * (high - low)
