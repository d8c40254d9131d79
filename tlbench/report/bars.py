"""Numbers -> a line of small bars for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """Draw one bar per value, from the lowest to the highest; all alike stand in the middle."""
    low, high = min(values), max(values)
    if high == low:
        return _BARS[3] * len(values)
    return "".join(_BARS[round((value - low) / (high - low) * (len(_BARS) - 1))] for value in values)


def histogram(counts: Sequence[int]) -> str:
    """Draw one bar a count, from nothing (a blank) to the largest; any count above 0 is seen."""
    top = max(counts, default=0)
    if not top:
        return " " * len(counts)
    return "".join(" " if not count else _BARS[max(0, round(count / top * len(_BARS)) - 1)] for count in counts)


def meter(share: float, width: int = 10) -> str:
    """Draw a share of 0 to 1 as a bar of that many places; any share above 0 is seen, one outside is cut."""
    full = min(width, max(0, round(share * width)))
    return ("█" * full or ("▏" if share > 0 else "")).ljust(width, "·")
