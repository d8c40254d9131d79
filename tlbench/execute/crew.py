"""Who runs tasks: this process, several processes of this machine, or a cluster; all give the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from tlbench.execute.tasks import Outcome, Task, Tools
    from tlbench.progress import Progress
    from tlbench.split.training import Split
    from tlbench.suite import Settings


class Ended(NamedTuple):
    """A task and what became of it."""

    task: Task
    outcome: Outcome


class Shift(Protocol):
    """A crew with the split of one scenario at hand."""

    def run(
        self, tasks: Sequence[Task], tools: Tools, *, started: Callable[[Task], None], progress: Progress
    ) -> Iterator[Ended]:
        """Run tasks and yield each as it ends; `started` is told of each as it begins."""
        ...


class Crew(Protocol):
    """Who runs tasks."""

    def shift(self, split: Split) -> AbstractContextManager[Shift]:
        """Take a split in hand; the caller may forget it then."""
        ...

    def get_ready(self, tools: Tools) -> None:
        """Begin to start the processes, so that they are there when the data are."""
        ...

    def close(self) -> None:
        """Let the processes go."""
        ...


def hire(settings: Settings, scratch: Path) -> Crew:
    """Return the crew that the settings ask for; `scratch` is a folder of this machine for what processes share."""
    if settings.cluster is not None:
        from tlbench.execute.cluster import ClusterCrew

        return ClusterCrew(settings.cluster)
    if settings.jobs > 1:
        from tlbench.execute.processes import ProcessCrew

        return ProcessCrew(settings.jobs, settings.threads_of_a_job, scratch)
    from tlbench.execute.here import OwnCrew

    return OwnCrew()
