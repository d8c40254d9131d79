"""Suite x split -> Plan: which cells a scenario consists of, and which methods cannot run on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell
from tlbench.methods.applicable import why_not
from tlbench.methods.twin_controls import MATCHED_REMOVAL, WITHOUT_TWINS
from tlbench.registry import MethodEntry
from tlbench.split.counts import Tally, counts_by_population, make_counts
from tlbench.store.contents import Plan
from tlbench.tune import Search
from tlbench.values import KEEP

if TYPE_CHECKING:
    from tlbench.split.counts import ScenarioCounts
    from tlbench.split.training import Split
    from tlbench.suite import Suite

DRAWS = 3
"""Draws of the items that are removed to see what the removal of so many costs."""


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
        for one in wanted(suite, plan):
            search = one.search
            if not one.asked:
                continue
            if search.label not in best and one.is_tuned(suite):
                searches[search.label] = search
            else:
                cells += _cells(suite, plan.counts.scenario, search, best.get(search.label), fold)
                cells += _twin_cells(suite, plan.counts, search, best.get(search.label), fold)
    return replace(plan, cells=tuple(cells), searches=tuple(searches.values()))


@dataclass(frozen=True)
class Wanted:
    """A method that can run, or its placebo; `asked` is false for a placebo that results have yet to ask for."""

    search: Search
    asked: bool = True

    def is_tuned(self, suite: Suite) -> bool:
        """Whether anything of it is searched for."""
        return bool(suite.tune and (self.search.space or self.search.epochs_field))


def wanted(suite: Suite, plan: Plan) -> Iterator[Wanted]:
    """Go through the methods that can run, each with its placebo behind it where it may run."""
    undecided = suite.placebo is None and not plan.rule
    for entry in suite.entries():
        if entry.name in plan.not_applicable:
            continue
        fixed = suite.parameters.get(entry.name, {})
        yield Wanted(Search(entry, None, suite.primary, fixed))
        if entry.name in plan.asked or (undecided and entry.placebo):
            yield Wanted(Search(entry, entry.placebo, suite.primary, fixed), asked=entry.name in plan.asked)


def _cells(suite: Suite, scenario: str, search: Search, tuned: Mapping[str, Any] | None, fold: int) -> Iterable[Cell]:
    parameters = dict(tuned) if tuned else complete_parameters(search.entry, search.fixed)
    for seed in range(seeds_of(suite, search)):
        yield Cell(scenario, search.entry.name, parameters, seed, search.placebo, fold)


def seeds_of(suite: Suite, search: Search) -> int:
    """Number of seeds: one for a method that draws nothing; a placebo draws always, as often as it is asked to."""
    if search.placebo is None:
        return 1 if search.entry.deterministic else suite.seeds
    return max(suite.seeds, suite.placebo_draws)


def _twin_cells(
    suite: Suite, counts: ScenarioCounts, search: Search, tuned: Mapping[str, Any] | None, fold: int
) -> Iterator[Cell]:
    """Where twins that tell the test were kept: a method without them, and without as many other items, drawn anew."""
    entry = search.entry
    if suite.twins != KEEP or not counts.source_leaks or search.placebo is not None or entry.family == "baseline":
        return
    parameters = dict(tuned) if tuned else complete_parameters(entry, search.fixed)
    for seed in range(1 if entry.deterministic else suite.seeds):
        yield Cell(counts.scenario, entry.name, parameters, seed, WITHOUT_TWINS, fold)
    for seed in range(max(suite.seeds, DRAWS)):
        yield Cell(counts.scenario, entry.name, parameters, seed, MATCHED_REMOVAL, fold)


def complete_parameters(entry: MethodEntry, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return all hyper-parameters of a method by name, the defaults where none is chosen."""
    recommender = entry.build(**chosen)
    return {field.name: getattr(recommender, field.name) for field in fields(recommender)}
