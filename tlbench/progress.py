"""How long work reports that it moves on, without knowing what shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

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


SILENT: Progress = Silent()
