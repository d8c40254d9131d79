"""Settings: by what means a suite is run; none of them moves a number. Each field is an option, defined here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tlbench.methods.deep.device import check_name
from tlbench.suite.kinds import COUNT, PATH, PATHS, SWITCH, TEXT
from tlbench.suite.names import whole
from tlbench.suite.option import option


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
        "Never touch the network, use what is here",
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
    jobs: int = option(1, COUNT, "Processes at a time", flags=["--jobs", "-j"])
    threads: int | None = option(None, COUNT, "Most threads used at a time", "all cores")
    device: str = option(
        "cpu", TEXT, "Where deep methods compute: auto, cpu, cuda, cuda:N or mps", check=whole(check_name)
    )
    block_size: int | None = option(None, COUNT, "Users scored at a time", "by available memory")
    cluster: str | None = option(None, TEXT, "Dask scheduler, tcp://HOST:PORT, that runs the cells", "this machine")
    quiet: bool = option(False, SWITCH, "Say nothing on stderr but errors", "off", flags=["--quiet", "-q"])
    json_progress: bool = option(
        False, SWITCH, "Progress on stderr, one JSON object per line", "off", flags=["--json-progress"]
    )

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
