"""Results folder -> Checks: a random sample of finished cells computed again and compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell, RunResult, evaluate
from tlbench.io.threads import limited_threads
from tlbench.progress import SILENT, Progress
from tlbench.registry import METHODS
from tlbench.rng import stream

if TYPE_CHECKING:
    from tlbench.split.training import Split
    from tlbench.store.results import ResultsFolder


@dataclass(frozen=True)
class Check:
    """One cell that was computed again, and what differs; nothing where all bits agree."""

    cell: Cell
    difference: str | None

    @property
    def agrees(self) -> bool:
        """Whether all bits agree."""
        return self.difference is None


def verify_results(
    folder: ResultsFolder,
    split_of: Callable[[str, int], Split],
    *,
    cells: int,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress = SILENT,
) -> Iterator[Check]:
    """Compute some finished cells again, and yield whether each agrees with what is stored.

    Parameters
    ----------
    folder
        The results.
    split_of
        Makes the split of a scenario and fold.
    cells
        Size of the sample, drawn without replacement; all where there are fewer.
    seed
        Of the sample.
    threads
        Most threads; None takes all cores. The result does not depend on it.
    progress
        Told of each cell.

    Raises
    ------
    TlbenchError
        If no cell is finished.
    """
    suite = folder.read_suite()
    runs = [run for found in folder.read_scenarios(suite) for run in found.by_fold]
    if not runs:
        raise TlbenchError(f"`{folder.root}` holds no finished cell", hint="run the suite first")
    drawn = sorted(stream(seed, "verify").permutation(len(runs))[:cells])
    sample = [runs[place] for place in drawn]
    with limited_threads(threads):
        for (scenario, fold), stored in groupby(sample, key=lambda run: (run.cell.scenario, run.cell.fold)):
            split = split_of(scenario, fold)
            for run in progress.track(list(stored), f"verify {scenario} fold {fold}"):
                yield _check(run, split, suite.metrics)


def _check(stored: RunResult, split: Split, metrics: tuple[str, ...]) -> Check:
    if split.digest != stored.split_digest:
        return Check(stored.cell, "the split is another one: data, filters or the code that splits changed")
    again = evaluate(split, stored.cell, entry=METHODS.get(stored.cell.method), metrics=metrics)
    return Check(stored.cell, next(iter(_differences(stored, again)), None))


def _differences(stored: RunResult, again: RunResult) -> Iterable[str]:
    if list(stored.values.index) != list(again.values.index):
        yield "other users are judged"
        return
    for name in stored.values.columns:
        old, new = stored.values[name].to_numpy(), again.values[name].to_numpy()
        if old.tobytes() != new.tobytes():
            moved = old != new
            largest = float(abs(old - new).max())
            yield f"{name} differs for {int(moved.sum())} of {len(old)} users, by {largest:.3g} at most"
    if dict(stored.validation) != dict(again.validation):
        yield "the means on validation differ"
    if stored.cold_users != again.cold_users:
        yield f"{again.cold_users} users are cold, {stored.cold_users} were"
