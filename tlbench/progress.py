"""How long work reports that it moves on, without knowing what shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable

Step = TypeVar("Step")


class Progress(Protocol):
    """A listener of long work; `tlbench.cli` shows it with a bar, tests and libraries use `SILENT`."""

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps and report each as done; `total` is their number where ``len`` cannot tell."""
        ...

    def say(self, message: str) -> None:
        """Tell the user one sentence (without a full stop) that is not a result."""
        ...


class Silent:
    """A listener that hears nothing."""

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps."""
        return iter(steps)

    def say(self, message: str) -> None:
        """Drop the sentence."""


@dataclass(frozen=True)
class CellEvent:
    """What became of one piece of work of a suite: a cell, or the tuning of one method.

    Attributes
    ----------
    scenario, method, name
        Scenario, method (with its placebo), and what tells the piece from others of the method, ``seed 2``.
    state
        ``waiting`` when it becomes known, ``reused`` where it is finished already, then ``running``, ``done`` or
        ``failed``.
    seconds
        How long it took.
    reason
        Why it failed.
    steps
        What it counts for: the trials of a search, 1 for a cell.
    """

    scenario: str
    method: str
    name: str
    state: Literal["waiting", "reused", "running", "done", "failed"]
    seconds: float = 0.0
    reason: str | None = None
    steps: int = 1


@runtime_checkable
class CellListener(Protocol):
    """A listener that also wants to know of every cell."""

    def cell(self, event: CellEvent) -> None:
        """Take note of what became of a cell."""
        ...


def tell_of_cell(progress: Progress, event: CellEvent) -> None:
    """Pass an event on to a listener that wants it."""
    if isinstance(progress, CellListener):
        progress.cell(event)


@runtime_checkable
class Asker(Protocol):
    """A listener that can put a question to the user."""

    def allow(self, question: str) -> bool:
        """Return whether the user says yes."""
        ...


def allowed(progress: Progress, question: str) -> bool:
    """Ask where somebody listens who can answer; else go on, because a script that was started is meant to run."""
    return progress.allow(question) if isinstance(progress, Asker) else True


SILENT: Progress = Silent()
