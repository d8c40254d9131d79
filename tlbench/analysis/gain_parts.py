"""Results of a scenario -> what else is known of each gain: its shares, whole-run metrics, its part through twins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlbench.errors import NotComparable
from tlbench.methods.twin_controls import MATCHED_REMOVAL, WITHOUT_TWINS
from tlbench.registry import METHODS
from tlbench.stats.aggregates import aggregate_values, compare_aggregate, is_aggregate
from tlbench.stats.comparison import Comparison
from tlbench.stats.gain_shares import GainShare, gain_shares
from tlbench.stats.twin_parts import TwinParts, part_twins

if TYPE_CHECKING:
    from tlbench.evaluation import RunResult
    from tlbench.store.results import ScenarioResults
    from tlbench.suite import Suite


def transfer_methods(result: ScenarioResults) -> list[str]:
    """Names of the transfer methods that ran, in their order."""
    names = dict.fromkeys(run.cell.method for run in result.runs if run.cell.placebo is None)
    return [name for name in names if METHODS.get(name).family != "baseline"]


def gain_shares_of(result: ScenarioResults, suite: Suite) -> dict[str, tuple[GainShare, ...]]:
    """Take apart the gain of every transfer method that can be compared with its counterpart."""
    found = {}
    for method, runs, control in beside_counterparts(result):
        try:
            shares = gain_shares(runs, control, suite.primary, features=result.features, alpha=suite.alpha)
        except NotComparable:
            continue
        if shares:
            found[method] = shares
    return found


def aggregates_of(result: ScenarioResults, suite: Suite) -> dict[str, tuple[Comparison, ...]]:
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


def twin_parts_of(result: ScenarioResults, suite: Suite) -> dict[str, TwinParts]:
    """Say what of each gain comes through twins, where the runs that tell are there."""
    found = {}
    for method, runs, control in beside_counterparts(result):
        without, matched = result.of(method, WITHOUT_TWINS), result.of(method, MATCHED_REMOVAL)
        if without and matched:
            found[method] = part_twins(runs, control, without, matched, suite.primary, alpha=suite.alpha)
    return found


def beside_counterparts(
    result: ScenarioResults,
) -> Iterator[tuple[str, tuple[RunResult, ...], tuple[RunResult, ...]]]:
    """Go through the transfer methods whose counterpart ran: name, runs, the counterpart's runs."""
    for method in transfer_methods(result):
        control = result.of(str(METHODS.get(method).counterpart))
        if control:
            yield method, result.of(method), control
