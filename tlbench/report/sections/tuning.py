"""What was tuned: best settings, how flat the optimum is, the course of every search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from tlbench.registry import METHODS
from tlbench.report.blocks import Chart, Note, Table, Text
from tlbench.report.document import scenario_section
from tlbench.report.tuning import HEADINGS, ON_EDGE, tuning_details, tuning_rows
from tlbench.scenario.grammar import parse_scenario
from tlbench.tune import at_edges

if TYPE_CHECKING:
    from tlbench.report.blocks import Block
    from tlbench.report.document import InScenario
    from tlbench.tune import Tuning


def _data(place: InScenario) -> dict[str, Any]:
    return {"tuning": [_tuning(tuning) for tuning in place.found.tunings]}


def _tuning(tuning: Tuning) -> dict[str, Any]:
    return {
        "method": tuning.method,
        "placebo": tuning.placebo,
        "budget": asdict(tuning.budget),
        "trials": len(tuning.trials),
        "seconds": tuning.seconds,
        "best": None if tuning.best is None else asdict(tuning.best),
        "near_best": tuning.near_best,
        "at_edges": list(at_edges(tuning, METHODS.get(tuning.method))),
    }


@scenario_section("tuning", "Tuning", order=70, verbose=True, data=_data)
def tuning(place: InScenario) -> Iterator[Block]:
    """Nothing where nothing was tuned."""
    tunings = place.found.tunings
    if not tunings:
        return
    yield Chart(
        f"tuning-{parse_scenario(place.name).slug}",
        "Course of the tuning",
        "Best value on validation so far (line) and each trial's (circle; cross: pruned), method and placebo.",
        partial(_draw, place),
    )
    yield Note(
        f"On validation; {ON_EDGE} lies on the edge of its space, where a wider one may hold a better value. Many "
        "trials within 1 % of the best say that the optimum is flat."
    )
    yield Table(HEADINGS, tuning_rows(place.found), left=(0, 6), title=f"Best settings of {len(tunings)} searches")
    yield Text(partial(tuning_details, place.found))


def _draw(place: InScenario) -> Any:
    from tlbench.report.charts.tuning import tuning_courses

    return tuning_courses(place.found.tunings, metric=place.suite.primary)
