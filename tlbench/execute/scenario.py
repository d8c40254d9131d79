"""One scenario of a suite: prepare the split, plan the cells, let the executor run what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tlbench.execute.inputs import inputs_of
from tlbench.execute.plan import make_plan, with_tuned
from tlbench.execute.tasks import CellTask, SearchTask
from tlbench.progress import CellEvent, Progress, tell_of_cell
from tlbench.scenario.gap import Gap, make_gap
from tlbench.split.counts import tally
from tlbench.stats.histories import user_features
from tlbench.store.address import address, search_address
from tlbench.store.folds import average
from tlbench.tune import Budget, Tuning

if TYPE_CHECKING:
    from tlbench.execute.context import RunContext
    from tlbench.execute.executor import Session
    from tlbench.execute.tasks import Task
    from tlbench.scenario.grammar import ScenarioName
    from tlbench.split.split import Splits
    from tlbench.split.training import Split
    from tlbench.store.results import Plan

_WORTH_TELLING = 1.0
"""Seconds of compiling that a user who waits is told of."""


def run_scenario(
    name: ScenarioName, prepare: Callable[[], Splits], context: RunContext, *, only_failed: bool, progress: Progress
) -> None:
    """Run the cells of one scenario that are not there yet; `prepare` makes its splits, where any is missing."""
    inputs = inputs_of(context.suite, name, context.catalogue, offline=context.offline, progress=progress)
    finished = context.folder.read_plan(str(name), inputs)
    if finished and not _missing(finished, context, only_failed=only_failed, progress=progress):
        return
    context.executor.get_ready(context.tools)
    splits = prepare()
    plan = _planned(name, splits, context)
    context.folder.write_plan(plan, inputs)
    tunings: list[Tuning] = []
    for fold in progress.track(splits.folds, "folds"):
        todo = partial(_missing, context=context, fold=fold, only_failed=only_failed, progress=progress)
        tasks = [] if plan.searches else todo(plan)
        if not (plan.searches or tasks):
            continue
        with context.executor.session(splits.make(fold)) as session:
            if plan.searches:
                tunings += _tuned(plan, fold, session, context, progress=progress)
                context.folder.write_tunings(str(name), tunings)
                plan = with_tuned(context.suite, plan, _best(tunings, plan))
                context.folder.write_plan(plan, inputs)
                tasks = todo(plan)
            if tasks:
                run_tasks(tasks, session, context, scenario=str(name), progress=progress)


def _planned(name: ScenarioName, splits: Splits, context: RunContext) -> Plan:
    """Look at every fold once: count, note what is known of the users, and list the cells."""
    tallies, features = [], []
    for split in splits:
        tallies.append(tally(split))
        features.append(user_features(split))
    context.folder.write_features(str(name), features[0] if len(features) == 1 else average(features))
    context.folder.write_gap(gap_of(split))
    return make_plan(context.suite, tallies, split)


def gap_of(split: Split) -> Gap:
    """Compare the domains of a split, with the moment that cuts them all where there is one."""
    return make_gap(split.scenario, cut=None if split.selection is None else split.selection.cut)


def _tuned(plan: Plan, fold: int, session: Session, context: RunContext, *, progress: Progress) -> list[Tuning]:
    """Tune everything that has a search space on one fold, all with the same budget."""
    scenario, digest = plan.counts.scenario, plan.counts.digest_of(fold)
    budget = Budget(context.suite.tune, context.suite.tune_seconds)
    several = fold if len(plan.counts.folds) > 1 else None
    tasks = [
        SearchTask(scenario, search.label, search.metric, tuple(search.fixed.items()), budget, address, several)
        for search in plan.searches
        for address in [search_address(search, split_digest=digest)]
    ]
    waiting = [task for task in tasks if not task.tuning(context.tools).finished]
    for task in tasks:
        _tell(progress, task, scenario, "waiting" if task in waiting else "reused")
    if waiting:
        run_tasks(waiting, session, context, scenario=scenario, progress=progress)
    return [task.tuning(context.tools) for task in tasks]


def _best(tunings: Sequence[Tuning], plan: Plan) -> dict[int, dict[str, Mapping[str, Any]]]:
    """Return the best parameters by fold and method.

    Where no trial succeeded the defaults are run, so that the reason of the failure stands in the report.
    """
    found: dict[int, dict[str, Mapping[str, Any]]] = {}
    for tuning in tunings:
        fold = plan.counts.folds[0].fold if tuning.fold is None else tuning.fold
        label = replace(tuning, fold=None).label
        found.setdefault(fold, {})[label] = tuning.best.parameters if tuning.best else {}
    return found


def _missing(
    plan: Plan, context: RunContext, *, only_failed: bool, progress: Progress, fold: int | None = None
) -> list[CellTask]:
    """List what has not run, on one fold or on all."""
    tasks = []
    for cell in plan.cells:
        if fold not in (None, cell.fold):
            continue
        digest = plan.counts.digest_of(cell.fold)
        task = CellTask(cell, address(cell, split_digest=digest, metrics=context.suite.metrics))
        there = context.folder.has(cell, task.address)
        wanted = context.folder.failure(cell) is not None or not only_failed
        _tell(progress, task, plan.counts.scenario, "reused" if there else "waiting")
        if wanted and not there:
            tasks.append(task)
    return tasks


def run_tasks(
    tasks: Sequence[Task], session: Session, context: RunContext, *, scenario: str, progress: Progress
) -> None:
    """Let the executor run tasks and tell of each."""

    def started(task: Task) -> None:
        _tell(progress, task, scenario, "running")

    ended = session.run(tasks, context.tools, started=started, progress=progress)
    for task, outcome in progress.track(ended, f"{len(tasks)} cells", total=len(tasks)):
        event = CellEvent(scenario, task.method, task.name, outcome.state, outcome.seconds, outcome.reason)
        tell_of_cell(progress, event)
        if outcome.compiling >= _WORTH_TELLING:
            progress.say(f"compiled kernels of {task.method} for {outcome.compiling:.0f} s, once on this machine")
        if outcome.state == "failed":
            progress.say(f"{task.method} {task.name} failed: {outcome.reason}")


def _tell(progress: Progress, task: Task, scenario: str, state: str) -> None:
    tell_of_cell(progress, CellEvent(scenario, task.method, task.name, state))  # type: ignore[arg-type]
