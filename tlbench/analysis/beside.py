"""Results of a scenario -> what stands beside its verdicts: gains taken apart, and what other designs say of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import NotComparable
from tlbench.methods.twin_controls import MATCHED_REMOVAL, WITHOUT_TWINS
from tlbench.registry import METHODS
from tlbench.stats.aggregates import aggregate_values, compare_aggregate, is_aggregate
from tlbench.stats.comparison import Comparison
from tlbench.stats.gain_shares import GainShare, gain_shares
from tlbench.stats.other_parts import OtherParts, other_training_parts
from tlbench.stats.placebo_draws import PlaceboDraws, among_shuffles
from tlbench.stats.twin_parts import TwinParts, part_twins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.evaluation import RunResult
    from tlbench.store.contents import ScenarioResults
    from tlbench.suite import Suite


def transfer_methods(result: ScenarioResults) -> list[str]:
    """Name the transfer methods that ran, in the order of the plan."""
    names = dict.fromkeys(run.cell.method for run in result.runs if run.cell.placebo is None)
    return [name for name in names if METHODS.get(name).family != "baseline"]


def beside_counterparts(
    result: ScenarioResults,
) -> Iterator[tuple[str, tuple[RunResult, ...], tuple[RunResult, ...]]]:
    """Go through the transfer methods whose counterpart ran: name, runs, the counterpart's runs."""
    for method in transfer_methods(result):
        control = result.of(str(METHODS.get(method).counterpart))
        if control:
            yield method, result.of(method), control


def take_gains_apart(result: ScenarioResults, suite: Suite) -> dict[str, tuple[GainShare, ...]]:
    """Say to whom the gain of every transfer method falls that can be compared with its counterpart."""
    found = {}
    for method, runs, control in beside_counterparts(result):
        try:
            shares = gain_shares(runs, control, suite.primary, features=result.features, alpha=suite.alpha)
        except NotComparable:
            continue
        if shares:
            found[method] = shares
    return found


def compare_aggregates(result: ScenarioResults, suite: Suite) -> dict[str, tuple[Comparison, ...]]:
    """Compare what has one value per run, where it was asked for and both sides have it."""
    found = {}
    for method, runs, control in beside_counterparts(result):
        there = aggregate_values((*runs, *control))
        names = [name for name in suite.metrics if is_aggregate(name) and name in there]
        try:
            compared = tuple(compare_aggregate(runs, control, name, alpha=suite.alpha) for name in names)
        except NotComparable:
            continue
        if compared:
            found[method] = compared
    return found


def trace_twins(result: ScenarioResults, suite: Suite) -> dict[str, TwinParts]:
    """Say what of each gain comes through twins, where these were kept and told the test."""
    found = {}
    for method, runs, control in beside_counterparts(result):
        without, matched = (_draws(result, method, placebo) for placebo in (WITHOUT_TWINS, MATCHED_REMOVAL))
        if without and matched:
            found[method] = part_twins(runs, control, without, matched, suite.primary, alpha=suite.alpha)
    return found


def place_among_shuffles(result: ScenarioResults, suite: Suite) -> dict[str, PlaceboDraws]:
    """Compare each method's gain with those that shuffled sources give, where several shuffles were asked for.

    All are runs of one seed each, and gains over the same run of the counterpart, as shares of its mean.
    """
    if suite.placebo_draws < 2:
        return {}
    found = {}
    for method, runs, control in beside_counterparts(result):
        draws = _draws(result, method, METHODS.get(method).placebo)
        base = _mean(control[0], suite.primary)
        if len(draws) > 1 and base != 0:
            real, *shuffled = (_mean(run, suite.primary) / base - 1 for run in (runs[0], *draws))
            found[method] = among_shuffles(real, shuffled)
    return found


def look_at_other_parts(result: ScenarioResults, suite: Suite) -> dict[str, OtherParts]:
    """Say what the folds tell of each gain had other training parts been drawn, as shares of the counterpart's mean."""
    folds = result.counts.folds
    if len(folds) < 2:
        return {}
    n_train, n_test = (
        float(np.mean(sizes))
        for sizes in ([fold.training for fold in folds], [fold.test_interactions for fold in folds])
    )
    found = {}
    for method, _, control in beside_counterparts(result):
        base = float(np.mean([_mean(run, suite.primary) for run in control]))
        sides = [_by_fold(result, name, suite.primary) for name in (method, control[0].cell.method)]
        if base != 0 and all(len(side) == len(folds) for side in sides):
            gains = [(sides[0][fold.fold] - sides[1][fold.fold]) / base for fold in folds]
            found[method] = other_training_parts(gains, n_train=n_train, n_test=n_test, level=1 - suite.alpha)
    return found


def _draws(result: ScenarioResults, method: str, placebo: str | None) -> list[RunResult]:
    """Runs of a method with a placebo, one per draw."""
    return [run for run in result.draws if (run.cell.method, run.cell.placebo) == (method, placebo)]


def _mean(run: RunResult, metric: str) -> float:
    return float(run.values[metric].mean())


def _by_fold(result: ScenarioResults, method: str, metric: str) -> dict[int, float]:
    """Mean over a method's seeds in each fold."""
    found: dict[int, list[float]] = {}
    for run in _true_runs(result.by_fold, method):
        found.setdefault(run.cell.fold, []).append(_mean(run, metric))
    return {fold: float(np.mean(means)) for fold, means in found.items()}


def _true_runs(runs: Sequence[RunResult], method: str) -> list[RunResult]:
    return [run for run in runs if run.cell.method == method and run.cell.placebo is None]
