"""Suite x split -> Plan: which cells a scenario consists of, and which methods cannot run on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from tlbench.errors import TlbenchError
from tlbench.evaluate import Cell
from tlbench.methods.applicable import why_not
from tlbench.registry import MethodEntry
from tlbench.split.card import make_card
from tlbench.store.results import Plan

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
    reasons = {entry.name: why_not(entry, split.training) for entry in suite.entries()}
    not_applicable = {name: reason for name, reason in reasons.items() if reason}
    runnable = [entry for entry in suite.entries() if entry.name not in not_applicable]
    if suite.methods and all(entry.family == "baseline" for entry in runnable):
        raise TlbenchError(
            f"none of {', '.join(f'`{name}`' for name in suite.methods)} can run on `{split.scenario.name}`: "
            f"{not_applicable[suite.methods[0]]}",
            hint="`tlbench list methods` shows what each method needs",
        )
    cells = tuple(cell for entry in runnable for cell in _cells(suite, split.scenario.name, entry))
    return Plan(make_card(split), cells, not_applicable)


def _cells(suite: Suite, scenario: str, entry: MethodEntry) -> Iterable[Cell]:
    parameters = complete_parameters(entry, suite.parameters.get(entry.name, {}))
    for seed in range(1 if entry.deterministic else suite.seeds):
        yield Cell(scenario, entry.name, parameters, seed)
    if suite.placebo and entry.placebo is not None:
        for seed in range(suite.seeds):
            yield Cell(scenario, entry.name, parameters, seed, entry.placebo)


def complete_parameters(entry: MethodEntry, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return all hyper-parameters of a method by name, the defaults where none is chosen."""
    recommender = entry.build(**chosen)
    return {field.name: getattr(recommender, field.name) for field in fields(recommender)}
