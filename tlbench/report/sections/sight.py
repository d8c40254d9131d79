"""What the run could have seen, and what would settle what it leaves open."""

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
    found = place.found
    return {
        "sight": None if found.sight is None else asdict(found.sight),
        "other_training_parts": {method: asdict(parts) for method, parts in found.other_parts.items()},
        "next_steps": {method: [asdict(step) for step in steps] for method, steps in found.next_steps.items()},
    }


@scenario_section("sight", "What this run could see", order=15, data=_data)
def sight(place: InScenario) -> Iterator[Facts]:
    """The smallest visible effect, then the next steps; nothing where nothing was compared."""
    lines = [*words.sight_line(place.found), *words.next_step_lines(place.found)]
    if lines:
        yield Facts(lines)
