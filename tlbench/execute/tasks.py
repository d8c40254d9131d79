"""Pieces of work that run in any process: a task takes the shared split and the tools, and gives an outcome."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tlbench.errors import TlbenchError, in_words
from tlbench.evaluation import Cell, evaluate
from tlbench.io.atomic import is_local
from tlbench.io.lock import exclusive
from tlbench.io.memory import peak_bytes, reset_peak
from tlbench.methods.checkpoints import checkpoints_in
from tlbench.methods.deep.device import CPU, use_device
from tlbench.methods.memo import seconds_saved
from tlbench.progress import SILENT, Progress
from tlbench.registry import METHODS, MethodEntry
from tlbench.split.integrity import OwnDefect, is_own, lent
from tlbench.store.address import modules_of
from tlbench.tune import Budget, Search, Trial, Tuning, tune
from tlbench.values import Variant

if TYPE_CHECKING:
    from tlbench.split.training import Split
    from tlbench.store.results import ResultsFolder

UNFINISHED = ".unfinished"
"""Folder of checkpoints in a folder of results; empty once all is done."""


@dataclass(frozen=True)
class Tools:
    """What every task needs, in whichever process it runs.

    Attributes
    ----------
    folder
        Where results go.
    metrics
        Names of the metrics.
    threads
        Most threads of one task.
    block_size
        Users scored at a time; None chooses.
    plugins
        Files that register what the task may name.
    environment
        Name of the environment that the results are made in.
    device
        Where deep methods compute, as `tlbench.methods.deep.device.resolve` returned it: the same for candidate,
        counterpart and placebo.
    """

    folder: ResultsFolder
    metrics: tuple[str, ...]
    threads: int | None = None
    block_size: int | None = None
    plugins: tuple[Path, ...] = ()
    environment: str = ""
    device: str = CPU

    @contextmanager
    def on_device(self, entry: MethodEntry) -> Iterator[None]:
        """Let a fit inside the body use the device; of several processes one at a time has a GPU."""
        if entry.extra is None or self.device == CPU:
            yield
            return
        name = self.device.replace(":", "-")
        lock = Path(tempfile.gettempdir()) / f"tlbench-{name}.lock"
        with exclusive(lock, on_wait=lambda: None), use_device(self.device):
            yield

    def unfinished(self, address: str) -> AbstractContextManager[object]:
        """Let a long fit inside the body keep checkpoints, under the address of its cell, until it is finished.

        Results on another machine's file system take none: a checkpoint is written often.
        """
        root = self.folder.root
        return checkpoints_in(root / UNFINISHED / address[:20]) if is_local(root) else nullcontext()


@dataclass(frozen=True)
class TaskResult:
    """What became of a task, how many seconds it took, and for how many more kernels were compiled."""

    state: Literal["done", "failed"]
    seconds: float
    reason: str | None = None
    compiling: float = 0.0


class Task(Protocol):
    """A piece of work; frozen and picklable."""

    @property
    def method(self) -> str:
        """Method, with the placebo's name where there is one."""
        ...

    @property
    def name(self) -> str:
        """What tells the task from others of the method."""
        ...

    @property
    def steps(self) -> int:
        """What the task counts for among others."""
        ...

    def run(self, split: Split, tools: Tools, progress: Progress = SILENT) -> TaskResult:
        """Do the work, unless it is done already, and keep what comes out of it."""
        ...

    def give_up(self, tools: Tools, reason: str) -> TaskResult:
        """Record that the work cannot be done, where the process that did it died."""
        ...


def cell_name(seed: int, fold: int) -> str:
    """Name a cell among those of a method."""
    return f"seed {seed} fold {fold}"


def search_name(fold: int | None) -> str:
    """Name a search among the tasks of a method; without a fold where there is one only."""
    return "tuning" if fold is None else f"tuning fold {fold}"


