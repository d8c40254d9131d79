"""Settings: by what means a suite is run; none of them moves a number. Each field is an option, defined here."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from tlbench.io.memory import available_memory
from tlbench.methods.deep.device import check_name
from tlbench.suite.kinds import COUNT, PATH, PATHS, SWITCH, TEXT
from tlbench.suite.names import whole
from tlbench.suite.option import option

_BYTES_OF_A_JOB = 2**30


@dataclass(frozen=True)
class Settings:
    """By what means a suite is run."""

    out: str | None = option(None, TEXT, "Folder for the results, or an fsspec address", "results/SUITE")
    catalogue: Path | None = option(
        None,
        PATH,
        "TOML file of local data sets; its entries win over built-in ones of the same name",
        "none",
        envvar="TLBENCH_CATALOGUE",
    )
    offline: bool = option(
        False,
        SWITCH,
        "Never use the network, only local files",
        "off",
        flags=["--offline"],
        envvar="TLBENCH_OFFLINE",
    )
    plugins: tuple[Path, ...] = option(
        (),
        PATHS,
        "Python file that registers methods, data sets or metrics; may be repeated",
        "none",
        flags=["plugin", "--plugin"],
    )
    jobs: int | None = option(
        None,
        COUNT,
        "Processes at a time",
        "one per core where memory allows; from Python, one",
        flags=["--jobs", "-j"],
        envvar="TLBENCH_JOBS",
    )
    threads: int | None = option(None, COUNT, "Most threads used at a time", "all cores")
    device: str = option(
        "cpu", TEXT, "Where deep methods compute: auto, cpu, cuda, cuda:N or mps", check=whole(check_name)
    )
    block_size: int | None = option(None, COUNT, "Users scored at a time", "by available memory")
    cluster: str | None = option(None, TEXT, "Dask scheduler, tcp://HOST:PORT, that runs the cells", "this machine")
    quiet: bool = option(False, SWITCH, "Print only errors on stderr", "off", flags=["--quiet", "-q"])
    json_progress: bool = option(
        False, SWITCH, "Progress on stderr, one JSON object per line", "off", flags=["--json-progress"]
    )

    @property
    def n_jobs(self) -> int:
        """Number of processes; one where nobody chose, since a script that is not guarded cannot start others."""
        return self.jobs or 1

    @property
    def threads_of_a_job(self) -> int:
        """Threads that one job may use, so that jobs x threads are as many as the cores or as `threads` allows."""
        return max(1, (self.threads or cores()) // self.n_jobs)

    def side_by_side(self) -> Settings:
        """Return the settings with a process per core, or fewer where `threads` or memory say so, if nobody chose.

        Cells side by side on one thread each take less processor time than one cell at a time on all threads.
        """
        if self.jobs is not None or self.cluster is not None:
            return self
        if "TLBENCH_JOBS" in os.environ:  # of a command that has no option for it
            return replace(self, jobs=int(os.environ["TLBENCH_JOBS"]))
        room = available_memory() // _BYTES_OF_A_JOB
        return replace(self, jobs=max(1, min(self.threads or cores(), cores(), room)))


def cores() -> int:
    """Number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1
