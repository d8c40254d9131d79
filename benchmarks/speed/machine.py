"""What the scripts of this folder share: how busy the machine is, and what a command costs."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds of wall clock and of processor time, and the peak of memory of the largest process, in MiB."""

    wall: float
    processor: float
    peak: float


@contextmanager
def stated_load() -> Iterator[None]:
    """Print how many programs wanted a core in the last minute, before and after the block."""
    print(f"load of the machine before: {_load()}", flush=True)
    yield
    print(f"load of the machine after: {_load()}", flush=True)


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"


def cost_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end, with its talk thrown away, and say what it and its children cost."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, used, after.ru_maxrss / 1024)
