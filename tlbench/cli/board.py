"""Events of cells -> one board for the whole suite: how many are done, running, failed, and how long the rest takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tlbench.cli.dry_run import duration
from tlbench.progress import CellEvent

Piece = tuple[str, str, str]
"""Scenario, method, and what tells the piece of work from others of the method."""

_ENDED = ("done", "reused", "failed")


@dataclass
class Board:
    """What is known of all pieces of work of a suite; the only thing here that changes.

    Attributes
    ----------
    jobs
        How many pieces run at a time, for the estimate.
    scenarios
        How many scenarios there are; those whose pieces are not known yet are taken to have as many as the others.
    pieces
        The last event of each piece.
    seconds
        Of finished pieces, by method.
    """

    jobs: int = 1
    scenarios: int = 1
    pieces: dict[Piece, CellEvent] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def take(self, event: CellEvent) -> None:
        """Note an event."""
        self.pieces[event.scenario, event.method, event.name] = event
        if event.state == "done":
            self.seconds.setdefault(event.method, []).append(event.seconds)

    def counts(self) -> Counter[str]:
        """How many pieces are in each state."""
        return Counter(event.state for event in self.pieces.values())

    @property
    def running(self) -> list[CellEvent]:
        """What is under way."""
        return [event for event in self.pieces.values() if event.state == "running"]

    def steps(self, *states: str) -> int:
        """Number of cells and trials in these states; in any, without one."""
        return sum(event.steps for event in self.pieces.values() if not states or event.state in states)

    @property
    def expected(self) -> int:
        """Number of cells and trials, with a guess for the scenarios to come."""
        seen = len({scenario for scenario, _, _ in self.pieces})
        return round(self.steps() * max(self.scenarios, seen) / seen) if seen else 0

    def seconds_left(self) -> float | None:
        """Time of what is waiting or running: each as long as finished ones of its method, or else of all."""
        every = [seconds for found in self.seconds.values() for seconds in found]
        if not every:
            return None
        mean = sum(every) / len(every)
        left = 0.0
        for (_, method, _), event in self.pieces.items():
            if event.state in ("waiting", "running"):
                known = self.seconds.get(method)
                left += (sum(known) / len(known) if known else mean) * (1.0 if event.state == "waiting" else 0.5)
        return left / self.jobs

    def note(self) -> str:
        """What a bar does not show: how many were there already, and how many failed."""
        counts = self.counts()
        return ", ".join(f"{counts[state]} {state}" for state in ("reused", "failed") if counts[state])

    def line(self) -> str:
        """Everything in one line."""
        counts, running = self.counts(), self.running
        tuned = any(event.steps > 1 for event in self.pieces.values())
        ended, total = self.steps(*_ENDED), self.steps()
        parts = [f"{ended} of {total} {'cells and trials' if tuned else 'cells'}"]
        parts += [f"{counts[state]} {state}" for state in ("running", "reused", "failed") if counts[state]]
        if running:
            parts.append(f"{running[-1].scenario} {running[-1].method}")
        left = self.seconds_left()
        if left is not None and ended < total:
            parts.append(f"about {duration(left)} left")
        return ", ".join(parts)
