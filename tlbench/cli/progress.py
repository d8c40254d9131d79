"""Progress on stderr: one board on a terminal, now and then a line elsewhere, JSON lines for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from tlbench.cli.board import Board
from tlbench.cli.guard import tell
from tlbench.progress import SILENT, CellEvent, Progress, Step

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def shown_progress(*, quiet: bool, as_json: bool = False, jobs: int = 1) -> Iterator[Progress]:
    """Give a listener for long work that suits stderr.

    Parameters
    ----------
    quiet
        Say nothing.
    as_json
        One JSON object per line, for programs.
    jobs
        How many cells run at a time, for the estimate of the time left.
    """
    if as_json:
        yield JsonProgress()
    elif quiet:
        yield SILENT
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield BarProgress(bars, Board(jobs))
    else:
        yield LineProgress(Board(jobs))


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        transient=True,
    )


class BarProgress:
    """One bar for the whole suite, and below it a bar for every piece of work that is under way."""

    def __init__(self, bars: Bars, board: Board) -> None:
        self._bars = bars
        self._board = board
        self._whole = bars.add_task("suite", total=None, note="")

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps and move the bar."""
        task = self._bars.add_task(label, total=total or _length(steps), note="")
        try:
            for step in steps:
                yield step
                self._bars.advance(task)
        finally:
            self._bars.remove_task(task)

    def cell(self, event: CellEvent) -> None:
        """Move the bar of the suite."""
        self._board.take(event)
        board = self._board
        self._bars.update(self._whole, completed=board.ended, total=board.total, note=_note(board))

    def say(self, message: str) -> None:
        """Print a sentence above the bars."""
        self._bars.console.print(message, markup=False, highlight=False)

    def allow(self, question: str) -> bool:
        """Ask on the terminal, with the bars out of the way; without anybody at the keyboard go on."""
        if not sys.stdin.isatty():
            return True
        self._bars.stop()
        try:
            return typer.confirm(question, err=True)
        finally:
            self._bars.start()


def _note(board: Board) -> str:
    """What the bar itself does not show."""
    return board.line().partition(", ")[2]


class LineProgress:
    """A line now and then, for logs."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._last = time.monotonic()

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps and print how far they are, at most every ten seconds."""
        size = total or _length(steps)
        for done, step in enumerate(steps, 1):
            yield step
            self._now_and_then(f"{label}: {done}" + (f" of {size}" if size else ""))

    def cell(self, event: CellEvent) -> None:
        """Print how far the suite is, at most every ten seconds."""
        self._board.take(event)
        if event.state in ("done", "failed"):
            self._now_and_then(self._board.line())

    def say(self, message: str) -> None:
        """Print a sentence."""
        tell(message)

    def _now_and_then(self, message: str) -> None:
        if time.monotonic() - self._last > _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            tell(message)


class JsonProgress:
    """One JSON object per line: ``{"event": "cell", ...}`` and ``{"event": "message", "text": ...}``."""

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:  # noqa: ARG002
        """Yield the steps; the events of cells tell enough."""
        return iter(steps)

    def cell(self, event: CellEvent) -> None:
        """Print what became of a cell."""
        tell(json.dumps({"event": "cell", **asdict(event)}))

    def say(self, message: str) -> None:
        """Print a sentence."""
        tell(json.dumps({"event": "message", "text": message}))


def _length(steps: object) -> int | None:
    return len(steps) if isinstance(steps, Sized) else None
