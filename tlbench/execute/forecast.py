"""Plan x results folder -> Forecast: what a run would do, what is there already, how long it may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.execute.plan import Wanted, seeds_of, wanted
from tlbench.store.address import address, search_address

if TYPE_CHECKING:
    from tlbench.evaluation import Cell
    from tlbench.split.counts import ScenarioCounts
    from tlbench.store.contents import Plan
    from tlbench.store.results import ResultsFolder
    from tlbench.suite import Suite
    from tlbench.tune import Search, Trial

_BYTES_OF_AN_INTERACTION = 24
_BYTES_OF_A_PROCESS = 300 * 2**20
_SECONDS_OF_A_SCORE = 1e-8


@dataclass(frozen=True)
class ForecastRow:
    """What is to be done for one method, or for one method on its placebo.

    Attributes
    ----------
    label
        Method, with the placebo's name where there is one.
    cells, done, failed
        Number of cells, over folds and seeds; those that are finished; those that failed and would be tried again.
    trials, tried
        Number of trials of tuning, over folds; those that are there.
    asked
        False for a placebo that is run only if the method beats its counterpart.
    seconds, trial_seconds
        Of one cell and of one trial: the mean of finished ones of the label, or of the method for its placebo; else a
        guess from the number of scores.
    bytes
        Peak memory of the process that runs a cell, in the same way.
    measured
        Whether they come from finished cells.
    """

    label: str
    cells: int
    done: int
    failed: int
    trials: int
    tried: int
    asked: bool
    seconds: float
    trial_seconds: float
    bytes: int
    measured: bool

    @property
    def seconds_left(self) -> float:
        """Time of the cells and trials that are not done, one after another."""
        return self.seconds * (self.cells - self.done) + self.trial_seconds * (self.trials - self.tried)


@dataclass(frozen=True)
class Forecast:
    """What a run of one scenario would do; counts and times are of what is sure to run.

    Attributes
    ----------
    scenario
        Its name.
    folds
        Number of folds.
    rows
        By method; those that are not `asked` run only if the method beats its counterpart.
    not_applicable
        Methods that cannot run, and why.
    jobs
        Cells at a time.
    """

    scenario: str
    folds: int
    rows: tuple[ForecastRow, ...]
    not_applicable: Mapping[str, str]
    jobs: int

    @property
    def sure(self) -> tuple[ForecastRow, ...]:
        """The rows that run whatever comes out."""
        return tuple(row for row in self.rows if row.asked)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return sum(row.cells for row in self.sure)

    @property
    def done(self) -> int:
        """Number of finished cells."""
        return sum(row.done for row in self.sure)

    @property
    def trials(self) -> int:
        """Number of trials."""
        return sum(row.trials for row in self.sure)

    @property
    def tried(self) -> int:
        """Number of trials that are there."""
        return sum(row.tried for row in self.sure)

    @property
    def seconds_left(self) -> float:
        """Time until all is done that is sure to run, with all jobs busy."""
        return sum(row.seconds_left for row in self.sure) / self.jobs

    @property
    def most_seconds_left(self) -> float:
        """The same, if every placebo is asked."""
        return sum(row.seconds_left for row in self.rows) / self.jobs

    @property
    def bytes(self) -> int:
        """Peak memory of all jobs together; what they share is counted once for each."""
        waiting = sorted((row.bytes for row in self.rows if row.done < row.cells), reverse=True)
        return sum(waiting[:1]) * self.jobs


def make_forecast(plan: Plan, *, suite: Suite, folder: ResultsFolder, jobs: int) -> Forecast:
    """Count what is there and estimate the rest from finished cells of the same method."""
    rows: list[ForecastRow] = []
    for one in wanted(suite, plan):
        of_method = next((row for row in rows if row.label == one.search.entry.name), None)
        rows.append(_row(one, plan, suite, folder, of_method))
    return Forecast(plan.counts.scenario, len(plan.counts.folds), tuple(rows), plan.not_applicable, jobs)


def _row(one: Wanted, plan: Plan, suite: Suite, folder: ResultsFolder, of_method: ForecastRow | None) -> ForecastRow:
    counts, search = plan.counts, one.search
    known = [cell for cell in plan.cells if cell.label == search.label]
    done = [cell for cell in known if _is_there(cell, plan, suite, folder)]
    notes = [folder.read_notes(cell) for cell in done]
    measured = _mean(sum(time for stage, time in found.seconds.items() if stage != "compile") for found in notes)
    seconds = measured or (of_method.seconds if of_method else _guessed_seconds(counts))
    trials = _trials(search, plan, suite, folder) if one.is_tuned(suite) else []
    peak = max((found.peak_bytes or 0 for found in notes), default=0)
    return ForecastRow(
        label=search.label,
        cells=seeds_of(suite, search) * len(counts.folds),
        done=len(done),
        failed=sum(folder.failure(cell) is not None for cell in known),
        trials=suite.tune * len(counts.folds) if one.is_tuned(suite) else 0,
        tried=len(trials),
        asked=one.asked,
        seconds=seconds,
        trial_seconds=_mean(trial.seconds for trial in trials) or (of_method.trial_seconds if of_method else seconds),
        bytes=peak or guessed_bytes(counts),
        measured=bool(notes),
    )


def _is_there(cell: Cell, plan: Plan, suite: Suite, folder: ResultsFolder) -> bool:
    digest = plan.counts.digest_of(cell.fold)
    return folder.has(cell, address(cell, split_digest=digest, metrics=suite.metrics))


def _trials(search: Search, plan: Plan, suite: Suite, folder: ResultsFolder) -> list[Trial]:
    """Trials that are there, of all folds."""
    found: list[Trial] = []
    for fold in plan.counts.folds:
        place = search_address(search, split_digest=plan.counts.digest_of(fold.fold))
        found += folder.read_trials(plan.counts.scenario, search, place)[: suite.tune]
    return found


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def _guessed_seconds(counts: ScenarioCounts) -> float:
    """Guess from the scores of all judged users, which most methods spend their time on; fits of some take longer."""
    return 0.1 + _SECONDS_OF_A_SCORE * (counts.judged_users + counts.validation_users) * counts.target.items


def guessed_bytes(counts: ScenarioCounts) -> int:
    """Guess the memory of a process: Python with its libraries, the data, and one dense item-item matrix."""
    interactions = sum(domain.interactions for domain in counts.domains)
    return _BYTES_OF_A_PROCESS + _BYTES_OF_AN_INTERACTION * interactions + 2 * 4 * counts.target.items**2
