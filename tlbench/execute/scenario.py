"""One scenario of a suite: prepare the split, plan the cells, let the executor run what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tlbench.execute.inputs import inputs_of
from tlbench.execute.plan import make_plan, with_tuned
from tlbench.execute.tasks import CellTask, SearchTask
from tlbench.progress import CellEvent, Progress, tell_of_cell
from tlbench.scenario.gap import Gap, make_gap
from tlbench.stats.histories import user_features
from tlbench.store.address import address, search_address
from tlbench.tune import Budget

if TYPE_CHECKING:
    from tlbench.execute.context import RunContext
    from tlbench.execute.executor import Session
    from tlbench.execute.tasks import Task
    from tlbench.scenario.grammar import ScenarioName
    from tlbench.split.training import Split
    from tlbench.store.results import Plan


def run_scenario(
    name: ScenarioName, prepare: Callable[[], Split], context: RunContext, *, only_failed: bool, progress: Progress
) -> None:
    """Run the cells of one scenario that are not there yet; `prepare` makes its split, where any is missing."""
    inputs = inputs_of(context.suite, name, context.catalogue, offline=context.offline, progress=progress)
    finished = context.folder.read_plan(str(name), inputs)
    if finished and not _missing(finished, context, only_failed=only_failed, progress=progress):
        return
    context.executor.get_ready(context.tools)
    split = prepare()
    plan = make_plan(context.suite, split)
    context.folder.write_plan(plan, inputs)
    context.folder.write_features(str(name), user_features(split))
    context.folder.write_gap(gap_of(split))
    with context.executor.session(split) as session:
        del split
        if plan.searches:
            plan = _tuned(plan, session, context, progress=progress)
            context.folder.write_plan(plan, inputs)
        tasks = _missing(plan, context, only_failed=only_failed, progress=progress)
        if tasks:
            run_tasks(tasks, session, context, scenario=plan.counts.scenario, progress=progress)


def gap_of(split: Split) -> Gap:
    """Compare the domains of a split, with the moment that cuts them all where there is one."""
    return make_gap(split.scenario, cut=None if split.cut is None else split.cut[0])


def _tuned(plan: Plan, session: Session, context: RunContext, *, progress: Progress) -> Plan:
    """Tune everything that has a search space, all with the same budget, and plan the cells with what was best."""
    scenario, digest = plan.counts.scenario, plan.counts.digest
    budget = Budget(context.suite.tune, context.suite.tune_seconds)
    tasks = [
        SearchTask(scenario, search.label, search.metric, tuple(search.fixed.items()), budget, address)
        for search in plan.searches
        for address in [search_address(search, split_digest=digest)]
    ]
    waiting = [task for task in tasks if not task.tuning(context.tools).finished]
    for task in tasks:
        _tell(progress, task, scenario, "waiting" if task in waiting else "reused")
    if waiting:
        run_tasks(waiting, session, context, scenario=scenario, progress=progress)
    tunings = [task.tuning(context.tools) for task in tasks]
    context.folder.write_tunings(scenario, tunings)
    best = {tuning.label: tuning.best for tuning in tunings}
    # Where no trial succeeded the defaults are run, so that the reason of the failure stands in the report.
    return with_tuned(context.suite, plan, {label: trial.parameters if trial else {} for label, trial in best.items()})


def _missing(plan: Plan, context: RunContext, *, only_failed: bool, progress: Progress) -> list[CellTask]:
    tasks = []
    for cell in plan.cells:
        task = CellTask(cell, address(cell, split_digest=plan.counts.digest, metrics=context.suite.metrics))
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
        if outcome.state == "failed":
            progress.say(f"{task.method} {task.name} failed: {outcome.reason}")


def _tell(progress: Progress, task: Task, scenario: str, state: str) -> None:
    tell_of_cell(progress, CellEvent(scenario, task.method, task.name, state))  # type: ignore[arg-type]
