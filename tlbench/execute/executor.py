"""Who runs tasks: what an executor is, and the one that is this process; all executors give the same results."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tlbench.io.threads import limited_threads
from tlbench.methods.memo import Memory, sharing

if TYPE_CHECKING:
    from tlbench.execute.tasks import Task, TaskResult, Tools
    from tlbench.progress import Progress
    from tlbench.split.training import Split


class Ended(NamedTuple):
    """A task and what became of it."""

    task: Task
    outcome: TaskResult


class Session(Protocol):
    """An executor with the split of one scenario at hand."""

    def run(
        self, tasks: Sequence[Task], tools: Tools, *, started: Callable[[Task], None], progress: Progress
    ) -> Iterator[Ended]:
        """Run tasks and yield each as it ends; `started` is told of each as it begins."""
        ...


class Executor(Protocol):
    """Who runs tasks."""

    def session(self, split: Split) -> AbstractContextManager[Session]:
        """Take a split in hand; the caller may forget it then."""
        ...

    def get_ready(self, tools: Tools) -> None:
        """Begin to start the processes, so that they are there when the data are."""
        ...

    def close(self) -> None:
        """Let the processes go."""
        ...


class Announcer:
    """Tells of tasks as they begin, never of more at a time than there are workers.

    A worker takes its next task before the end of the last one has been heard of; that is told when it has been.

    Parameters
    ----------
    workers
        How many tasks run at a time.
    started
        Told of each task.
    """

    def __init__(self, workers: int, started: Callable[[Task], None]) -> None:
        self._free, self._started = workers, started
        self._waiting: deque[Task] = deque()
        self._lock = threading.Lock()

    def began(self, task: Task) -> None:
        """Take note that a worker has a task."""
        with self._lock:
            self._waiting.append(task)
            self._tell()

    def ended(self) -> None:
        """Take note that the end of a task has been told."""
        with self._lock:
            self._free += 1
            self._tell()

    def _tell(self) -> None:
        while self._free > 0 and self._waiting:
            self._free -= 1
            self._started(self._waiting.popleft())


class SerialExecutor:
    """The process that asks for the work."""

    def __init__(self) -> None:
        self._shelf = Memory()

    @contextmanager
    def session(self, split: Split) -> Iterator[SerialSession]:
        """Keep the split as it is, and what fits share in memory, for all splits."""
        with sharing(self._shelf):
            yield SerialSession(split)

    def get_ready(self, tools: Tools) -> None:
        """Do nothing: it is at work already."""

    def close(self) -> None:
        """Do nothing: there is nobody to let go."""


@dataclass(frozen=True, eq=False)
class SerialSession:
    """The process itself with a split."""

    split: Split

    def run(
        self, tasks: Sequence[Task], tools: Tools, *, started: Callable[[Task], None], progress: Progress
    ) -> Iterator[Ended]:
        """Run tasks in their order."""
        with limited_threads(tools.threads):
            for task in tasks:
                started(task)
                yield Ended(task, task.run(self.split, tools, progress))
