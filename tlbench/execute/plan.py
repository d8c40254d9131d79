"""Suite x split -> Plan: which cells a scenario consists of, and which methods cannot run on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell
from tlbench.methods.applicable import why_not
from tlbench.registry import MethodEntry
from tlbench.split.counts import Tally, counts_by_population, make_counts
from tlbench.store.results import Plan
from tlbench.tune import Search

if TYPE_CHECKING:
    from tlbench.split.training import Split
    from tlbench.suite import Suite


def make_plan(suite: Suite, tallies: Sequence[Tally], split: Split, *, unasked: str | None = None) -> Plan:
    """List the cells of one scenario: baselines first, then transfer methods, each with its placebo behind it.

    Placebos are in it where the suite wants those of all methods; see `with_placebos` for those that are asked later.

    Parameters
    ----------
    suite
        What is run.
    tallies
        Counts of all folds.
    split
        Any of the folds; what its domains offer decides which methods can run.
    unasked
        What cannot be asked of the scenario, and why.

    Raises
    ------
    TlbenchError
        If the user chose transfer methods and none of them can run, or nobody can be judged.
    """
    if not all(found.counts.judged_users and found.counts.validation_users for found in tallies):
        raise TlbenchError(
            f"`{split.scenario.name}` leaves no user to judge under protocol `{split.protocol}`",
            hint="loosen the filters (`--k-core 1`) or use `--protocol k-fold`",
        )
    unlinked = split.scenario.bridge.unlinked
    reasons = {entry.name: why_not(entry, split.training, unlinked=unlinked) for entry in suite.entries()}
    not_applicable = {name: reason for name, reason in reasons.items() if reason}
    runnable = [entry for entry in suite.entries() if entry.name not in not_applicable]
    if suite.methods and all(entry.family == "baseline" for entry in runnable):
        raise TlbenchError(
            f"none of {', '.join(f'`{name}`' for name in suite.methods)} can run on `{split.scenario.name}`: "
            f"{not_applicable[suite.methods[0]]}",
            hint="`tlbench list methods` shows what each method needs",
        )
    asked = tuple(entry.name for entry in runnable if entry.placebo) if suite.placebo else ()
    populations = counts_by_population(tallies, unasked)
    plan = Plan(make_counts(tallies), (), not_applicable, populations=populations, asked=asked)
    return with_tuned(suite, plan, {})


def with_placebos(
    suite: Suite, plan: Plan, asked: Sequence[str], tuned: Mapping[int, Mapping[str, Mapping[str, Any]]]
) -> Plan:
    """List the cells of a plan together with the placebos of the methods `asked`, and of no others.

    Parameters
    ----------
    suite, plan, tuned
        As for `with_tuned`.
    asked
        Transfer methods.
    """
    return with_tuned(suite, replace(plan, asked=tuple(asked)), tuned)


def with_tuned(suite: Suite, plan: Plan, tuned: Mapping[int, Mapping[str, Mapping[str, Any]]]) -> Plan:
    """List the cells whose parameters are known: all without tuning; with it, those of methods that have been tuned.

    Parameters
    ----------
    suite, plan
        What is run; the cells and searches of the plan are made anew.
    tuned
        Best hyper-parameters, complete, by fold and method (with its placebo).
    """
    cells: list[Cell] = []
    searches: dict[str, Search] = {}
    for fold in (counts.fold for counts in plan.counts.folds):
        best = tuned.get(fold, {})
        for search in _wanted(suite, plan):
            if suite.tune and search.label not in best and (search.space or search.epochs_field):
                searches[search.label] = search
            else:
                cells += _cells(suite, plan.counts.scenario, search, best.get(search.label), fold)
    return replace(plan, cells=tuple(cells), searches=tuple(searches.values()))


def _wanted(suite: Suite, plan: Plan) -> Iterator[Search]:
    """Go through the methods that can run, each with its placebo behind it where that is asked."""
    for entry in suite.entries():
        if entry.name in plan.not_applicable:
            continue
        for placebo in (None, entry.placebo) if entry.name in plan.asked else (None,):
            yield Search(entry, placebo, suite.primary, suite.parameters.get(entry.name, {}))


def _cells(suite: Suite, scenario: str, search: Search, tuned: Mapping[str, Any] | None, fold: int) -> Iterable[Cell]:
    parameters = dict(tuned) if tuned else complete_parameters(search.entry, search.fixed)
    once = search.entry.deterministic and search.placebo is None
    draws = 1 if search.placebo is None else suite.placebo_draws
    for seed in range(1 if once else max(suite.seeds, draws)):
        yield Cell(scenario, search.entry.name, parameters, seed, search.placebo, fold)


def complete_parameters(entry: MethodEntry, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return all hyper-parameters of a method by name, the defaults where none is chosen."""
    recommender = entry.build(**chosen)
    return {field.name: getattr(recommender, field.name) for field in fields(recommender)}
