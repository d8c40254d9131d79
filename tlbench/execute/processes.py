"""Run tasks in several processes of this machine that share one mapped split; one that dies costs its task only."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tlbench.execute.crew import Ended
from tlbench.execute.shared import read_shared, write_shared
from tlbench.execute.threads import limited_threads

if TYPE_CHECKING:
    from tlbench.execute.tasks import Outcome, Task, Tools
    from tlbench.progress import Progress
    from tlbench.split.training import Split

_DEATHS_ALONE = 2
_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class ProcessCrew:
    """Several processes of this machine.

    Attributes
    ----------
    jobs, threads
        Number of processes, and of threads in each.
    scratch
        Folder for the split that they share.
    """

    jobs: int
    threads: int
    scratch: Path

    @contextmanager
    def shift(self, split: Split) -> Iterator[ProcessShift]:
        """Write the split where all processes map it."""
        path = self.scratch / f"{split.digest}.split"
        write_shared(split, path)
        try:
            yield ProcessShift(self, path)
        finally:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the processes go."""
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)
        shutil.rmtree(self.scratch, ignore_errors=True)


@dataclass(frozen=True)
class ProcessShift:
    """Several processes with a split."""

    crew: ProcessCrew
    path: Path

    def run(
        self,
        tasks: Sequence[Task],
        tools: Tools,
        *,
        started: Callable[[Task], None],
        progress: Progress,
    ) -> Iterator[Ended]:
        """Run tasks on all processes.

        Where a process dies, whichever task did it is among those under way. These wait until all others are done;
        then each runs alone, with the memory of the machine to itself, and is given up where it dies again.
        """
        waiting = list(range(len(tasks)))
        suspects: list[int] = []
        while waiting:
            under_way: dict[int, None] = {}
            round_ = _Round(self, tasks, waiting, tools, started, under_way)
            try:
                for place, outcome in round_.run(self.crew.jobs):
                    under_way.pop(place, None)
                    waiting.remove(place)
                    yield Ended(tasks[place], outcome)
            except BrokenProcessPool:
                progress.say(f"a worker process died; {len(under_way)} cells under way will be tried again")
                suspects += under_way
                waiting = [place for place in waiting if place not in under_way]
        for place in suspects:
            yield Ended(tasks[place], self._alone(tasks, place, tools, started))

    def _alone(self, tasks: Sequence[Task], place: int, tools: Tools, started: Callable[[Task], None]) -> Outcome:
        deaths: Counter[int] = Counter()
        while deaths[place] < _DEATHS_ALONE:
            try:
                ((_, outcome),) = _Round(self, tasks, [place], tools, started, {}).run(self.crew.jobs)
                return outcome
            except BrokenProcessPool:
                deaths[place] += 1
        return tasks[place].give_up(tools, "the system killed its process each time, most likely for lack of memory")


@dataclass(frozen=True)
class _Round:
    """One go of the processes at some tasks, which ends early where a process dies."""

    shift: ProcessShift
    tasks: Sequence[Task]
    places: Sequence[int]
    tools: Tools
    started: Callable[[Task], None]
    under_way: dict[int, None]

    def run(self, jobs: int) -> Iterator[tuple[int, Outcome]]:
        from joblib import Parallel, delayed, parallel_config

        def calls() -> Iterable[object]:
            for place in list(self.places):
                self.under_way[place] = None
                self.started(self.tasks[place])
                yield delayed(_in_worker)(place, self.tasks[place], self.shift.path, self.tools, os.getpid())

        threads = self.shift.crew.threads
        config = parallel_config(backend="loky", inner_max_num_threads=threads)
        with _environment(POLARS_MAX_THREADS=str(threads)), config:
            parallel = Parallel(n_jobs=jobs, batch_size=1, pre_dispatch=jobs, return_as="generator_unordered")
            with closing(cast("Generator[tuple[int, Outcome]]", parallel(calls()))) as ended:
                yield from ended


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Set variables for processes started inside the block, where the user has not set them."""
    added = {key: value for key, value in values.items() if key not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for key in added:
            del os.environ[key]


def _in_worker(place: int, task: Task, path: Path, tools: Tools, parent: int) -> tuple[int, Outcome]:
    """Run one task in a worker process."""
    _settle(parent)
    from tlbench.plugins import register_all

    register_all(tools.plugins)
    with limited_threads(tools.threads):
        return place, task.run(read_shared(path), tools)


@cache
def _settle(parent: int) -> None:
    """Make this process a good worker, once: it leaves Ctrl-C to its parent and does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):  # where memory runs out, the system should kill a worker and not the parent
        Path("/proc/self/oom_score_adj").write_text("500")
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)
