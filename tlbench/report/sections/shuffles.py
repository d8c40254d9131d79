"""Where each gain lies among those that shuffled sources give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.blocks import Facts
from tlbench.report.document import scenario_section

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


def _data(place: InScenario) -> dict[str, Any]:
    return {"placebo_draws": {method: asdict(draws) for method, draws in place.found.draws.items()}}


@scenario_section("shuffles", "The real source among its shuffles", order=17, data=_data)
def shuffles(place: InScenario) -> Iterator[Facts]:
    """Nothing where each placebo ran on one shuffle."""
    lines = words.draw_lines(place.found)
    if lines:
        yield Facts(lines)
