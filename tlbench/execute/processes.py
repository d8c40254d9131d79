"""Run tasks in several processes of this machine that share one mapped split; one that dies costs its task only."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tlbench.execute.executor import Announcer, Ended
from tlbench.execute.lifeline import MAIN, end_with_main
from tlbench.execute.shared import read_shared, write_shared
from tlbench.io.memory import give_back
from tlbench.io.threads import limited_threads
from tlbench.methods.memo import Folder, sharing

if TYPE_CHECKING:
    from tlbench.execute.tasks import Task, TaskResult, Tools
    from tlbench.progress import Progress
    from tlbench.split.training import Split

_DEATHS_ALONE = 2
_SHARED = "shared"
"""Folder of what fits of any process share, beside the split."""


@dataclass(frozen=True)
class ProcessExecutor:
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
    _starting: list[threading.Thread] = field(default_factory=list)

    def get_ready(self, tools: Tools) -> None:
        """Start the processes in the background and let them import what they will need."""
        if not self._starting:
            self._starting.append(threading.Thread(target=self._start, args=(tools,), daemon=True))
            self._starting[0].start()

    def _start(self, tools: Tools) -> None:
        with suppress(BrokenProcessPool):  # where one dies that early, the first round starts others
            list(self.parallel((_warm_up, (tools,)) for _ in range(self.jobs)))

    def wait(self) -> None:
        """Wait until the processes are started."""
        for thread in self._starting:
            thread.join()

    def parallel(self, calls: Iterable[tuple[Callable[..., Any], tuple[Any, ...]]]) -> Iterator[Any]:
        """Let the processes call functions, and yield what they return in the order in which they end."""
        from joblib import Parallel, delayed, parallel_config

        _fork_from_one_that_imported()
        config = parallel_config(backend="loky", inner_max_num_threads=self.threads)
        os.environ[MAIN] = str(os.getpid())
        with _environment(POLARS_MAX_THREADS=str(self.threads)), config:
            pool = Parallel(n_jobs=self.jobs, batch_size=1, pre_dispatch=self.jobs, return_as="generator_unordered")
            ended = pool(delayed(function)(*arguments) for function, arguments in calls)
            with closing(cast("Generator[Any]", ended)):
                yield from ended

    @contextmanager
    def session(self, split: Split) -> Iterator[ProcessSession]:
        """Write the split where all processes map it."""
        path = self.scratch / f"{split.digest}.split"
        files = write_shared(split, path)
        del split
        try:
            yield ProcessSession(self, path)
        finally:
            for file in files:
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the processes go; they have nothing to lose, and to end in good order takes them a second."""
        from joblib.externals.loky import get_reusable_executor

        self.wait()
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        shutil.rmtree(self.scratch, ignore_errors=True)


@dataclass(frozen=True)
class ProcessSession:
    """Several processes with a split."""

    executor: ProcessExecutor
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
                for place, outcome in round_.run():
                    under_way.pop(place, None)
                    waiting.remove(place)
                    yield Ended(tasks[place], outcome)
            except BrokenProcessPool:
                progress.say(f"a worker process died; {len(under_way)} cells under way will be tried again")
                suspects += under_way
                waiting = [place for place in waiting if place not in under_way]
        for place in suspects:
            yield Ended(tasks[place], self._alone(tasks, place, tools, started))

    def _alone(self, tasks: Sequence[Task], place: int, tools: Tools, started: Callable[[Task], None]) -> TaskResult:
        deaths: Counter[int] = Counter()
        while deaths[place] < _DEATHS_ALONE:
            try:
                ((_, outcome),) = _Round(self, tasks, [place], tools, started, {}).run()
                return outcome
            except BrokenProcessPool:
                deaths[place] += 1
        return tasks[place].give_up(tools, "the system killed its process each time, most likely for lack of memory")


@dataclass(frozen=True)
class _Round:
    """One go of the processes at some tasks, which ends early where a process dies."""

    session: ProcessSession
    tasks: Sequence[Task]
    places: Sequence[int]
    tools: Tools
    started: Callable[[Task], None]
    under_way: dict[int, None]

    def run(self) -> Iterator[tuple[int, TaskResult]]:
        self.session.executor.wait()
        give_back()
        announcer = Announcer(self.session.executor.jobs, self.started)
        for ended in self.session.executor.parallel(self._calls(announcer)):
            yield ended
            announcer.ended()

    def _calls(self, announcer: Announcer) -> Iterator[tuple[Callable[..., Any], tuple[Any, ...]]]:
        for place in list(self.places):
            self.under_way[place] = None
            announcer.began(self.tasks[place])
            yield _in_worker, (place, self.tasks[place], self.session.path, self.tools)


def _fork_from_one_that_imported() -> None:
    """Let the system fork workers from a process that holds nothing but what they all import, where it can fork.

    What is imported is then in memory once and not once per worker, and is there as soon as a worker starts.
    """
    import multiprocessing

    from joblib.externals.loky.backend.context import set_start_method

    if "forkserver" in multiprocessing.get_all_start_methods():
        multiprocessing.set_forkserver_preload(["tlbench.execute.preloaded"])
        set_start_method("forkserver", force=True)


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


def _warm_up(tools: Tools) -> None:
    """Import what tasks need, before there is one."""
    _settle()
    import tlbench.store.results  # noqa: F401
    from tlbench.plugins import register_all

    register_all(tools.plugins)


def _in_worker(place: int, task: Task, path: Path, tools: Tools) -> tuple[int, TaskResult]:
    """Run one task in a worker process."""
    _settle()
    from tlbench.plugins import register_all

    register_all(tools.plugins)
    shelf = Folder(path.parent / _SHARED)
    shelf.path.mkdir(exist_ok=True)
    with limited_threads(tools.threads), sharing(shelf):
        outcome = task.run(read_shared(path), tools)
    give_back()
    return place, outcome


@cache
def _settle() -> None:
    """Make this process a good worker, once: it leaves Ctrl-C to the main one and does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):  # where memory runs out, the system should kill a worker and not the parent
        Path("/proc/self/oom_score_adj").write_text("500")
    if not _is_forked():
        end_with_main()


def _is_forked() -> bool:
    """Whether this process comes from one that watches the main process already."""
    return "tlbench.execute.preloaded" in sys.modules
