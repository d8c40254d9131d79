"""Suite x settings -> RunContext: a locked results folder with an executor at work in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.execute.environment import environment
from tlbench.execute.executor import Executor, SerialExecutor
from tlbench.execute.tasks import Tools
from tlbench.io.atomic import is_local, sweep
from tlbench.methods.deep.device import CPU, resolve, use_device
from tlbench.store.lock import locked
from tlbench.store.results import ResultsFolder

if TYPE_CHECKING:
    from tlbench.suite import Settings, Suite

_SCRATCH = ".scratch"


@dataclass(frozen=True)
class RunContext:
    """Where a suite is run, by which executor, with what."""

    suite: Suite
    folder: ResultsFolder
    executor: Executor
    tools: Tools
    catalogue: Path | None
    offline: bool = False


@contextmanager
def open_run(out: Path, suite: Suite, settings: Settings) -> Iterator[RunContext]:
    """Lock the results folder, clear what killed runs left in it, and start the executor; end it at the end.

    Raises
    ------
    TlbenchError
        If another run has the folder, or it cannot be written.
    """
    with locked(out):
        sweep(out)
        folder = ResultsFolder(out)
        device = device_of(suite, settings)
        made_in = folder.write_suite(suite, environment(settings, device))
        tools = Tools(
            folder=ResultsFolder(_for_any_process(out)),
            metrics=suite.metrics,
            threads=None if settings.n_jobs == 1 and settings.threads is None else settings.threads_of_a_job,
            block_size=settings.block_size,
            plugins=tuple(path.resolve() for path in settings.plugins),
            environment=made_in,
            device=device,
        )
        executor = make_executor(settings, out)
        try:
            with use_device(device):
                yield RunContext(suite, folder, executor, tools, settings.catalogue, settings.offline)
        finally:
            executor.close()
            sweep(out)


def device_of(suite: Suite, settings: Settings) -> str:
    """Return where deep methods compute; ``auto`` looks for a GPU only where a method of the suite could use one."""
    if settings.device == "auto" and all(entry.extra is None for entry in suite.entries()):
        return CPU
    return resolve(settings.device)


def make_executor(settings: Settings, out: Path) -> Executor:
    """Return the executor that the settings ask for; processes share data beside the results in `out`."""
    if settings.cluster is not None:
        from tlbench.execute.cluster import ClusterExecutor

        return ClusterExecutor(settings.cluster)
    if settings.n_jobs > 1:
        from tlbench.execute.processes import ProcessExecutor

        return ProcessExecutor(settings.n_jobs, settings.threads_of_a_job, _scratch(out))
    return SerialExecutor()


def _for_any_process(out: Path) -> Path:
    """Name the folder so that a process that stands elsewhere finds it too."""
    return out.absolute() if is_local(out) else out


def _scratch(out: Path) -> Path:
    """Make the folder in which processes share data, for this user alone.

    It lies on the disk of the results, because a temporary folder may be memory. Its name cannot be foreseen, since
    what lies there is unpickled. What killed runs left goes: the folder is locked for us.
    """
    base = out.absolute() if is_local(out) else Path(tempfile.gettempdir())
    if is_local(out):
        for left in base.glob(f"{_SCRATCH}-*"):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}-", dir=base))
