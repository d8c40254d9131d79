"""Progress on stderr: bars on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tlbench.cli.guard import tell
from tlbench.progress import SILENT, Progress, Step

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Progress]:
    """Give a listener for long work that suits stderr."""
    if quiet:
        yield SILENT
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield BarProgress(bars)
    else:
        yield LineProgress()


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        transient=True,
    )


class BarProgress:
    """A Rich bar for every piece of work that is under way, gone when the work is done."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps and move the bar."""
        task = self._bars.add_task(label, total=total or _length(steps))
        try:
            for step in steps:
                yield step
                self._bars.advance(task)
        finally:
            self._bars.remove_task(task)

    def say(self, message: str) -> None:
        """Print a sentence above the bars."""
        self._bars.console.print(message, markup=False, highlight=False)


class LineProgress:
    """A line now and then, for logs."""

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps and print how far they are, at most every ten seconds."""
        size = total or _length(steps)
        last = time.monotonic()
        for done, step in enumerate(steps, 1):
            yield step
            if time.monotonic() - last > _SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                tell(f"{label}: {done}" + (f" of {size}" if size else ""))

    def say(self, message: str) -> None:
        """Print a sentence."""
        tell(message)


def _length(steps: object) -> int | None:
    return len(steps) if isinstance(steps, Sized) else None
