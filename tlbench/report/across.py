"""Findings of several scenarios -> what a method gains on average over them, with how much they disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.analysis.summary import across_scenarios
from tlbench.analysis.wording import per_cent
from tlbench.scenario.grammar import COLD_MARK

if TYPE_CHECKING:
    from tlbench.analysis.summary import Findings
    from tlbench.stats.meta import Pooled

HEADINGS = ("method", "scenarios", "mean gain over counterpart", "p", "a further scenario", "I2")


def pooled(findings: Findings) -> dict[str, Pooled]:
    """Average each transfer method's relative gain over the scenarios in which it ran, where these are two or more."""
    names = dict.fromkeys(judgement.method for found in findings.scenarios for judgement in found.judgements)
    averages = {name: across_scenarios(findings, name) for name in names}
    averages |= {f"{name}{COLD_MARK}": across_scenarios(findings, name, cold=True) for name in names}
    return {name: average for name, average in averages.items() if average is not None}


def across_rows(averages: dict[str, Pooled]) -> list[tuple[str, ...]]:
    """One row per method, the largest mean gain first."""
    ordered = sorted(averages.items(), key=lambda pair: -pair[1].mean)
    return [
        (
            name,
            str(len(one.effects)),
            f"{per_cent(one.mean, 1, signed=True)}% {_bounds(one.low, one.high)}",
            f"{one.pvalue:.3f}",
            "-"
            if one.predicted_low is None or one.predicted_high is None
            else _bounds(one.predicted_low, one.predicted_high),
            f"{100 * one.i2:.0f}%",
        )
        for name, one in ordered
    ]


def _bounds(low: float, high: float) -> str:
    return f"[{per_cent(low, 1)}, {per_cent(high, 1)}]"
