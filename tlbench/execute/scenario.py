"""One scenario of a suite: prepare the split, plan the cells, let the crew run what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tlbench.execute.plan import make_plan
from tlbench.execute.tasks import CellTask
from tlbench.progress import CellEvent, Progress, tell_of_cell
from tlbench.store.address import address

if TYPE_CHECKING:
    from tlbench.execute.crew import Shift
    from tlbench.execute.site import Site
    from tlbench.execute.tasks import Task
    from tlbench.split.training import Split
    from tlbench.store.results import Plan


def run_scenario(prepare: Callable[[], Split], site: Site, *, only_failed: bool, progress: Progress) -> None:
    """Run the cells of one scenario that are not there yet; `prepare` makes its split."""
    split = prepare()
    plan = make_plan(site.suite, split)
    site.folder.write_plan(plan)
    tasks = _missing(plan, site, only_failed=only_failed, progress=progress)
    if not tasks:
        return
    with site.crew.shift(split) as shift:
        del split
        run_tasks(tasks, shift, site, scenario=plan.card.scenario, progress=progress)


def _missing(plan: Plan, site: Site, *, only_failed: bool, progress: Progress) -> list[CellTask]:
    tasks = []
    for cell in plan.cells:
        task = CellTask(cell, address(cell, split_digest=plan.card.digest, metrics=site.suite.metrics))
        there = site.folder.has(cell, task.address)
        wanted = site.folder.failure(cell) is not None or not only_failed
        _tell(progress, task, plan.card.scenario, "reused" if there else "waiting")
        if wanted and not there:
            tasks.append(task)
    return tasks


def run_tasks(tasks: Sequence[Task], shift: Shift, site: Site, *, scenario: str, progress: Progress) -> None:
    """Let a shift run tasks and tell of each."""

    def started(task: Task) -> None:
        _tell(progress, task, scenario, "running")

    ended = shift.run(tasks, site.tools, started=started, progress=progress)
    for task, outcome in progress.track(ended, f"{len(tasks)} cells", total=len(tasks)):
        event = CellEvent(scenario, task.method, task.name, outcome.state, outcome.seconds, outcome.reason)
        tell_of_cell(progress, event)
        if outcome.state == "failed":
            progress.say(f"{task.method} {task.name} failed: {outcome.reason}")


def _tell(progress: Progress, task: Task, scenario: str, state: str) -> None:
    tell_of_cell(progress, CellEvent(scenario, task.method, task.name, state))  # type: ignore[arg-type]
