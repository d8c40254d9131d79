"""Events of cells -> one board for the whole suite: how many are done, running, failed, and how long the rest takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tlbench.cli.dry_run import duration
from tlbench.progress import CellEvent

Piece = tuple[str, str, str]


@dataclass
class Board:
    """What is known of all pieces of work of a suite; the only thing here that changes.

    Attributes
    ----------
    jobs
        How many pieces run at a time, for the estimate.
    """

    jobs: int = 1
    states: dict[Piece, str] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    current: CellEvent | None = None

    def take(self, event: CellEvent) -> None:
        """Note an event."""
        self.states[event.scenario, event.method, event.name] = event.state
        if event.state == "running":
            self.current = event
        if event.state == "done":
            self.seconds.setdefault(event.method, []).append(event.seconds)

    def counts(self) -> Counter[str]:
        """How many pieces are in each state."""
        return Counter(self.states.values())

    @property
    def total(self) -> int:
        """Number of pieces known so far; those of scenarios to come are not."""
        return len(self.states)

    @property
    def ended(self) -> int:
        """Number of pieces that need no more work."""
        counts = self.counts()
        return counts["done"] + counts["reused"] + counts["failed"]

    def seconds_left(self) -> float | None:
        """Time of what is waiting or running: each as long as finished ones of its method, or else of all."""
        every = [seconds for found in self.seconds.values() for seconds in found]
        if not every:
            return None
        mean = sum(every) / len(every)
        left = 0.0
        for (_, method, _), state in self.states.items():
            if state in ("waiting", "running"):
                known = self.seconds.get(method)
                left += (sum(known) / len(known) if known else mean) * (1.0 if state == "waiting" else 0.5)
        return left / self.jobs

    def line(self) -> str:
        """Everything in one line."""
        counts = self.counts()
        parts = [f"{self.ended} of {self.total} cells"]
        parts += [f"{counts[state]} {state}" for state in ("running", "reused", "failed") if counts[state]]
        if self.current is not None:
            parts.append(f"{self.current.scenario} {self.current.method}")
        left = self.seconds_left()
        if left is not None and self.ended < self.total:
            parts.append(f"about {duration(left)} left")
        return ", ".join(parts)
