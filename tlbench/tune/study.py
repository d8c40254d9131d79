"""Searches and trials in the terms of optuna, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlbench.registry import Choice, Dimension, IntRange, LogRange
from tlbench.rng import stream
from tlbench.tune.search import SEED, Search
from tlbench.tune.trials import Trial

if TYPE_CHECKING:
    import optuna

FIRST_AT_RANDOM = 10
_PRUNE_AFTER_TRIALS, _PRUNE_AFTER_EPOCHS = 5, 3


def make_study(search: Search, trials: Sequence[Trial]) -> optuna.Study:
    """Make a study that knows earlier trials; without any, the first to be asked for is the defaults."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=_PRUNE_AFTER_TRIALS, n_warmup_steps=_PRUNE_AFTER_EPOCHS)
    study = optuna.create_study(direction="maximize", sampler=sampler_of(search, 0), pruner=pruner)
    if not trials:
        defaults = search.entry.build(**search.fixed)
        study.enqueue_trial({name: getattr(defaults, name) for name in search.space})
    for trial in trials:
        study.add_trial(_frozen(trial, search))
    return study


def sampler_of(search: Search, number: int) -> optuna.samplers.BaseSampler:
    """Make the sampler of one trial, whose numbers do not depend on how many trials this process made before."""
    from optuna.samplers import TPESampler

    rng = stream(SEED, "tune", search.entry.name, search.placebo or "", number)
    return TPESampler(n_startup_trials=FIRST_AT_RANDOM, seed=int(rng.integers(2**31)))


def distributions_of(space: Mapping[str, Dimension]) -> dict[str, optuna.distributions.BaseDistribution]:
    """Return a search space in optuna's terms."""
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
        distributions=distributions_of(search.space),
        intermediate_values=dict(enumerate(_reported(trial), 1)),
    )


def _reported(trial: Trial) -> tuple[float, ...]:
    return trial.epochs or (() if trial.value is None else (trial.value,))


def tell(study: optuna.Study, asked: optuna.Trial, trial: Trial) -> None:
    """Let a study know what came of the trial that it asked for."""
    study.tell(asked, trial.value if trial.state == "complete" else None, state=_state(trial))
