"""One scenario of a suite: prepare the split, plan the cells, let the executor run what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from tlbench.execute.inputs import inputs_of
from tlbench.execute.plan import make_plan, seeds_of, with_placebos, with_tuned
from tlbench.execute.tasks import CellTask, SearchTask, cell_name, search_name
from tlbench.progress import CellEvent, Progress, tell_of_cell
from tlbench.scenario.gap import Gap, make_gap
from tlbench.split.counts import Tally, tally
from tlbench.stats.histories import user_features
from tlbench.store.address import address, search_address
from tlbench.store.folds import average
from tlbench.tune import Budget, Tuning

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.execute.context import RunContext
    from tlbench.execute.executor import Session
    from tlbench.execute.tasks import Task
    from tlbench.scenario.grammar import ScenarioName
    from tlbench.split.split import Splits
    from tlbench.split.training import Split
    from tlbench.store.contents import Plan

Piece = tuple[str, str]
"""A method and what tells one of its pieces of work from the others."""

_WORTH_TELLING = 1.0
"""Seconds of compiling that a user who waits is told of."""


@dataclass(frozen=True)
class PlaceboGate:
    """Which methods are asked whether their gain is the source's.

    Attributes
    ----------
    rule
        Names how that is decided: what was asked by the same rule of the same results is not asked again.
    passed
        Returns, by the results of a scenario, the transfer methods that showed a gain to ask about.
    """

    rule: str
    passed: Callable[[str], tuple[str, ...]]


def run_scenario(
    name: ScenarioName,
    prepare: Callable[[], Splits],
    context: RunContext,
    *,
    gate: PlaceboGate | None = None,
    only_failed: bool,
    progress: Progress,
) -> None:
    """Run the cells of one scenario that are not there yet: methods, then placebos of those that pass the gate.

    Parameters
    ----------
    name
        The scenario.
    prepare
        Makes its splits; called only where any cell is missing.
    context
        Where it is run, by which executor.
    gate
        Chooses the methods whose placebos are run, once all methods have been; None leaves the plan as it is.
    only_failed
        Run only what failed before.
    progress
        Listener of the work.
    """
    inputs = inputs_of(context.suite, name, context.catalogue, offline=context.offline, progress=progress)
    run = _ScenarioRun(name, cache(prepare), context, inputs, only_failed, progress)
    plan = context.folder.read_plan(str(name), inputs)
    worked = run.work(plan or run.make_plan())
    if gate is None or (worked.plan.rule == gate.rule and not worked.anything):
        return
    run.work(run.ask_placebos(worked.plan, gate))


@dataclass(frozen=True)
class _Worked:
    """A plan whose cells have run, and whether any of them had to."""

    plan: Plan
    anything: bool


@dataclass(frozen=True)
class _ScenarioRun:
    """The run of one scenario; its splits are made when they are first needed."""

    name: ScenarioName
    splits: Callable[[], Splits]
    context: RunContext
    inputs: str
    only_failed: bool
    progress: Progress
    told: dict[Piece, str] = field(default_factory=dict)
    ran: set[Piece] = field(default_factory=set)

    def make_plan(self) -> Plan:
        """Plan all methods."""
        self.context.executor.get_ready(self.context.tools)
        if self.context.suite.tune:
            self.context.folder.write_tunings(str(self.name), ())
        return self._keep(_planned(self.splits(), self.context))

    def ask_placebos(self, plan: Plan, gate: PlaceboGate) -> Plan:
        """Add the placebos of the methods that pass, and take away those of all others."""
        asked = gate.passed(str(self.name))
        tunings = [one for one in self._tunings() if one.placebo is None or one.method in asked]
        if self.context.suite.tune:
            self.context.folder.write_tunings(str(self.name), tunings)
        with_them = with_placebos(self.context.suite, plan, asked, _best(tunings, plan))
        return self._keep(replace(with_them, rule=gate.rule))

    def work(self, plan: Plan) -> _Worked:
        """Run what is missing of a plan, fold by fold; what is to be tuned on a fold comes before its cells."""
        missing = self._missing(plan)
        if not (missing or plan.searches):
            return _Worked(plan, anything=False)
        self.context.executor.get_ready(self.context.tools)
        self._tell_of_tuned(plan)
        for fold in self.splits().folds:
            tasks = [task for task in missing if task.cell.fold == fold]
            if not (plan.searches or tasks):
                continue
            with self.context.executor.session(self.splits().make(fold)) as session:
                if plan.searches:
                    plan = self._tune(plan, fold, session)
                    tasks = self._missing(plan, fold)
                if tasks:
                    self.ran.update((task.method, task.name) for task in tasks)
                    run_tasks(tasks, session, self.context, scenario=str(self.name), progress=self.progress)
        return _Worked(plan, anything=True)

    def _tune(self, plan: Plan, fold: int, session: Session) -> Plan:
        """Tune what the plan says on one fold, and list the cells that are known then."""
        new = _tuned(plan, fold, session, self.context, progress=self.progress)
        labels = {tuning.label for tuning in new}
        tunings = [*(tuning for tuning in self._tunings() if tuning.label not in labels), *new]
        self.context.folder.write_tunings(str(self.name), tunings)
        return self._keep(with_tuned(self.context.suite, plan, _best(tunings, plan)))

    def _tunings(self) -> tuple[Tuning, ...]:
        suite = self.context.suite
        if not suite.tune:
            return ()
        return self.context.folder.read_tunings(str(self.name), Budget(suite.tune, suite.tune_seconds))

    def _missing(self, plan: Plan, fold: int | None = None) -> list[CellTask]:
        """List what has not run, on one fold or on all, and tell once of each cell whether it is there."""
        tasks = []
        for cell in plan.cells:
            if fold not in (None, cell.fold):
                continue
            digest = plan.counts.digest_of(cell.fold)
            task = CellTask(cell, address(cell, split_digest=digest, metrics=self.context.suite.metrics))
            there = self.context.folder.has(cell, task.address)
            self._tell_once(task.method, task.name, "reused" if there else "waiting")
            wanted = self.context.folder.failure(cell) is not None or not self.only_failed
            tried = (task.method, task.name) in self.ran  # in this run: it would fail again
            if wanted and not there and not tried:
                tasks.append(task)
        return tasks

    def _tell_once(self, method: str, name: str, state: Literal["reused", "waiting"], steps: int = 1) -> None:
        """Tell of a piece of work that it is there or that it waits, unless that is known or it has run."""
        piece = (method, name)
        if piece not in self.ran and self.told.get(piece) != state:
            self.told[piece] = state
            tell_of_cell(self.progress, CellEvent(str(self.name), method, name, state, steps=steps))

    def _tell_of_tuned(self, plan: Plan) -> None:
        """Tell of the searches, and of the cells whose parameters they will find."""
        folds = [counts.fold for counts in plan.counts.folds]
        for search in plan.searches:
            for fold in folds:
                name = search_name(fold if len(folds) > 1 else None)
                self._tell_once(search.label, name, "waiting", self.context.suite.tune)
                for seed in range(seeds_of(self.context.suite, search)):
                    self._tell_once(search.label, cell_name(seed, fold), "waiting")

    def _keep(self, plan: Plan) -> Plan:
        self.context.folder.write_plan(plan, self.inputs)
        return plan


def _planned(splits: Splits, context: RunContext) -> Plan:
    """Look at every fold once: count, note what is known of the users, and list the cells."""
    tallies: list[Tally] = []
    features: dict[str | None, list[pd.DataFrame]] = {}
    for split in splits:
        tallies.append(tally(split))
        if split.fold == splits.latest:
            gap = gap_of(split)
        features.setdefault(split.population, []).append(user_features(split))
    plan = make_plan(context.suite, tallies, split, unasked=splits.unasked)
    for counts in plan.populations:
        context.folder.write_features(counts.scenario, average(features[counts.population]))
    context.folder.write_gap(gap)
    return plan


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


def run_tasks(
    tasks: Sequence[Task], session: Session, context: RunContext, *, scenario: str, progress: Progress
) -> None:
    """Let the executor run tasks and tell of each."""

    def started(task: Task) -> None:
        _tell(progress, task, scenario, "running")

    for task, outcome in session.run(tasks, context.tools, started=started, progress=progress):
        event = CellEvent(
            scenario, task.method, task.name, outcome.state, outcome.seconds, outcome.reason, steps=task.steps
        )
        tell_of_cell(progress, event)
        if outcome.compiling >= _WORTH_TELLING:
            progress.say(f"compiled kernels of {task.method} for {outcome.compiling:.0f} s, once on this machine")
        if outcome.state == "failed":
            progress.say(f"{task.method} {task.name} failed: {outcome.reason}")


def _tell(progress: Progress, task: Task, scenario: str, state: str) -> None:
    tell_of_cell(progress, CellEvent(scenario, task.method, task.name, state, steps=task.steps))  # type: ignore[arg-type]
