"""Which moments can be true: a range of seconds, what lies outside it, and what an error says of the likely cause."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tlbench.arrays import I64, Bool

FIRST_YEAR = 1990
STEPS = (10**3, 10**6, 10**9)  # between seconds, milliseconds, microseconds and nanoseconds


@dataclass(frozen=True)
class TimeRange:
    """Moments from the first to the last, both included, in seconds since 1970 UTC."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{_day(self.first)} to {_day(self.last)}"

    @classmethod
    def of_days(cls, first: date, last: date) -> TimeRange:
        """Return the range from the beginning of one day to the end of another, UTC."""
        start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
        return cls(int(start.timestamp()), int((end + timedelta(days=1)).timestamp()) - 1)


def default_range() -> TimeRange:
    """Return 1990, before which nobody rated online, to a year from now, which forgives clocks that are fast."""
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    return TimeRange(int(first.timestamp()), int(time.time()) + 365 * 86_400)


def moments_outside(seconds: I64, allowed: TimeRange) -> Bool:
    """Mark moments outside a range, bool, shape (n,)."""
    wrong: Bool = (seconds < allowed.first) | (seconds > allowed.last)
    return wrong


def reading_of(seconds: I64, wrong: Bool, allowed: TimeRange) -> str:
    """Say what moments outside a range most likely are, as the first half of a hint.

    Parameters
    ----------
    seconds
        int64, shape (n,): all moments that are known, read in the declared unit.
    wrong
        bool, shape (n,): those outside the range.
    allowed
        The range.
    """
    outside = seconds[wrong]
    mixed = not wrong.all()
    for step in STEPS:
        for values, direction in ((outside // step, "smaller"), (_times(outside, step), "larger")):
            if not moments_outside(values, allowed).any():
                return _advice(f"{step:,} times {direction}", mixed=mixed)
    return "correct the file, or declare `time_range` in the catalogue where these moments are true"


def _times(seconds: I64, factor: int) -> I64:
    """Multiply without overflow: what would leave int64 stays at its end."""
    limit = np.iinfo(np.int64).max // factor
    return np.clip(seconds, -limit, limit) * factor


def _advice(change: str, *, mixed: bool) -> str:
    if mixed:
        return f"the file mixes units of time: these fit a unit {change}; bring all lines to one unit"
    return f"these fit a unit {change}: correct `time_unit` in the catalogue"


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
