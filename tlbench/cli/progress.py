"""Progress on stderr: one board on a terminal, now and then a line elsewhere, JSON lines for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import asdict

from tlbench.cli.board import Board
from tlbench.cli.guard import tell
from tlbench.cli.live import live_board
from tlbench.progress import SILENT, CellEvent, Progress, Step

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def shown_progress(*, quiet: bool, as_json: bool = False, jobs: int = 1, scenarios: int = 1) -> Iterator[Progress]:
    """Give a listener for long work that suits stderr.

    Parameters
    ----------
    quiet
        Say nothing.
    as_json
        One JSON object per line, for programs.
    jobs, scenarios
        How many cells run at a time, and how many scenarios there are, for the estimate of the time left.
    """
    if as_json:
        yield JsonProgress()
    elif quiet:
        yield SILENT
    elif sys.stderr.isatty():
        with live_board(Board(jobs, scenarios)) as listener:
            yield listener
    else:
        yield LineProgress(Board(jobs, scenarios))


class LineProgress:
    """A line now and then, for logs."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._last = time.monotonic()

    def track(self, steps: Iterable[Step], label: str, *, total: int | None = None) -> Iterator[Step]:
        """Yield the steps and print how far they are, at most every ten seconds; steps of a cell are too small."""
        size = total or _length(steps)
        small = bool(self._board.running)
        for done, step in enumerate(steps, 1):
            yield step
            if not small:
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
