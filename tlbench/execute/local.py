"""Run a plan's cells in this process, one after another; what is finished is kept, what is there is reused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError
from tlbench.evaluate import Cell, evaluate
from tlbench.execute.threads import limited_threads
from tlbench.progress import SILENT, Progress
from tlbench.registry import METHODS
from tlbench.store.address import address

if TYPE_CHECKING:
    from tlbench.split.training import Split
    from tlbench.store.results import Plan, ResultsFolder
    from tlbench.suite import Suite


def run_cells(
    plan: Plan,
    split: Split,
    *,
    suite: Suite,
    folder: ResultsFolder,
    threads: int | None = None,
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> None:
    """Run the cells of one scenario that are not there yet.

    Parameters
    ----------
    plan, split
        The cells, and the data they share.
    suite
        Names the metrics.
    folder
        Where cells are written as they finish.
    threads
        Most threads used at a time by BLAS and by numba; None uses all cores.
    block_size
        Users scored at a time; None chooses by available memory.
    """
    label = f"{len(plan.cells)} cells"
    with limited_threads(threads):
        for cell in progress.track(plan.cells, label):
            key = address(cell, split_digest=plan.card.digest, metrics=suite.metrics)
            if not folder.has(cell, key):
                _run_one(cell, key, split, suite=suite, folder=folder, block_size=block_size, progress=progress)


def _run_one(
    cell: Cell,
    key: str,
    split: Split,
    *,
    suite: Suite,
    folder: ResultsFolder,
    block_size: int | None,
    progress: Progress,
) -> None:
    entry = METHODS.get(cell.method)
    try:
        result = evaluate(split, cell, entry=entry, metrics=suite.metrics, block_size=block_size, progress=progress)
    except (TlbenchError, MemoryError) as error:
        reason = str(error) or "out of memory"
        folder.write_failure(cell, reason)
        progress.say(f"{cell.label} seed {cell.seed} failed: {reason}")
    else:
        folder.write_run(result, key)
