"""Plan x results folder -> Forecast: what a run would do, what is there already, how long it may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.store.address import address

if TYPE_CHECKING:
    from tlbench.evaluation import Cell
    from tlbench.split.counts import ScenarioCounts
    from tlbench.store.results import Plan, ResultsFolder
    from tlbench.suite import Suite

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
        Number of cells; those that are finished; those that failed and would be tried again.
    seconds
        Of one cell: the mean of finished ones, or a guess from the number of scores.
    bytes
        Peak memory of the process that runs a cell, in the same way.
    measured
        Whether they come from finished cells.
    """

    label: str
    cells: int
    done: int
    failed: int
    seconds: float
    bytes: int
    measured: bool

    @property
    def seconds_left(self) -> float:
        """Time of the cells that are not done, one after another."""
        return self.seconds * (self.cells - self.done)


@dataclass(frozen=True)
class Forecast:
    """What a run of one scenario would do."""

    scenario: str
    rows: tuple[ForecastRow, ...]
    not_applicable: Mapping[str, str]
    jobs: int

    @property
    def cells(self) -> int:
        """Number of cells."""
        return sum(row.cells for row in self.rows)

    @property
    def done(self) -> int:
        """Number of finished cells."""
        return sum(row.done for row in self.rows)

    @property
    def seconds_left(self) -> float:
        """Time until all is done, with all jobs busy."""
        return sum(row.seconds_left for row in self.rows) / self.jobs

    @property
    def bytes(self) -> int:
        """Peak memory of all jobs together; what they share is counted once for each."""
        waiting = sorted((row.bytes for row in self.rows if row.done < row.cells), reverse=True)
        return sum(waiting[:1]) * self.jobs


def make_forecast(plan: Plan, *, suite: Suite, folder: ResultsFolder, jobs: int) -> Forecast:
    """Count what is there and estimate the rest from finished cells of the same method."""
    labels = dict.fromkeys(cell.label for cell in plan.cells)
    groups = {label: [cell for cell in plan.cells if cell.label == label] for label in labels}
    rows = tuple(_row(label, cells, plan.counts, suite, folder) for label, cells in groups.items())
    return Forecast(plan.counts.scenario, rows, plan.not_applicable, jobs)


def _row(label: str, cells: Sequence[Cell], counts: ScenarioCounts, suite: Suite, folder: ResultsFolder) -> ForecastRow:
    def there(cell: Cell) -> bool:
        digest = counts.digest_of(cell.fold)
        return folder.has(cell, address(cell, split_digest=digest, metrics=suite.metrics))

    done = list(filter(there, cells))
    notes = [folder.read_notes(cell) for cell in done]
    seconds = _mean(sum(seconds for stage, seconds in found.seconds.items() if stage != "compile") for found in notes)
    peak = max((found.peak_bytes or 0 for found in notes), default=0)
    return ForecastRow(
        label=label,
        cells=len(cells),
        done=len(done),
        failed=sum(folder.failure(cell) is not None for cell in cells),
        seconds=_guessed_seconds(counts) if seconds is None else seconds,
        bytes=peak or guessed_bytes(counts),
        measured=bool(notes),
    )


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
