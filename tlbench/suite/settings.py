"""Settings: by what means a suite is run; none of them moves a number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """By what means a suite is run.

    Attributes
    ----------
    out
        Folder of the results, a path or an address that fsspec knows; None is ``results/SUITE``.
    catalogue
        TOML file of local data sets.
    offline
        Never touch the network; data that are not here are an error.
    plugins
        Python files that register methods, data sets or metrics.
    jobs
        Number of processes that run cells.
    threads
        Most threads of all jobs together; None takes all cores.
    block_size
        Users scored at a time; None chooses by available memory.
    cluster
        Address of a Dask scheduler, ``tcp://host:port``, that runs the cells instead of this machine.
    quiet
        Say nothing on stderr but errors.
    json_progress
        Tell progress on stderr as one JSON object a line.
    """

    out: str | None = None
    catalogue: Path | None = None
    offline: bool = False
    plugins: tuple[Path, ...] = ()
    jobs: int = 1
    threads: int | None = None
    block_size: int | None = None
    cluster: str | None = None
    quiet: bool = False
    json_progress: bool = False

    @property
    def threads_of_a_job(self) -> int:
        """Threads that one job may use, so that jobs x threads are as many as the cores or as `threads` allows."""
        return max(1, (self.threads or cores()) // self.jobs)


def cores() -> int:
    """Number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1
