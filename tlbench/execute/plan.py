"""Suite x split -> Plan: which cells a scenario consists of, and which methods cannot run on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from tlbench.errors import TlbenchError
from tlbench.evaluate import Cell
from tlbench.methods.applicable import why_not
from tlbench.registry import MethodEntry
from tlbench.split.counts import make_counts
from tlbench.store.results import Plan
from tlbench.tune import Search

if TYPE_CHECKING:
    from tlbench.split.training import Split
    from tlbench.suite import Suite


def make_plan(suite: Suite, split: Split) -> Plan:
    """List the cells of one scenario: baselines first, then transfer methods, each with its placebo behind it.

    Raises
    ------
    TlbenchError
        Where the user chose transfer methods and none of them can run, or nobody can be judged.
    """
    if not len(split.users) or not len(split.validation_users):
        raise TlbenchError(
            f"`{split.scenario.name}` leaves no user to judge under protocol `{split.protocol}`",
            hint="loosen the filters (`--k-core 1`) or use `--protocol ratio`",
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
    return with_tuned(suite, Plan(make_counts(split), (), not_applicable), {})


def with_tuned(suite: Suite, plan: Plan, tuned: Mapping[str, Mapping[str, Any]]) -> Plan:
    """List the cells whose parameters are known: all without tuning; with it, those of methods that have been tuned.

    Parameters
    ----------
    suite, plan
        What is run; the cells and searches of the plan are made anew.
    tuned
        Best hyper-parameters, complete, by method (with its placebo).
    """
    cells: list[Cell] = []
    searches: list[Search] = []
    for entry in suite.entries():
        if entry.name in plan.not_applicable:
            continue
        for placebo in (None, entry.placebo) if suite.placebo and entry.placebo else (None,):
            search = Search(entry, placebo, suite.primary, suite.parameters.get(entry.name, {}))
            if suite.tune and search.label not in tuned and (search.space or search.epochs_field):
                searches.append(search)
            else:
                cells += _cells(suite, plan.counts.scenario, search, tuned.get(search.label))
    return replace(plan, cells=tuple(cells), searches=tuple(searches))


def _cells(suite: Suite, scenario: str, search: Search, tuned: Mapping[str, Any] | None) -> Iterable[Cell]:
    parameters = dict(tuned) if tuned else complete_parameters(search.entry, search.fixed)
    once = search.entry.deterministic and search.placebo is None
    for seed in range(1 if once else suite.seeds):
        yield Cell(scenario, search.entry.name, parameters, seed, search.placebo)


def complete_parameters(entry: MethodEntry, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return all hyper-parameters of a method by name, the defaults where none is chosen."""
    recommender = entry.build(**chosen)
    return {field.name: getattr(recommender, field.name) for field in fields(recommender)}