@dataclass(frozen=True)
class CellTask:
    """Run one cell and write it under its address."""

    cell: Cell
    address: str

    @property
    def method(self) -> str:
        """Method, with the placebo's name where there is one."""
        return self.cell.label

    @property
    def name(self) -> str:
        """The seed, and the fold."""
        return cell_name(self.cell.seed, self.cell.fold)

    @property
    def steps(self) -> int:
        """One fit."""
        return 1

    def run(self, split: Split, tools: Tools, progress: Progress = SILENT) -> TaskResult:
        """Fit, judge and write; an error of the method fails this cell and no other, one of the disk stops the run."""
        start = time.perf_counter()
        if tools.folder.has(self.cell, self.address):
            return TaskResult("done", 0.0)
        reset_peak()
        used, saved = time.process_time(), seconds_saved()
        try:
            with (
                tools.on_device(METHODS.get(self.cell.method)),
                tools.unfinished(self.address),
                self._lent(split, tools),
            ):
                result = evaluate(
                    split,
                    self.cell,
                    entry=METHODS.get(self.cell.method),
                    metrics=tools.metrics,
                    block_size=tools.block_size,
                    progress=progress,
                )
        except (KeyboardInterrupt, OwnDefect):
            raise
        except BaseException as error:  # `SystemExit` too: a method that exits fails its cell, not the run
            tools.folder.write_failure(self.cell, in_words(error), trace=trace(error))
            return TaskResult("failed", time.perf_counter() - start, in_words(error))
        notes = {
            "peak_bytes": peak_bytes(),
            "processor_seconds": time.process_time() - used,
            "shared_seconds": seconds_saved() - saved,
            "environment": tools.environment,
        }
        tools.folder.write_run(result, self.address, notes=notes)
        compiling = result.timing["compile"]
        return TaskResult("done", time.perf_counter() - start - compiling, compiling=compiling)

    def _lent(self, split: Split, tools: Tools) -> AbstractContextManager[None]:
        """See that the split is the same afterwards: what follows in this process is computed from it, too."""
        return lent(split, borrower=self.cell.label, trusted=is_own(modules_of(self.cell, tools.metrics)))

    def give_up(self, tools: Tools, reason: str) -> TaskResult:
        """Mark the cell as failed."""
        tools.folder.write_failure(self.cell, reason)
        return TaskResult("failed", 0.0, reason)


@dataclass(frozen=True)
class SearchTask:
    """Tune one method, or one method on its placebo, and write every trial.

    Attributes
    ----------
    scenario, label, metric, fixed
        What is tuned, for which metric, with what left as it is.
    budget
        What it may use.
    address
        Of its trials.
    fold
        Which fold of the protocol it is tuned on; None where there is one only.
    """

    scenario: str
    label: str
    metric: str
    fixed: tuple[tuple[str, Any], ...]
    budget: Budget
    address: str
    fold: int | None = None

    @property
    def method(self) -> str:
        """Method, with the placebo's name where there is one."""
        return self.label

    @property
    def name(self) -> str:
        """What is done to it."""
        return search_name(self.fold)

    @property
    def steps(self) -> int:
        """Most trials."""
        return self.budget.trials

    @property
    def search(self) -> Search:
        """What is tuned, with the registered method."""
        variant = Variant.parse(self.label)
        return Search(METHODS.get(variant.method), variant.placebo, self.metric, dict(self.fixed))

    def tuning(self, tools: Tools) -> Tuning:
        """Return the trials that are there."""
        trials = tools.folder.read_trials(self.scenario, self.search, self.address)
        return Tuning(self.search.entry.name, self.search.placebo, self.budget, trials[: self.budget.trials], self.fold)

    def run(self, split: Split, tools: Tools, progress: Progress = SILENT) -> TaskResult:
        """Go on from the trials that are there."""
        start = time.perf_counter()
        search, known = self.search, self.tuning(tools).trials
        if split.selection is None:
            raise TypeError("a split without a validation part cannot be tuned on")
        with tools.on_device(search.entry):
            tune(
                split.selection,
                search,
                self.budget,
                known=known,
                keep=lambda trial: tools.folder.write_trial(self.scenario, search, self.address, trial),
                block_size=tools.block_size,
                progress=progress,
            )
        return TaskResult("done", time.perf_counter() - start)

    def give_up(self, tools: Tools, reason: str) -> TaskResult:
        """Count the trial that was under way as failed; the search goes on in the next run."""
        search, number = self.search, len(self.tuning(tools).trials)
        lost = Trial(number, search.complete({}), {}, "failed", None, reason=reason)
        tools.folder.write_trial(self.scenario, search, self.address, lost)
        return TaskResult("failed", 0.0, reason)


def trace(error: BaseException) -> str | None:
    """Return where an error came from, which helps only where the error is not one that the user can mend."""
    return None if isinstance(error, TlbenchError) else "".join(traceback.format_exception(error))
