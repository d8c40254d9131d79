"""Events of cells -> a board on the terminal: one bar for the whole, one line per piece of work that is under way."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from tlbench.progress import CellEvent, Step

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from rich.table import Column

    from tlbench.cli.board import Board, Piece

_LONGEST_CELL = 3600.0
"""Seconds that the estimate of the time left looks back."""


@contextmanager
def live_board(board: Board, console: Console | None = None) -> Iterator[LiveBoard]:
    """Show a board on stderr, and take it away at the end."""
    from rich.console import Console, Group
    from rich.live import Live

    whole, parts = _whole(), _parts()
    with Live(Group(whole, parts), console=console or Console(stderr=True), transient=True) as live:
        yield LiveBoard(board, live, whole, parts)


def _whole() -> Bars:
    """Columns of the bar of the suite; only the note gives way where it is narrow."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        TextColumn("{task.fields[note]}", table_column=_giving_way()),
        speed_estimate_period=_LONGEST_CELL,
        expand=True,
    )


def _parts() -> Bars:
    """Columns of the lines below it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("  {task.description}", table_column=_giving_way()),
        BarColumn(bar_width=10),
        TextColumn("{task.fields[count]:>9}"),
        TimeElapsedColumn(),
        expand=True,
    )


def _giving_way() -> Column:
    from rich.table import Column

    return Column(ratio=1, no_wrap=True, overflow="ellipsis")


class LiveBoard:
    """A listener that shows a board."""

    def __init__(self, board: Board, live: Live, whole: Bars, parts: Bars) -> None:
        self._board, self._live, self._whole, self._parts = board, live, whole, parts
        self._suite: TaskID | None = None
        self._under_way: dict[Piece, TaskID] = {}

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps; they move the line of the cell that takes them, or one of their own."""
        size = total or (len(steps) if isinstance(steps, Sized) else None)
        owner = next(reversed(self._under_way.values()), None)
        line = self._parts.add_task(label, total=size, count="") if owner is None else owner
        try:
            for done, step in enumerate(steps, 1):
                yield step
                if line in self._parts.task_ids:
                    self._parts.update(line, completed=done, total=size, count=f"{done}/{size}" if size else f"{done}")
        finally:
            if owner is None:
                self._parts.remove_task(line)

    def cell(self, event: CellEvent) -> None:
        """Move the bar of the suite, and the line of the cell."""
        self._board.take(event)
        piece = (event.scenario, event.method, event.name)
        if event.state == "running":
            text = f"{event.method} {event.name}, {event.scenario}"
            self._under_way[piece] = self._parts.add_task(text, total=None, count="")
        elif piece in self._under_way:
            self._parts.remove_task(self._under_way.pop(piece))
        self._move()

    def _move(self) -> None:
        """Show how far the suite is; what was there already is no work, and would make the rest look quick."""
        board, reused = self._board, self._board.steps("reused")
        if self._suite is None:
            self._suite = self._whole.add_task("suite", total=None, note="")
        self._whole.update(
            self._suite,
            completed=board.steps("done", "failed"),
            total=max(board.expected - reused, board.steps("done", "failed")),
            note=board.note(),
        )

    def say(self, message: str) -> None:
        """Print a sentence above the board."""
        self._live.console.print(message, markup=False, highlight=False)

    def allow(self, question: str) -> bool:
        """Ask on the terminal, with the board out of the way; without anybody at the keyboard go on."""
        if not sys.stdin.isatty():
            return True
        self._live.stop()
        try:
            return typer.confirm(question, err=True)
        finally:
            self._live.start()
