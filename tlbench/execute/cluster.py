"""Run tasks on a Dask cluster; a worker that is lost costs its tasks some time on another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlbench.errors import TlbenchError
from tlbench.execute.executor import Announcer, Ended
from tlbench.execute.shared import strip_sources
from tlbench.io.threads import limited_threads

if TYPE_CHECKING:
    from tlbench.execute.tasks import Task, TaskResult, Tools
    from tlbench.progress import Progress
    from tlbench.split.training import Split

_SECONDS_TO_CONNECT = 10


class ClusterExecutor:
    """The workers of a Dask scheduler, which must have the same tlbench installed and reach the results folder.

    Parameters
    ----------
    address
        Of the scheduler, ``tcp://host:port``.

    Raises
    ------
    TlbenchError
        If Dask is not installed here, or no scheduler answers.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise TlbenchError("`--cluster` needs Dask", hint='`pip install "tlbench[cluster]"`') from error
        try:
            self._client: Any = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise TlbenchError(
                f"no Dask scheduler answers at `{address}`: {error}",
                hint="start one with `dask scheduler` and give the address that it prints",
            ) from error

    @contextmanager
    def session(self, split: Split) -> Iterator[ClusterSession]:
        """Send the split to every worker."""
        yield ClusterSession(self._client, strip_sources(split))

    def get_ready(self, tools: Tools) -> None:
        """Do nothing: the cluster runs already."""

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._client.close()


@dataclass(frozen=True, eq=False)
class ClusterSession:
    """A cluster with a split."""

    client: Any
    split: Split

    def run(
        self, tasks: Sequence[Task], tools: Tools, *, started: Callable[[Task], None], progress: Progress
    ) -> Iterator[Ended]:
        """Run tasks on the workers; one that took several workers with it is given up."""
        from distributed import KilledWorker, as_completed

        progress.say(f"{len(tasks)} cells go to {len(self.client.nthreads())} workers")
        split = self.client.scatter(self.split, broadcast=True, hash=False)
        futures = {self.client.submit(_on_worker, task, split, tools, pure=False): task for task in tasks}
        announcer = Announcer(max(1, sum(self.client.nthreads().values())), started)
        for task in tasks:
            announcer.began(task)
        try:
            for future in as_completed(list(futures), loop=self.client.loop):
                task = futures[future]
                try:
                    yield Ended(task, future.result())
                except KilledWorker as error:
                    yield Ended(task, task.give_up(tools, f"every worker that ran it died: {error}"))
                announcer.ended()
        finally:
            self.client.cancel([*futures, split])


def _on_worker(task: Task, split: Split, tools: Tools) -> TaskResult:
    """Run one task in a thread of a Dask worker."""
    from tlbench.plugins import register_all

    register_all(tools.plugins)
    with limited_threads(tools.threads):
        return task.run(split, tools)
