"""Run tasks in this process, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.execute.crew import Ended
from tlbench.execute.threads import limited_threads

if TYPE_CHECKING:
    from tlbench.execute.tasks import Task, Tools
    from tlbench.progress import Progress
    from tlbench.split.training import Split


class OwnCrew:
    """The process that asks for the work."""

    @contextmanager
    def shift(self, split: Split) -> Iterator[OwnShift]:
        """Keep the split as it is."""
        yield OwnShift(split)

    def get_ready(self, tools: Tools) -> None:
        """Do nothing: it is at work already."""

    def close(self) -> None:
        """Do nothing: there is nobody to let go."""


@dataclass(frozen=True, eq=False)
class OwnShift:
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
